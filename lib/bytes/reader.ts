/**
 * Reads the primitive types of Kafka's wire format from bytes that somebody else wrote.
 *
 * Nothing read here can be trusted: every read checks that the bytes are there, and every announced length is compared with
 * what is left before anything is allocated for it, so a frame of forty bytes that promises two billion entries costs nothing.
 * What does not hold throws `MalformedBytes`; the connection that delivered it is then closed by whoever owns it. Text alone is taken as it comes: what
 * is no UTF-8 in it is replaced, as in Kafka (`Readable.java`), so a client may call itself by a name in Latin-1.
 *
 * Source: Kafka protocol guide, "Protocol Primitive Types".
 */
export class MalformedBytes extends Error {
  override readonly name = 'MalformedBytes';
}

/** Packed bytes hold more than whoever unpacks them wants to have, or than they announce. */
export class UnpacksToTooMuch extends MalformedBytes {}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
/** The longest string in a message. */
const MAX_STRING_BYTES = 0x7fff;
const TWO_TO_32 = 2 ** 32;

export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;
  /** How many entries of arrays may still be read. */
  #entriesLeft: number;

  /**
   * `maxEntries`: how many entries all arrays together may have. An entry can be a single byte on the wire and takes fifty here, so for those who read what
   * anybody may send, the size of the frame alone is no limit.
   */
  constructor(bytes: Uint8Array, maxEntries = Infinity) {
    this.#entriesLeft = maxEntries;
    this.#bytes = bytes;
  }

  /** How many bytes have been read so far. */
  get position(): number {
    return this.#at;
  }

  /** How many bytes are left to read. */
  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  int8(): number {
    return (this.#bytes[this.#take(1)] << 24) >> 24;
  }

  int16(): number {
    return (this.uint16() << 16) >> 16;
  }

  uint16(): number {
    const at = this.#take(2);
    return (this.#bytes[at] << 8) | this.#bytes[at + 1];
  }

  int32(): number {
    return this.#int32At(this.#take(4));
  }

  uint32(): number {
    return this.#int32At(this.#take(4)) >>> 0;
  }

  float64(): number {
    const at = this.#take(8);
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset).getFloat64(at);
  }

  /** A 64-bit integer as a `number`. Kafka's offsets and times fit 53 bits; what does not is refused, never rounded. */
  int64(): number {
    const at = this.#take(8);
    return safe(this.#int32At(at) * TWO_TO_32 + (this.#int32At(at + 4) >>> 0));
  }

  boolean(): boolean {
    return this.int8() !== 0;
  }

  // By hand, since making a DataView for a frame takes longer than reading the few numbers in it.
  #int32At(at: number): number {
    const bytes = this.#bytes;
    return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  }

  /** An unsigned LEB128 integer of at most 32 bits: seven bits a byte, the lowest first, the top bit meaning "more follows". */
  unsignedVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#bytes[this.#take(1)];
      if (shift === 28 && byte > 15) break;
      value = (value | ((byte & 0x7f) << shift)) >>> 0;
      if (byte < 0x80) return value;
    }
    throw new MalformedBytes(`a varint at byte ${this.#at} is longer than 32 bits`);
  }

  /** A signed varint in zigzag form: 0, -1, 1, -2 … are written 0, 1, 2, 3 … */
  varint(): number {
    const zigzag = this.unsignedVarint();
    return (zigzag >>> 1) ^ -(zigzag & 1);
  }

  /** As `varint`, for up to 64 bits on the wire and 53 bits of value. */
  varlong(): number {
    const first = this.#bytes[this.#take(1)];
    const negative = (first & 1) === 1;
    // The zigzag form of a 53-bit value has 54 bits, too many for a number: its lowest bit, the sign, is set aside first.
    let magnitude = (first & 0x7f) >>> 1;
    let scale = 64;
    let byte = first;
    for (let length = 1; byte >= 0x80; length++) {
      if (length === 10) throw new MalformedBytes(`a varlong at byte ${this.#at} is longer than 64 bits`);
      byte = this.#bytes[this.#take(1)];
      magnitude += (byte & 0x7f) * scale;
      scale *= 128;
    }
    return safe(negative ? -magnitude - 1 : magnitude);
  }

  /** A view of the next `length` bytes, not a copy: it lives as long as the buffer that was given to the constructor. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Text in UTF-8. Each byte that is none becomes U+FFFD. */
  string(length: number): string {
    const at = this.#take(length);
    const end = at + length;
    // Topic names, group ids and the like are short ASCII; for them a loop beats the decoder, which costs a call into the engine.
    if (length < 48) {
      let text = '';
      let index = at;
      while (index < end && this.#bytes[index] < 0x80) text += String.fromCharCode(this.#bytes[index++]);
      if (index === end) return text;
    }
    const text = utf8.decode(this.#bytes.subarray(at, end));
    // A replacement takes three bytes where there was one. What could be written before must not become too long for it.
    if (length <= MAX_STRING_BYTES && length * 3 > MAX_STRING_BYTES) {
      if (new TextEncoder().encode(text).length > MAX_STRING_BYTES) {
        throw new MalformedBytes(`a string at byte ${at} is too long, and is not valid UTF-8`);
      }
    }
    return text;
  }

  /** Checks the announced size of an array before it is allocated: each entry takes at least one byte. */
  arrayLength(announced: number): number {
    if (announced > this.remaining) {
      throw new MalformedBytes(
        `an array of ${announced} entries is announced, and only ${this.remaining} bytes are left`,
      );
    }
    this.#entriesLeft -= announced;
    if (this.#entriesLeft < 0)
      throw new MalformedBytes(`arrays of ${announced} and more entries are too many for one message`);
    return announced;
  }

  #take(length: number): number {
    const at = this.#at;
    if (length < 0 || length > this.#bytes.length - at) {
      throw new MalformedBytes(`${length} bytes are announced at byte ${at}, and ${this.#bytes.length - at} are left`);
    }
    this.#at = at + length;
    return at;
  }
}

function safe(value: number): number {
  if (!Number.isSafeInteger(value)) throw new MalformedBytes('a 64-bit integer lies outside ±(2^53 - 1)');
  return value === 0 ? 0 : value;
}
