/**
 * What a broker must still know after a restart, apart from the logs themselves: which topics there are, and which producer ids were given out.
 * It is small and changes rarely, so it is written as a whole.
 */

import { readWholeFile, replaceWholeFile } from '../log/wholeFile.ts';
import { DiskFailed } from '../world/errors.ts';
import type { Disk } from '../world/world.ts';

const PATH = 'metadata.json';

export interface TopicMetadata {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: number;
  /** Settings by Kafka's own names that differ from the broker's. */
  readonly configs: Configs;
}

export interface Metadata {
  readonly clusterId: string;
  /** Producer ids below this one may have been given out. */
  readonly nextProducerId: number;
  readonly topics: readonly TopicMetadata[];
}

/** Settings by Kafka's own names. */
export type Configs = { readonly [name: string]: string };

/** Null on a disk that nothing has been written to. Rejects with `DiskFailed` when the file cannot be understood. */
export async function readMetadata(disk: Disk): Promise<Metadata | null> {
  const bytes = await readWholeFile(disk, PATH);
  if (bytes === null) return null;
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Metadata;
  } catch (error) {
    throw new DiskFailed(
      `${PATH} cannot be read (${error instanceof Error ? error.message : error}): start with a copy of the data folder, or with an empty one`,
    );
  }
}

/** Resolves when the new contents would survive a loss of power. */
export async function writeMetadata(disk: Disk, metadata: Metadata): Promise<void> {
  await replaceWholeFile(disk, PATH, new TextEncoder().encode(`${JSON.stringify(metadata, null, 2)}\n`));
}
