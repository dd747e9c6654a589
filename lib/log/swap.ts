/**
 * Putting a cleaned segment in the place of the segments that it was made from, so that a crash at any moment leaves either the old ones or the
 * new one.
 *
 * The new segment is written beside the old ones, under a name that nobody reads, and forced to the disk. One renaming then decides: before
 * it, a start throws the new file away; after it, a start finishes what was begun. The old files go before the new one takes the name of the first of
 * them, and each step is forced to the disk before the next.
 *
 *     …0042.log.cleaned   being written, worth nothing
 *     …0042.log.swap      complete: it stands for all segments from 42 on that it reaches over
 *     …0042.log           in its place
 *
 * Source: `LocalLog.replaceSegments`, `LogLoader.java`. Kafka renames the old files to `.deleted` and removes them a minute later, since readers may still have
 * them open; here readers wait.
 */
import type { Disk } from '../world/world.ts';
import { fileName, removeFiles } from './segment.ts';
import { Walk } from './walk.ts';

const CLEANED = '.cleaned';
const SWAP = '.swap';

export function cleanedPath(folder: string, baseOffset: number): string {
  return fileName(folder, baseOffset, 'log') + CLEANED;
}

/** From here on the new segment counts. Its file has been written, synced and closed. */
export async function decideSwap(disk: Disk, folder: string, baseOffset: number): Promise<void> {
  await disk.rename(cleanedPath(folder, baseOffset), swapPath(folder, baseOffset));
  await disk.syncDirectory(folder);
}

/** Removes the old segments, of which `oldBaseOffsets` are the base offsets, and puts the new one in their place. No file of them is open. */
export async function finishSwap(
  disk: Disk,
  folder: string,
  baseOffset: number,
  oldBaseOffsets: readonly number[],
): Promise<void> {
  for (const old of oldBaseOffsets) if (old !== baseOffset) await removeFiles(disk, folder, old);
  await removeFiles(disk, folder, baseOffset, ['index', 'timeindex']);
  await disk.syncDirectory(folder);
  await disk.rename(swapPath(folder, baseOffset), fileName(folder, baseOffset, 'log'));
  await disk.syncDirectory(folder);
}

/** At a start: throws away what was not decided, and finishes what was. `names` are the files of the folder; answers whether there was something. */
export async function recoverSwaps(disk: Disk, folder: string, names: readonly string[]): Promise<boolean> {
  for (const name of names.filter((one) => one.endsWith(CLEANED))) await disk.remove(`${folder}/${name}`);
  const decided = names.filter((name) => name.endsWith(`.log${SWAP}`)).map(baseOffsetOf);
  for (const baseOffset of decided) {
    const end = await endOffsetOf(disk, folder, baseOffset);
    const old = names.filter((name) => name.endsWith('.log')).map(baseOffsetOf);
    await finishSwap(
      disk,
      folder,
      baseOffset,
      old.filter((offset) => offset >= baseOffset && offset < end),
    );
  }
  return decided.length > 0;
}

/** A cleaned segment has no gaps, so its last batch ends where the last of the old ones did. */
async function endOffsetOf(disk: Disk, folder: string, baseOffset: number): Promise<number> {
  const file = await disk.open(swapPath(folder, baseOffset));
  try {
    const walk = new Walk(file, { position: 0, offset: baseOffset, end: file.size, whole: false });
    const wrong = await walk.toEnd(() => {});
    if (wrong !== undefined) throw wrong;
    return walk.offset;
  } finally {
    await file.close();
  }
}

function swapPath(folder: string, baseOffset: number): string {
  return fileName(folder, baseOffset, 'log') + SWAP;
}

function baseOffsetOf(name: string): number {
  return Number(name.slice(0, 20));
}
