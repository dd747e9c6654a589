/**
 * Walks over the batches of a segment's file, one after the other.
 *
 * Reading each header with a call of its own would be slow when batches are small, and reading the whole file slow when they are large. So the
 * file is read in chunks, and a chunk begins where a batch does: what lies between, the body of a large batch, is stepped over unless it is
 * wanted. Each batch must begin at the offset at which the one before it ended; a file in which it does not has been damaged, even where
 * every checksum is right.
 */
import { MalformedBytes } from '../bytes/reader.ts';
import {
  type BatchHeader,
  CorruptBatch,
  checkBatch,
  HEADER_BYTES,
  lastOffsetOf,
  readBatchHeader,
} from '../records/batch.ts';
import type { DiskFile } from '../world/world.ts';

const WHOLE_CHUNK_BYTES = 1024 * 1024;
const HEADER_CHUNK_BYTES = 16 * 1024;

export interface Step {
  readonly header: BatchHeader;
  /** Where in the file the batch begins. */
  readonly position: number;
}

export interface WalkSettings {
  /** Where to begin: the position of a batch, and the base offset that it must have. */
  readonly position: number;
  readonly offset: number;
  /** Nothing at or behind this position is looked at. */
  readonly end: number;
  /** Whether to check each batch with its checksum, for which all of it is read. Otherwise only headers are looked at. */
  readonly whole: boolean;
}

/** The base offset is outside the checksum, so it is held against what came before. Throws `CorruptBatch`. */
export function mustFollow({ baseOffset, lastOffsetDelta }: BatchHeader, offset: number): void {
  if (baseOffset !== offset)
    throw new CorruptBatch(`a batch with base offset ${baseOffset} where ${offset} must follow`);
  if (lastOffsetDelta < 0) throw new CorruptBatch(`a last offset delta of ${lastOffsetDelta}`);
}

export class Walk {
  readonly #file: Pick<DiskFile, 'readInto'>;
  readonly #end: number;
  readonly #whole: boolean;
  #position: number;
  #offset: number;
  #chunk = new Uint8Array(0);
  #chunkAt = 0;

  constructor(file: Pick<DiskFile, 'readInto'>, settings: WalkSettings) {
    this.#file = file;
    this.#end = settings.end;
    this.#whole = settings.whole;
    this.#position = settings.position;
    this.#offset = settings.offset;
  }

  /** Where the next batch would begin: everything before it has been walked over. */
  get position(): number {
    return this.#position;
  }

  /** The base offset of the next batch. */
  get offset(): number {
    return this.#offset;
  }

  /** The next batch, or undefined at the end. Throws `CorruptBatch` when what is there is not one; asking again throws again. */
  async next(): Promise<Step | undefined> {
    const position = this.#position;
    const left = this.#end - position;
    if (left <= 0) return undefined;
    const header = await this.#header(position, Math.min(HEADER_BYTES, left));
    if (header.sizeInBytes > left) {
      throw new CorruptBatch(`a batch of ${header.sizeInBytes} bytes, of which ${left} are in the file`);
    }
    mustFollow(header, this.#offset);
    if (this.#whole) checkBatch(await this.#bytes(position, header.sizeInBytes));
    this.#position = position + header.sizeInBytes;
    this.#offset = lastOffsetOf(header) + 1;
    return { header, position };
  }

  /** Walks to the end, or to the first place that is not a batch; answers what is wrong there. */
  async toEnd(visit: (step: Step) => void): Promise<CorruptBatch | undefined> {
    try {
      for (let step = await this.next(); step !== undefined; step = await this.next()) visit(step);
      return undefined;
    } catch (error) {
      if (error instanceof CorruptBatch) return error;
      throw error;
    }
  }

  async #header(position: number, length: number): Promise<BatchHeader> {
    const bytes = await this.#bytes(position, length);
    try {
      return readBatchHeader(bytes);
    } catch (error) {
      throw error instanceof MalformedBytes ? new CorruptBatch(error.message) : error;
    }
  }

  /** A view of `length` bytes of the file. When they are not at hand, a chunk that begins with them is read. */
  async #bytes(position: number, length: number): Promise<Uint8Array> {
    const from = position - this.#chunkAt;
    if (from + length <= this.#chunk.length) return this.#chunk.subarray(from, from + length);
    const ahead = this.#whole ? WHOLE_CHUNK_BYTES : HEADER_CHUNK_BYTES;
    const chunk = new Uint8Array(Math.min(Math.max(length, ahead), this.#end - position));
    const filled = await this.#file.readInto(position, chunk);
    if (filled < length) throw new CorruptBatch(`the file ends at byte ${position + filled}, inside a batch`);
    this.#chunk = chunk.subarray(0, filled);
    this.#chunkAt = position;
    return this.#chunk.subarray(0, length);
  }
}
