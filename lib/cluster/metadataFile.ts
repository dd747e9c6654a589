/**
 * What a broker must still know after a restart, apart from the logs themselves: which topics there are, and which producer ids were given out.
 * It is small and changes rarely, so it is written as a whole, to a new file that then takes the place of the old one: whenever the power
 * fails, there is one complete file.
 */

import { DiskFailed } from '../world/errors.ts';
import type { Disk } from '../world/world.ts';

const PATH = 'metadata.json';
const NEW_PATH = 'metadata.json.new';

export interface TopicMetadata {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: number;
  /** Settings by Kafka's own names that differ from the broker's. */
  readonly configs: { readonly [name: string]: string };
}

export interface Metadata {
  readonly clusterId: string;
  /** Producer ids below this one may have been given out. */
  readonly nextProducerId: number;
  readonly topics: readonly TopicMetadata[];
}

/** Null on a disk that nothing has been written to. Rejects with `DiskFailed` when the file cannot be understood. */
export async function readMetadata(disk: Disk): Promise<Metadata | null> {
  if (!(await disk.list('')).includes(PATH)) return null;
  const file = await disk.open(PATH);
  try {
    const bytes = new Uint8Array(file.size);
    await file.readInto(0, bytes);
    return JSON.parse(new TextDecoder().decode(bytes)) as Metadata;
  } catch (error) {
    throw new DiskFailed(
      `${PATH} cannot be read (${error instanceof Error ? error.message : error}): start with a copy of the data folder, or with an empty one`,
    );
  } finally {
    await file.close();
  }
}

/** Resolves when the new contents would survive a loss of power. */
export async function writeMetadata(disk: Disk, metadata: Metadata): Promise<void> {
  const file = await disk.open(NEW_PATH);
  try {
    await file.truncate(0);
    await file.append([new TextEncoder().encode(`${JSON.stringify(metadata, null, 2)}\n`)]);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(NEW_PATH, PATH);
  await disk.syncDirectory('');
}
