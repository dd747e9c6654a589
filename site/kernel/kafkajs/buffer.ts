/**
 * Node's `Buffer`, as far as kafkajs uses one: bytes that are read and written as big-endian numbers and as text in UTF-8. A slice of it shares its
 * memory, as Node's does and a plain array's does not.
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

class Bytes extends Uint8Array {
  get #view(): DataView {
    return new DataView(this.buffer, this.byteOffset, this.byteLength);
  }

  override slice(start?: number, end?: number): Bytes {
    return this.subarray(start, end) as Bytes;
  }

  override toString(): string {
    return decoder.decode(this);
  }

  equals(other: Uint8Array): boolean {
    return this.length === other.length && this.every((byte, at) => byte === other[at]);
  }

  /** Copies `this[start…end]` to `target`, as much as there is room for. */
  copy(target: Uint8Array, at = 0, start = 0, end = this.length): number {
    const copied = this.subarray(start, Math.min(end, start + target.length - at));
    target.set(copied, at);
    return copied.length;
  }

  write(text: string, at: number): number {
    const bytes = encoder.encode(text);
    this.set(bytes, at);
    return bytes.length;
  }

  readInt8(at: number): number {
    return this.#view.getInt8(at);
  }

  readInt16BE(at: number): number {
    return this.#view.getInt16(at);
  }

  readInt32BE(at: number): number {
    return this.#view.getInt32(at);
  }

  readUInt32BE(at: number): number {
    return this.#view.getUint32(at);
  }

  readDoubleBE(at: number): number {
    return this.#view.getFloat64(at);
  }

  writeInt8(value: number, at: number): void {
    this.#view.setInt8(at, value);
  }

  writeInt16BE(value: number, at: number): void {
    this.#view.setInt16(at, value);
  }

  writeInt32BE(value: number, at: number): void {
    this.#view.setInt32(at, value);
  }

  writeUInt32BE(value: number, at: number): void {
    this.#view.setUint32(at, value);
  }

  writeDoubleBE(value: number, at: number): void {
    this.#view.setFloat64(at, value);
  }
}

function from(content: string | ArrayLike<number>): Bytes {
  return new Bytes(typeof content === 'string' ? encoder.encode(content) : content);
}

function concat(chunks: readonly Uint8Array[]): Bytes {
  const whole = new Bytes(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

const alloc = (size: number) => new Bytes(size);

export const Buffer = {
  from,
  concat,
  alloc,
  allocUnsafe: alloc,
  byteLength: (content: string | Uint8Array) =>
    (typeof content === 'string' ? encoder.encode(content) : content).length,
  isBuffer: (value: unknown) => value instanceof Bytes,
};
