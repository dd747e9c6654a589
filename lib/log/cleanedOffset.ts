/**
 * Up to where a log has been compacted. The note is a help and no more: when it is lost, everything counts as new, and is compacted once again.
 *
 * Source: Kafka's `cleaner-offset-checkpoint`, which holds the offsets of all partitions.
 */
import type { Disk } from '../world/world.ts';
import { readWholeFile, replaceWholeFile } from './wholeFile.ts';

const NAME = 'cleaner-offset';

/** 0 when there is no note that can be read. */
export async function readCleanedOffset(disk: Disk, folder: string): Promise<number> {
  const content = await readWholeFile(disk, `${folder}/${NAME}`);
  const offset = content === null ? 0 : Number(new TextDecoder().decode(content));
  return Number.isSafeInteger(offset) && offset > 0 ? offset : 0;
}

export async function writeCleanedOffset(disk: Disk, folder: string, offset: number): Promise<void> {
  await replaceWholeFile(disk, `${folder}/${NAME}`, new TextEncoder().encode(`${offset}\n`));
}
