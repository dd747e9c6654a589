/**
 * Opening a log: finding its files, and making them whole again.
 *
 * Only the last segment can have been cut short by a crash, since a segment is synced before the next one begins, so only the last one is
 * read as a whole. What is remembered of producers lies in a snapshot that is written at each new segment: the newest good one is loaded, and
 * the batches since then are added to it. Without any good snapshot that means walking over all headers from the start.
 *
 * Source: `LogLoader.java`, `ProducerStateManager.java`.
 */
import type { Host } from '../trace/host.ts';
import type { Disk } from '../world/world.ts';
import { Producers } from './producers.ts';
import { fileName, type Recovery, removeFiles, Segment } from './segment.ts';
import { readStartOffset } from './startOffset.ts';
import { recoverSwaps } from './swap.ts';

export interface Recovered {
  /** At least one, in the order of their offsets; the last one is written to. */
  readonly segments: Segment[];
  readonly producers: Producers;
  /** The first offset that was not deleted. */
  readonly startOffset: number;
  readonly endOffset: number;
  /** What had to be cut off, in words. */
  readonly words: string | undefined;
}

export async function recoverLog(host: Host, folder: string, indexIntervalBytes: number): Promise<Recovered> {
  const deletedBefore = await readStartOffset(host.disk, folder);
  const found = await baseOffsets(host.disk, folder);
  // A crash may have come between the note of a deletion and the deletion itself.
  const stale = found.splice(
    0,
    segmentsBefore(
      found.map((baseOffset) => ({ baseOffset })),
      deletedBefore,
    ),
  );
  for (const baseOffset of stale) await removeFiles(host.disk, folder, baseOffset);
  const segments: Segment[] = [];
  for (const baseOffset of found.length > 0 ? found : [deletedBefore]) {
    segments.push(await Segment.open(host.disk, folder, baseOffset, indexIntervalBytes));
  }
  if (found.length === 0) await host.disk.syncDirectory(folder);
  for (const [index, segment] of segments.slice(0, -1).entries()) {
    await segment.loadIndexes(segments[index + 1].baseOffset);
  }
  const producers = await recoverProducers(host.disk, folder, segments);
  const last = segments[segments.length - 1];
  const recovery = await last.recover((header) => producers.add(header));
  const words = recovery.cutBytes > 0 ? inWords(last, recovery) : undefined;
  if (words !== undefined) {
    const { endOffset, cutBytes, reason } = recovery;
    host.trace.record(host.name, 'log.recovered', { folder, endOffset, cutBytes, reason });
  }
  const { endOffset } = recovery;
  if (endOffset < deletedBefore) return beginAgain(host, folder, segments, deletedBefore, indexIntervalBytes, words);
  return { segments, producers, startOffset: Math.max(deletedBefore, segments[0].baseOffset), endOffset, words };
}

/** What a loss of power has taken reached beyond the deleted records, so all there is is deleted: offsets go on where nothing was ever given away. */
async function beginAgain(
  { disk }: Host,
  folder: string,
  old: readonly Segment[],
  startOffset: number,
  indexIntervalBytes: number,
  words: string | undefined,
): Promise<Recovered> {
  for (const segment of old) {
    await segment.close();
    await removeFiles(disk, folder, segment.baseOffset);
  }
  const segment = await Segment.open(disk, folder, startOffset, indexIntervalBytes);
  await segment.recover(() => {});
  await disk.syncDirectory(folder);
  return { segments: [segment], producers: new Producers(), startOffset, endOffset: startOffset, words };
}

/** How many segments at the front hold no offset from `offset` on. The last one always stays. */
export function segmentsBefore(segments: readonly { readonly baseOffset: number }[], offset: number): number {
  const kept = segments.findLastIndex(({ baseOffset }) => baseOffset <= offset);
  return Math.max(0, kept);
}

/** What is remembered of producers at the start of the last segment. */
export async function recoverProducers(disk: Disk, folder: string, segments: readonly Segment[]): Promise<Producers> {
  for (let from = segments.length - 1; ; from--) {
    const snapshot = await loadSnapshot(disk, folder, segments[from].baseOffset);
    const producers = snapshot ?? (from === 0 ? new Producers() : undefined);
    if (producers === undefined) continue;
    for (const segment of segments.slice(from, -1)) await segment.visitHeaders((header) => producers.add(header));
    return producers;
  }
}

/** Writes what is remembered of producers at `offset`, where a new segment begins. */
export async function saveSnapshot(disk: Disk, folder: string, offset: number, content: Uint8Array): Promise<void> {
  const file = await disk.open(fileName(folder, offset, 'snapshot'));
  if (file.size > 0) await file.truncate(0);
  await file.append([content]);
  await file.sync();
  await file.close();
}

async function loadSnapshot(disk: Disk, folder: string, offset: number): Promise<Producers | undefined> {
  const path = fileName(folder, offset, 'snapshot');
  if (!(await disk.list(folder)).includes(path)) return undefined;
  const file = await disk.open(path);
  const bytes = new Uint8Array(file.size);
  const filled = await file.readInto(0, bytes);
  await file.close();
  return Producers.decode(bytes.subarray(0, filled));
}

async function baseOffsets(disk: Disk, folder: string): Promise<number[]> {
  const names = (await disk.list(folder)).map((path) => path.slice(folder.length + 1));
  if (await recoverSwaps(disk, folder, names)) return baseOffsets(disk, folder);
  return names
    .filter((name) => /^\d{20}\.log$/.test(name))
    .map((name) => Number(name.slice(0, 20)))
    .sort((a, b) => a - b);
}

function inWords(segment: Segment, { cutBytes, endOffset, reason }: Recovery): string {
  return `${segment.path}: ${cutBytes} bytes behind offset ${endOffset} were cut off (${reason})`;
}
