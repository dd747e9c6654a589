/**
 * Writes the primitive types of Kafka's wire format.
 *
 * The result is a list of chunks, because record batches, which are nearly all of the bytes that Kafka moves, are put into
 * a message by reference: they are copied neither here nor on their way to the socket.
 */
const utf8 = new TextEncoder();
const TWO_TO_32 = 2 ** 32;
/** Small messages lie side by side in buffers of this size, since making a buffer takes longer than filling it. */
const SHARED_BYTES = 8192;

/** A buffer that many writers share, each in a place of its own. Nothing in it is written twice, so a message may be kept as long as anybody wants. */
let shared = { bytes: new Uint8Array(SHARED_BYTES), view: new DataView(new ArrayBuffer(0)), taken: SHARED_BYTES };

/** A message would become larger than its writer was told to let it. */
export class MessageTooLarge extends RangeError {
  override readonly name = 'MessageTooLarge';
}

export class Writer {
  readonly #chunks: Uint8Array[] = [];
  #chunkedLength = 0;
  #bytes: Uint8Array;
  #view: DataView;
  #start = 0;
  #at = 0;
  #end: number;
  readonly #maxBytes: number;

  /**
   * `capacity` is a first guess in bytes; the writer grows by doubling, and throws `MessageTooLarge` where it would pass `maxBytes`. What is put in by
   * reference takes no room here, and does not count.
   */
  constructor(capacity = 256, maxBytes = Infinity) {
    this.#maxBytes = maxBytes;
    if (capacity > SHARED_BYTES / 8) {
      this.#bytes = new Uint8Array(capacity);
      this.#view = new DataView(this.#bytes.buffer);
      this.#end = capacity;
      return;
    }
    if (shared.taken + capacity > SHARED_BYTES) {
      const bytes = new Uint8Array(SHARED_BYTES);
      shared = { bytes, view: new DataView(bytes.buffer), taken: 0 };
    }
    this.#bytes = shared.bytes;
    this.#view = shared.view;
    this.#start = shared.taken;
    this.#at = this.#start;
    this.#end = this.#start + capacity;
    shared.taken = this.#end;
  }

  /** Bytes written so far, referenced ones included. */
  get length(): number {
    return this.#chunkedLength + this.#at - this.#start;
  }

  int8(value: number): void {
    const at = this.#reserve(1);
    this.#view.setInt8(at, value);
  }

  int16(value: number): void {
    const at = this.#reserve(2);
    this.#view.setInt16(at, value);
  }

  uint16(value: number): void {
    const at = this.#reserve(2);
    this.#view.setUint16(at, value);
  }

  int32(value: number): void {
    const at = this.#reserve(4);
    this.#view.setInt32(at, value);
  }

  uint32(value: number): void {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value);
  }

  float64(value: number): void {
    const at = this.#reserve(8);
    this.#view.setFloat64(at, value);
  }

  int64(value: number): void {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not an integer within ±(2^53 - 1)`);
    const at = this.#reserve(8);
    this.#view.setInt32(at, Math.floor(value / TWO_TO_32));
    this.#view.setUint32(at + 4, value >>> 0);
  }

  boolean(value: boolean): void {
    this.int8(value ? 1 : 0);
  }

  unsignedVarint(value: number): void {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.int8((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.int8(rest);
  }

  varint(value: number): void {
    this.unsignedVarint((value << 1) ^ (value >> 31));
  }

  varlong(value: number): void {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not an integer within ±(2^53 - 1)`);
    if (value >= -0x40000000 && value < 0x40000000) return this.varint(value);
    // Zigzag doubles the value, which may take a 54th bit: the lowest seven bits are split off before the doubling.
    const magnitude = value < 0 ? -(value + 1) : value;
    let byte = ((magnitude % 64) << 1) | (value < 0 ? 1 : 0);
    let rest = Math.floor(magnitude / 64);
    while (rest > 0) {
      this.int8(byte | 0x80);
      byte = rest % 128;
      rest = Math.floor(rest / 128);
    }
    this.int8(byte);
  }

  /** Copies `bytes` into the message. */
  bytes(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** Puts `bytes` into the message without copying them: the caller must not change them until the message has been sent. */
  reference(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#close();
    this.#chunks.push(bytes);
    this.#chunkedLength += bytes.length;
  }

  /** UTF-8 bytes of `text`, for callers that must know the length before they write it. */
  static utf8(text: string): Uint8Array {
    // As in the reader: for short ASCII a loop beats the call into the engine.
    if (text.length < 48) {
      const bytes = new Uint8Array(text.length);
      let at = 0;
      for (let code = text.charCodeAt(0); code < 0x80; code = text.charCodeAt(at)) bytes[at++] = code;
      if (at === text.length) return bytes;
    }
    return utf8.encode(text);
  }

  /** The message. The writer must not be used afterwards. */
  finish(): Uint8Array[] {
    this.#close();
    // What is left of the place goes back, unless another writer has come behind it.
    if (this.#bytes === shared.bytes && this.#end === shared.taken) shared.taken = this.#at;
    return this.#chunks;
  }

  #close(): void {
    if (this.#at === this.#start) return;
    this.#chunks.push(this.#bytes.subarray(this.#start, this.#at));
    this.#chunkedLength += this.#at - this.#start;
    this.#start = this.#at;
  }

  /** Makes room, possibly in a new buffer: take the place first, and touch `#view` or `#bytes` only then. */
  #reserve(length: number): number {
    const at = this.#at;
    if (at + length > this.#end) return this.#grow(length);
    this.#at = at + length;
    return at;
  }

  #grow(length: number): number {
    const pending = this.#at - this.#start;
    if (pending + length > this.#maxBytes) {
      throw new MessageTooLarge(`a message would have more than ${this.#maxBytes} bytes`);
    }
    const grown = new Uint8Array(Math.min(Math.max(pending * 2, pending + length, 256), this.#maxBytes));
    grown.set(this.#bytes.subarray(this.#start, this.#at));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
    this.#end = grown.length;
    this.#start = 0;
    this.#at = pending + length;
    return pending;
  }
}

/** One array of all chunks, for places where a copy is wanted: files of tests, hashes, small messages. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0];
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
