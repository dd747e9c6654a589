/**
 * Where a log begins. That is the base of its first segment, unless records were deleted up to somewhere inside it; then a file of its own says
 * so, and says it before anything is removed.
 *
 * Source: Kafka's `log-start-offset-checkpoint`, which holds the offsets of all partitions and is written every minute. Ours is written at
 * each change, so that records that were reported as deleted do not come back after a crash.
 */
import type { Disk } from '../world/world.ts';
import { StorageError } from './errors.ts';
import { readWholeFile, replaceWholeFile } from './wholeFile.ts';

const NAME = 'log-start-offset';

/** 0 when nothing was ever deleted. */
export async function readStartOffset(disk: Disk, folder: string): Promise<number> {
  const path = `${folder}/${NAME}`;
  const content = await readWholeFile(disk, path);
  if (content === null) return 0;
  const text = new TextDecoder().decode(content);
  const offset = /^\d{1,16}\n$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(offset)) return offset;
  throw new StorageError(`${path} is damaged: remove it, and the log begins with its first file again`);
}

/** Resolves when the offset would survive a loss of power. */
export async function writeStartOffset(disk: Disk, folder: string, offset: number): Promise<void> {
  await replaceWholeFile(disk, `${folder}/${NAME}`, new TextEncoder().encode(`${offset}\n`));
}
