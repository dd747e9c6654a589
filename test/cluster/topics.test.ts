import { describe, expect, test } from 'vitest';
import { topicNameProblem } from '../../lib/cluster/topicName.ts';
import { Topics } from '../../lib/cluster/topics.ts';
import { SimulatedWorld } from '../../lib/sim/simulatedWorld.ts';
import { DiskFailed } from '../../lib/world/errors.ts';
import { batchOf } from '../broker/stage.ts';

/** Each `life` is a process on the same disk, killed at its end. */
async function lives(...each: ((topics: Topics, world: SimulatedWorld) => Promise<void>)[]): Promise<SimulatedWorld> {
  const world = new SimulatedWorld(1);
  for (const life of each) {
    const process = world.process('broker-0');
    const run = async () => life(await Topics.open(process.host(), { brokerId: 0, logSettings: () => ({}) }), world);
    await world.drive.drive('a life', run());
    process.crash();
  }
  return world;
}

const files = (world: SimulatedWorld, folder: string) => world.drive.drive('list', world.disk('broker-0').list(folder));

describe('topics', () => {
  test('are there again after the process was killed, with ids, settings and records', async () => {
    let topicId = '';
    let clusterId = '';
    await lives(
      async (topics) => {
        const topic = await topics.ensure('ledger', 2, { 'segment.bytes': '1000' });
        await topic.partitions[1].append(batchOf(['a', 'b'])).committed;
        topicId = topic.topicId;
        clusterId = topics.clusterId;
      },
      async (topics) => {
        const topic = topics.named('ledger');
        expect(topic).toBe(topics.withId(topicId));
        expect(topic).toMatchObject({ topicId, configs: { 'segment.bytes': '1000' }, isInternal: false });
        expect(topic?.partitions.map(({ highWatermark }) => highWatermark)).toEqual([0, 2]);
        expect(topics.clusterId).toBe(clusterId);
      },
    );
  });

  test('are made once, however many ask for them at the same time', () =>
    lives(async (topics) => {
      const made = await Promise.all([
        topics.ensure('ledger', 2),
        topics.ensure('ledger', 5),
        topics.ensure('other', 1),
      ]);
      expect(made[0]).toBe(made[1]);
      expect([...topics.all].map(({ name, partitions }) => [name, partitions.length])).toEqual([
        ['ledger', 2],
        ['other', 1],
      ]);
    }));

  test('deleted and made again under the same name have another id, no records, and no files of the old one', async () => {
    let oldId = '';
    const world = await lives(
      async (topics) => {
        const old = await topics.ensure('ledger', 2);
        oldId = old.topicId;
        await old.partitions[0].append(batchOf(['a'])).committed;
        expect(await topics.delete(old)).toBe(true);
        expect(await topics.delete(old)).toBe(false);
        const young = await topics.ensure('ledger', 1);
        expect(young.topicId).not.toBe(oldId);
        expect(young.partitions[0].log.logEndOffset).toBe(0);
        expect(topics.withId(oldId)).toBeUndefined();
      },
      async (topics) => expect(topics.named('ledger')?.partitions).toHaveLength(1),
    );
    expect((await files(world, 'logs')).filter((path) => path.includes(oldId))).toEqual([]);
  });

  test('that were being deleted when the process was killed are swept away at the next start', async () => {
    let oldId = '';
    const world = await lives(
      async (topics, within) => {
        const topic = await topics.ensure('ledger', 1);
        oldId = topic.topicId;
        const disk = within.disk('broker-0');
        const metadata = await disk.open('metadata.json');
        const without = new TextEncoder().encode(JSON.stringify({ clusterId: 'c', nextProducerId: 0, topics: [] }));
        await metadata.truncate(0);
        await metadata.append([without]);
        expect((await disk.list('logs')).some((path) => path.includes(oldId))).toBe(true);
      },
      async (topics) => expect([...topics.all]).toEqual([]),
    );
    expect(await files(world, 'logs')).toEqual([]);
  });

  test('that the disk has no room for are not there, neither now nor after a restart, and can be made later', async () => {
    let refused = 0;
    const world = new SimulatedWorld(1);
    const live = async (life: (topics: Topics) => Promise<void>) => {
      const process = world.process('broker-0');
      const host = process.host();
      const open = (path: string) => {
        if (refused === 0 || !path.endsWith('.log')) return host.disk.open(path);
        refused--;
        return Promise.reject(new DiskFailed('too many files are open'));
      };
      const disk = { ...host.disk, open };
      const run = async () => life(await Topics.open({ ...host, disk }, { brokerId: 0, logSettings: () => ({}) }));
      await world.drive.drive('a life', run());
      process.crash();
    };
    const told = (topics: Topics) => [...topics.all].map(({ name, partitions }) => `${name}:${partitions.length}`);
    await live(async (topics) => {
      const small = await topics.ensure('small', 1);
      refused = 2;
      await expect(topics.ensure('ledger', 2)).rejects.toThrow('too many files');
      refused = 1;
      await expect(topics.addPartitions(small, 3)).rejects.toThrow('too many files');
      expect(told(topics)).toEqual(['small:1']);
    });
    await live(async (topics) => {
      expect(told(topics)).toEqual(['small:1']);
      refused = 1;
      await expect(topics.ensure('ledger', 2)).rejects.toThrow('too many files');
      const ledger = await topics.ensure('ledger', 2);
      await topics.addPartitions(topics.named('small')!, 2);
      await topics.delete(ledger);
      expect(told(topics)).toEqual(['small:2']);
    });
    await live(async (topics) => expect(told(topics)).toEqual(['small:2']));
  });

  test('that the disk refuses, and then their taking back as well, are taken back with the next change', async () => {
    const world = new SimulatedWorld(1);
    const host = world.process('broker-0').host();
    let full = false;
    const open = async (path: string) => {
      if (path.endsWith('.log')) full = true;
      if (full) throw new DiskFailed('the disk is full');
      return host.disk.open(path);
    };
    const settings = { brokerId: 0, logSettings: () => ({}) };
    const life = async () => {
      const topics = await Topics.open({ ...host, disk: { ...host.disk, open } }, settings);
      await expect(topics.ensure('ledger', 1)).rejects.toThrow('the disk is full');
      full = false;
      await topics.nextProducerId();
      expect([...(await Topics.open(host, settings)).all]).toEqual([]);
    };
    await world.drive.drive('a life', life());
  });

  test('whose list cannot be read stop the start with a sentence', async () => {
    const world = await lives(async () => {});
    const damage = async () => {
      const file = await world.disk('broker-0').open('metadata.json');
      await file.truncate(7);
    };
    await world.drive.drive('damage', damage());
    const again = Topics.open(world.process('broker-0').host(), { brokerId: 0, logSettings: () => ({}) });
    await expect(world.drive.drive('again', again)).rejects.toThrow(DiskFailed);
    await expect(again).rejects.toThrow(/metadata\.json cannot be read .* start with/);
  });
});

