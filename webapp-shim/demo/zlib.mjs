// RFC 1950 streams, as descriptions travel in: the browser's own compressor.

/** @param {Uint8Array<ArrayBuffer>} bytes @param {CompressionStream | DecompressionStream} transform */
async function pipe(bytes, transform) {
  const stream = new Blob([bytes]).stream().pipeThrough(transform);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** @param {string} text */
export function deflate(text) {
  return pipe(new TextEncoder().encode(text), new CompressionStream('deflate'));
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
export async function inflate(bytes) {
  return new TextDecoder().decode(await pipe(bytes, new DecompressionStream('deflate')));
}
