// The little MessagePack that the Calls protocol uses: what the server sends on the data channel, and binary frames.

/** @typedef {null | boolean | number | string | Uint8Array | any[] | {[key: string]: any}} PackValue */

/** @param {PackValue} value @returns {Uint8Array<ArrayBuffer>} */
export function encode(value) {
  /** @type {number[]} */
  const bytes = [];
  write(bytes, value);
  return Uint8Array.from(bytes);
}

/** @param {number[]} bytes @param {number} value @param {number} width in bytes */
function writeBigEndian(bytes, value, width) {
  for (let shift = (width - 1) * 8; shift >= 0; shift -= 8) {
    bytes.push((value >>> shift) & 0xff);
  }
}

/** @param {number[]} bytes @param {number} length @param {[number, number, number]} markers for 8, 16 and 32 bits */
function writeLength(bytes, length, markers) {
  const width = length < 0x100 ? 0 : length < 0x10000 ? 1 : 2;
  bytes.push(markers[width]);
  writeBigEndian(bytes, length, 1 << width);
}

/** @param {number[]} bytes @param {PackValue} value */
function write(bytes, value) {
  if (value === null) {
    bytes.push(0xc0);
  } else if (typeof value === 'boolean') {
    bytes.push(value ? 0xc3 : 0xc2);
  } else if (typeof value === 'number') {
    writeNumber(bytes, value);
  } else if (typeof value === 'string') {
    const text = new TextEncoder().encode(value);
    if (text.length < 32) {
      bytes.push(0xa0 | text.length);
    } else {
      writeLength(bytes, text.length, [0xd9, 0xda, 0xdb]);
    }
    text.forEach((byte) => bytes.push(byte));
  } else if (value instanceof Uint8Array) {
    writeLength(bytes, value.length, [0xc4, 0xc5, 0xc6]);
    value.forEach((byte) => bytes.push(byte));
  } else if (Array.isArray(value)) {
    if (value.length > 15) {
      throw new RangeError('arrays of more than 15 items are not part of the protocol');
    }
    bytes.push(0x90 | value.length);
    value.forEach((item) => write(bytes, item));
  } else {
    const entries = Object.entries(value);
    if (entries.length > 15) {
      throw new RangeError('maps of more than 15 entries are not part of the protocol');
    }
    bytes.push(0x80 | entries.length);
    for (const [key, item] of entries) {
      write(bytes, key);
      write(bytes, item);
    }
  }
}

/** @param {number[]} bytes @param {number} value */
function writeNumber(bytes, value) {
  if (Number.isInteger(value) && value >= 0 && value < 0x80) {
    bytes.push(value);
  } else if (Number.isInteger(value) && value >= 0 && value < 0x100000000) {
    bytes.push(0xce);
    writeBigEndian(bytes, value, 4);
  } else {
    bytes.push(0xcb);
    const real = new DataView(new ArrayBuffer(8));
    real.setFloat64(0, value);
    new Uint8Array(real.buffer).forEach((byte) => bytes.push(byte));
  }
}

/** Reads values one after the other. Throws a RangeError when the input ends early or holds an unknown format. */
export class Decoder {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.offset = 0;
  }

  get isAtEnd() {
    return this.offset >= this.bytes.length;
  }

  /** @param {number} width in bytes */
  #unsigned(width) {
    const at = this.offset;
    this.offset += width;
    return width === 1 ? this.view.getUint8(at) : width === 2 ? this.view.getUint16(at) : this.view.getUint32(at);
  }

  /** @param {number} length */
  #slice(length) {
    if (this.offset + length > this.bytes.length) {
      throw new RangeError('MessagePack input ends early');
    }
    this.offset += length;
    return this.bytes.subarray(this.offset - length, this.offset);
  }

  /** @param {number} count @returns {{[key: string]: PackValue}} */
  #map(count) {
    /** @type {{[key: string]: PackValue}} */
    const map = {};
    for (let i = 0; i < count; i++) {
      map[String(this.read())] = this.read();
    }
    return map;
  }

  /** @returns {PackValue} */
  read() {
    const format = this.#unsigned(1);
    if (format < 0x80) {
      return format;
    }
    if (format < 0x90) {
      return this.#map(format & 0x0f);
    }
    if (format < 0xa0) {
      return Array.from({length: format & 0x0f}, () => this.read());
    }
    if (format < 0xc0) {
      return new TextDecoder().decode(this.#slice(format & 0x1f));
    }
    if (format >= 0xe0) {
      return format - 0x100;
    }
    switch (format) {
      case 0xc0: return null;
      case 0xc2: return false;
      case 0xc3: return true;
      case 0xc4: return this.#slice(this.#unsigned(1)).slice();
      case 0xc5: return this.#slice(this.#unsigned(2)).slice();
      case 0xc6: return this.#slice(this.#unsigned(4)).slice();
      case 0xca: this.offset += 4; return this.view.getFloat32(this.offset - 4);
      case 0xcb: this.offset += 8; return this.view.getFloat64(this.offset - 8);
      case 0xcc: return this.#unsigned(1);
      case 0xcd: return this.#unsigned(2);
      case 0xce: return this.#unsigned(4);
      case 0xd0: this.offset += 1; return this.view.getInt8(this.offset - 1);
      case 0xd1: this.offset += 2; return this.view.getInt16(this.offset - 2);
      case 0xd2: this.offset += 4; return this.view.getInt32(this.offset - 4);
      case 0xd9: return new TextDecoder().decode(this.#slice(this.#unsigned(1)));
      case 0xda: return new TextDecoder().decode(this.#slice(this.#unsigned(2)));
      case 0xdb: return new TextDecoder().decode(this.#slice(this.#unsigned(4)));
      case 0xde: return this.#map(this.#unsigned(2));
      case 0xdf: return this.#map(this.#unsigned(4));
      default: throw new RangeError(`unknown MessagePack format ${format.toString(16)}`);
    }
  }
}
