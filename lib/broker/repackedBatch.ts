/**
 * `compression.type`: a topic may say how its batches are packed, whoever sent them.
 *
 * By default they stay as their producer has packed them, and the broker does not open them. Where the topic names another codec, the broker takes the
 * batch apart and makes it again, which costs it what compression costs. The producer's id and sequence stay, so duplicates are known all the same.
 *
 * Not here: zstd, which this broker cannot write in every world, and levels of compression.
 *
 * Source: Apache Kafka `LogValidator.java`, `BrokerCompressionType.java`.
 */
import { UnpacksToTooMuch } from '../bytes/reader.ts';
import { Errors } from '../protocol/errors.ts';
import { decodeBatch, encodeBatch, readBatchHeader, SMALLEST_RECORD_BYTES } from '../records/batch.ts';
import type { CodecName, Codecs } from '../world/world.ts';
import { type Refused, refused } from './producedBatch.ts';

/**
 * What a batch may unpack to here, in sizes of the largest batch that the topic takes. Kafka has no such limit. A kilobyte can hold a hundred
 * thousand records, and while they are packed again, each of them takes many times the memory that it had in its batch.
 */
const LARGEST_UNPACKED = 4;

/** The batch as the topic wants it, which may be the very one. It must have been checked; one that grows beyond `maxBytes`, or unpacks to far more, is refused. */
export function repacked(
  batch: Uint8Array,
  compressionType: string,
  maxBytes: number,
  codecs: Codecs,
): Uint8Array | Refused {
  if (compressionType === 'producer') return batch;
  const codec = (compressionType === 'uncompressed' ? 'none' : compressionType) as CodecName;
  const header = readBatchHeader(batch);
  if (header.codec === codec) return batch;
  const maxDecompressedBytes = LARGEST_UNPACKED * maxBytes;
  if (header.recordCount * SMALLEST_RECORD_BYTES > maxDecompressedBytes) return refused(Errors.MESSAGE_TOO_LARGE);
  const { producerId, producerEpoch, baseSequence, isTransactional } = header;
  const settings = { codec, producerId, producerEpoch, baseSequence, isTransactional };
  try {
    const packed = encodeBatch(decodeBatch(batch, codecs, { maxDecompressedBytes }), settings, codecs);
    return packed.length > maxBytes ? refused(Errors.MESSAGE_TOO_LARGE) : packed;
  } catch (error) {
    if (error instanceof UnpacksToTooMuch) return refused(Errors.MESSAGE_TOO_LARGE);
    return refused(Errors.INVALID_RECORD, error instanceof Error ? error.message : String(error));
  }
}
