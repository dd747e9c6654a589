/**
 * Passing over what was taken back.
 *
 * Records of a transaction lie in the log as soon as they are sent; whether they count is written behind them, as a control batch. For a
 * consumer that wants committed ones only, the broker says with each answer which producers have an aborted transaction in it and where that
 * begins. From there on, until the mark that ends it, the transactional batches of that producer are passed over (KIP-98).
 *
 * Source: Apache Kafka `CompletedFetch.nextFetchedRecord`.
 */
import { type Batch, decodeBatch } from '../../records/batch.ts';
import type { Codecs } from '../../world/world.ts';

export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

/** The type in the key of a control record, behind two bytes of version: this one says "aborted". */
const ABORT = 0;

export class AbortedTransactions {
  readonly #codecs: Codecs;
  /** Those that have not begun yet, the first last. */
  readonly #coming: AbortedTransaction[];
  readonly #open = new Set<number>();

  constructor(aborted: readonly AbortedTransaction[], codecs: Codecs) {
    this.#codecs = codecs;
    this.#coming = [...aborted].sort((a, b) => b.firstOffset - a.firstOffset);
  }

  /** Whether this batch is to be passed over. Batches are asked about in the order of the log. */
  covers({ header, bytes }: Batch): boolean {
    const lastOffset = header.baseOffset + header.lastOffsetDelta;
    while ((this.#coming.at(-1)?.firstOffset ?? Infinity) <= lastOffset) this.#open.add(this.#coming.pop()!.producerId);
    if (header.isControl) {
      if (this.#isAbort(bytes)) this.#open.delete(header.producerId);
      return false;
    }
    return header.isTransactional && this.#open.has(header.producerId);
  }

  #isAbort(bytes: Uint8Array): boolean {
    const key = decodeBatch(bytes, this.#codecs)[0]?.key ?? null;
    return key !== null && key.length >= 4 && (key[2] << 8) + key[3] === ABORT;
  }
}
