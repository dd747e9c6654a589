import { describe, expect, test } from 'vitest';
import { Partition, PartitionClosed } from '../../lib/cluster/partition.ts';
import { Log, OffsetOutOfRange, StorageError } from '../../lib/log/log.ts';
import { SimulatedWorld } from '../../lib/sim/simulatedWorld.ts';
import type { Host } from '../../lib/trace/host.ts';
import { DiskFailed } from '../../lib/world/errors.ts';
import { batchOf } from '../broker/stage.ts';

const identity = { topic: 'ledger', topicId: 'id', index: 0, leaderId: 1, leaderEpoch: 5 };

/** A partition in a world of its own; `play` runs while time moves. */
async function withPartition(
  play: (partition: Partition, world: SimulatedWorld) => Promise<void>,
  replicas: { inSyncReplicas?: number[] } = {},
  change: (host: Host) => Host = (host) => host,
): Promise<void> {
  const world = new SimulatedWorld(1);
  const host = change(world.process('broker-1').host());
  const run = async () => {
    const partition = new Partition(host, { ...identity, ...replicas }, await Log.open(host, 'p'));
    await play(partition, world);
  };
  await world.drive.drive('the test', run());
}

describe('a partition with one replica', () => {
  test('gives offsets at once, and counts a batch when it is written', () =>
    withPartition(async (partition) => {
      const first = partition.append(batchOf(['a', 'b']));
      const second = partition.append(batchOf(['c']));
      expect([first.baseOffset, first.lastOffset, second.baseOffset]).toEqual([0, 1, 2]);
      expect(partition.highWatermark).toBe(0);
      await first.committed;
      expect(partition.highWatermark).toBeGreaterThanOrEqual(2);
      await second.committed;
      expect(partition.highWatermark).toBe(3);
      expect(partition.bytesCommitted).toBe(batchOf(['a', 'b']).length + batchOf(['c']).length);
    }));

  test('is read up to the high watermark, and refuses what lies outside', () =>
    withPartition(async (partition) => {
      const appended = partition.append(batchOf(['a']));
      expect(await partition.read(0, 1000)).toHaveLength(0);
      await appended.committed;
      expect(await partition.read(0, 1000)).toHaveLength(batchOf(['a']).length);
      expect(await partition.read(1, 1000)).toHaveLength(0);
      await expect(partition.read(2, 1000)).rejects.toThrow(OffsetOutOfRange);
      await expect(partition.read(-1, 1000)).rejects.toThrow(OffsetOutOfRange);
    }));

  test('waits for what was in the log when it was asked, and no longer', () =>
    withPartition(async (partition) => {
      partition.append(batchOf(['a']));
      await partition.allCommitted();
      expect(partition.highWatermark).toBe(1);
      await partition.allCommitted();
    }));

  test('tells in the trace what it appended and how far it is safe', () =>
    withPartition(async (partition, world) => {
      await partition.append(batchOf(['a', 'b'])).committed;
      const seen = world.trace.events.filter(({ what }) => what.startsWith('partition.'));
      expect(seen.map(({ what, detail }) => ({ what, ...detail }))).toEqual([
        { what: 'partition.append', topic: 'ledger', partition: 0, baseOffset: 0, count: 2 },
        { what: 'partition.highWatermark', topic: 'ledger', partition: 0, offset: 2 },
      ]);
    }));
});

describe('a partition with followers', () => {
  test('is safe as far as the slowest in-sync replica', () =>
    withPartition(
      async (partition) => {
        let committed = false;
        const appended = partition.append(batchOf(['a', 'b']));
        void appended.committed.then(() => {
          committed = true;
        });
        await appended.written;
        partition.replicaProgress(2, 2);
        await Promise.resolve();
        expect([partition.highWatermark, committed]).toEqual([0, false]);
        partition.replicaProgress(3, 1);
        expect(partition.highWatermark).toBe(1);
        partition.replicaProgress(3, 2);
        await appended.committed;
        expect([partition.highWatermark, committed]).toEqual([2, true]);
      },
      { inSyncReplicas: [1, 2, 3] },
    ));

  test('never moves the high watermark back, and pays no heed to strangers', () =>
    withPartition(
      async (partition) => {
        await partition.append(batchOf(['a', 'b'])).written;
        partition.replicaProgress(2, 2);
        partition.replicaProgress(2, 1);
        partition.replicaProgress(9, 0);
        expect(partition.highWatermark).toBe(2);
      },
      { inSyncReplicas: [1, 2] },
    ));
});

describe('a partition that ends', () => {
  test('whoever waits is told, and nothing can be appended any more', () =>
    withPartition(
      async (partition) => {
        const { committed } = partition.append(batchOf(['a']));
        const all = partition.allCommitted();
        let woken = 0;
        partition.onHighWatermark(() => woken++);
        await partition.close('has been deleted');
        await expect(committed).rejects.toThrow(PartitionClosed);
        await expect(all).rejects.toThrow('ledger-0 has been deleted');
        await expect(partition.allCommitted()).rejects.toThrow(PartitionClosed);
        expect(() => partition.append(batchOf(['b']))).toThrow(PartitionClosed);
        expect(woken).toBe(1);
        await partition.close('twice');
      },
      { inSyncReplicas: [1, 2] },
    ));

  test('when the disk fails nothing counts as safe', () => {
    let broken = false;
    const failing = (host: Host): Host => ({
      ...host,
      disk: {
        ...host.disk,
        open: async (path) => {
          const file = await host.disk.open(path);
          const append: typeof file.append = async (chunks) => {
            if (broken) throw new DiskFailed('no space left');
            await file.append(chunks);
          };
          return {
            get size() {
              return file.size;
            },
            append,
            readInto: (at, target) => file.readInto(at, target),
            truncate: (size) => file.truncate(size),
            sync: () => file.sync(),
            close: () => file.close(),
          };
        },
      },
    });
    return withPartition(
      async (partition) => {
        await partition.append(batchOf(['a'])).committed;
        broken = true;
        const lost = partition.append(batchOf(['b']));
        await expect(lost.committed).rejects.toThrow(StorageError);
        await expect(lost.written).rejects.toThrow(StorageError);
        expect(partition.highWatermark).toBe(1);
        expect(() => partition.append(batchOf(['c']))).toThrow(StorageError);
      },
      {},
      failing,
    );
  });
});