test('producer ids are never given out twice, not after a crash either', async () => {
  const seen: number[] = [];
  const take = async (topics: Topics) => {
    for (let count = 0; count < 3; count++) seen.push(await topics.nextProducerId());
  };
  await lives(take, take);
  expect(seen).toEqual([0, 1, 2, 1000, 1001, 1002]);
});

describe('the name of a topic', () => {
  test.each(['a', 'ledger', 'A.b_c-9', '__consumer_offsets', 'x'.repeat(249)])('may be %s', (name) => {
    expect(topicNameProblem(name)).toBeNull();
  });

  test.each(['', '.', '..', 'a b', 'zürich', 'a/b', 'x'.repeat(250)])('may not be %j', (name) => {
    expect(topicNameProblem(name)).toEqual(expect.stringMatching(/[a-z]/));
  });

  test('collides with one that differs in . and _ only, as long as there is a topic of that name', async () => {
    const colliding = (topics: Topics) =>
      ['a.b', 'a_b', 'a-b', 'ab', 'a.b.c'].filter((name) => topics.colliding(name)?.name === 'a.b');
    await lives(
      async (topics) => {
        expect(colliding(topics)).toEqual([]);
        await topics.ensure('a.b', 1);
        expect(colliding(topics)).toEqual(['a_b']);
      },
      async (topics) => {
        expect(colliding(topics)).toEqual(['a_b']);
        expect(await topics.create('a_b', 1)).toBeUndefined();
        await topics.delete(await topics.ensure('a.b', 1));
        expect(colliding(topics)).toEqual([]);
        expect((await topics.create('a_b', 1))?.name).toBe('a_b');
      },
    );
  });
});
