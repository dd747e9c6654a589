/**
 * The bytes of one file in memory, twice: as the operating system has them, and as they would be found after a loss of power.
 *
 * Each append is copied once, into a chunk of its own, and chunks are never changed. So the durable state needs no second copy: it is the
 * same list of chunks up to a smaller size, until a truncation makes the two lists differ.
 */
interface Content {
  readonly chunks: Uint8Array[];
  /** Where each chunk begins. */
  readonly starts: number[];
  size: number;
}

export class MemoryFile {
  #live: Content = { chunks: [], starts: [], size: 0 };
  #durable: Content = { chunks: [], starts: [], size: 0 };

  get size(): number {
    return this.#live.size;
  }

  append(chunks: readonly Uint8Array[]): void {
    let length = 0;
    for (const chunk of chunks) length += chunk.length;
    if (length === 0) return;
    const copy = new Uint8Array(length);
    let at = 0;
    for (const chunk of chunks) {
      copy.set(chunk, at);
      at += chunk.length;
    }
    this.#live.chunks.push(copy);
    this.#live.starts.push(this.#live.size);
    this.#live.size += length;
  }

  readInto(at: number, target: Uint8Array): number {
    const { chunks, starts, size } = this.#live;
    const end = Math.min(size, at + target.length);
    let position = at;
    for (let index = chunkAt(starts, at); position < end; index++) {
      const from = position - starts[index];
      const piece = chunks[index].subarray(from, from + end - position);
      target.set(piece, position - at);
      position += piece.length;
    }
    return Math.max(0, position - at);
  }

  /** Cuts the file, or lengthens it with zeros, as the operating system does. */
  truncate(size: number): void {
    if (size >= this.#live.size) {
      this.append([new Uint8Array(size - this.#live.size)]);
      return;
    }
    // In lists of its own, since the durable state may still need the old ones.
    this.#live = head(this.#live, size);
  }

  /** From now on everything that is in the file would survive a loss of power. */
  sync(): void {
    this.#durable = { ...this.#live };
  }

  losePower(): void {
    this.#live = head(this.#durable, this.#durable.size);
  }
}

/** The first `size` bytes of a file, in lists of their own. */
function head({ chunks, starts }: Content, size: number): Content {
  if (size === 0) return { chunks: [], starts: [], size };
  const last = chunkAt(starts, size - 1);
  const lastChunk = chunks[last].subarray(0, size - starts[last]);
  return { chunks: [...chunks.slice(0, last), lastChunk], starts: starts.slice(0, last + 1), size };
}

/** The index of the last chunk that begins at or before `at`. */
function chunkAt(starts: readonly number[], at: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle] <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}
