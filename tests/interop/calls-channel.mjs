// The data channel of the Calls protocol as the peers written for Node need it.

export const channelType = {ping: 1, pong: 2, lock: 7, unlock: 8, mediaMap: 9};

/** Reads all MessagePack values of a message: maps, strings, booleans and small numbers. */
export function unpack(bytes) {
  let at = 0;
  const text = (length) => new TextDecoder().decode(bytes.subarray(at, at += length));
  const map = (size) => Object.fromEntries(Array.from({length: size}, () => [read(), read()]));
  const read = () => {
    const byte = bytes[at++];
    if (byte < 0x80) return byte;
    if (byte < 0x90) return map(byte & 0x0f);
    if (byte < 0xc0) return text(byte & 0x1f);
    if (byte === 0xc2 || byte === 0xc3) return byte === 0xc3;
    if (byte === 0xcc) return bytes[at++];
    if (byte === 0xd9) return text(bytes[at++]);
    if (byte === 0xde) return map((bytes[at++] << 8) | bytes[at++]);
    throw new Error(`MessagePack ${byte}`);
  };
  const values = [];
  while (at < bytes.length) values.push(read());
  return values;
}
