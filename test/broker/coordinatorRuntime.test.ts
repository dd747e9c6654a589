/** What a client meets while a coordinator reads its log, when its disk fails or it fails itself, and when it commits faster than the disk writes. */
import { expect, test } from 'vitest';
import type { Shard } from '../../lib/broker/coordinatorPartition.ts';
import { CoordinatorRuntime } from '../../lib/broker/coordinatorRuntime.ts';
import type { CoordinatorRecord, Outcome, ReplyTo, RuntimeEvent } from '../../lib/coordinators/outcome.ts';
import {
  BROKER_RESOURCE,
  ConfigOperation,
  FindCoordinator,
  Heartbeat,
  IncrementalAlterConfigs,
  JoinGroup,
  ListGroups,
  OffsetCommit,
  OffsetFetch,
  SyncGroup,
  TOPIC_RESOURCE,
} from '../../lib/protocol/apis/index.ts';
import { Errors, errorOf } from '../../lib/protocol/errors.ts';
import type { Host } from '../../lib/trace/host.ts';
import { DiskFailed } from '../../lib/world/errors.ts';
import type { DiskFile } from '../../lib/world/world.ts';
import { type Client, onStage, type Stage } from './stage.ts';

const nameOf = ({ errorCode }: { errorCode: number }) => errorOf(errorCode).name;
const settings = { topics: { ledger: 3 }, config: { 'offsets.topic.num.partitions': '5' } };

/** The same host, with something done to the files of its logs. */
function withFiles(host: Host, change: (file: DiskFile) => Partial<DiskFile>): Host {
  return {
    ...host,
    disk: {
      ...host.disk,
      open: async (path) => {
        const file = await host.disk.open(path);
        if (!path.endsWith('.log')) return file;
        return {
          get size() {
            return file.size;
          },
          append: (chunks) => file.append(chunks),
          readInto: (at, target) => file.readInto(at, target),
          truncate: (size) => file.truncate(size),
          sync: () => file.sync(),
          close: () => file.close(),
          ...change(file),
        };
      },
    },
  };
}

/** The same host, with logs to which each write takes so long. */
function slowly(ms: number): (host: Host) => Host {
  return (host) =>
    withFiles(host, (file) => ({
      append: async (chunks) => {
        await host.clock.sleep(ms);
        await file.append(chunks);
      },
    }));
}

async function commit(client: Client, offset: number, committedMetadata = ''): Promise<string> {
  const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata }];
  const { topics } = await client.ask(OffsetCommit, { groupId: 'bank', topics: [{ name: 'ledger', partitions }] });
  return errorOf(topics[0].partitions[0].errorCode).name;
}

test(
  'while the log is being read everybody is told to ask again, and heartbeats are taken in good faith',
  onStage(async (stage) => {
    const before = await stage.client();
    await before.ask(FindCoordinator, { coordinatorKeys: ['bank'] });
    expect(await commit(before, 3)).toBe('NONE');
    stage.crash();
    const clock = stage.world.clock.of('broker-0');
    await stage.start((host) =>
      withFiles(host, (file) => ({
        readInto: async (at, target) => {
          await clock.sleep(5_000);
          return file.readInto(at, target);
        },
      })),
    );
    const client = await stage.client();
    const identity = { groupId: 'bank', generationId: 1, memberId: 'm' };
    expect(nameOf(await client.ask(Heartbeat, identity))).toBe('NONE');
    const sync = { ...identity, protocolType: 'consumer', protocolName: 'range', assignments: [] };
    expect(nameOf(await client.ask(SyncGroup, sync))).toBe('REBALANCE_IN_PROGRESS');
    expect(await commit(client, 4)).toBe('COORDINATOR_LOAD_IN_PROGRESS');
    const wanted = { groupId: 'bank', topics: [{ name: 'ledger', partitionIndexes: [0] }] };
    expect(nameOf((await client.ask(OffsetFetch, { groups: [wanted] })).groups[0])).toBe(
      'COORDINATOR_LOAD_IN_PROGRESS',
    );
    const member = { groupId: 'bank', sessionTimeoutMs: 10_000, memberId: '', protocolType: 'consumer' };
    const protocols = [{ name: 'range', metadata: new Uint8Array(0) }];
    expect(nameOf(await client.ask(JoinGroup, { ...member, protocols }))).toBe('COORDINATOR_LOAD_IN_PROGRESS');
    expect(nameOf(await client.ask(ListGroups, {}))).toBe('COORDINATOR_LOAD_IN_PROGRESS');
    await stage.sleep(60_000);
    expect(await client.committed('bank', 'ledger', 0)).toBe(3);
    expect(nameOf(await client.ask(Heartbeat, identity))).toBe('UNKNOWN_MEMBER_ID');
  }, settings),
);

test(
  'a commit that is too large for the log is told so itself, and not the one that is being written at that moment',
  onStage(
    async (stage) => {
      await stage.broker.close();
      await stage.start(slowly(1_000));
      const [small, large] = [await stage.client(), await stage.client()];
      await small.ask(FindCoordinator, { coordinatorKeys: ['bank'] });
      const writing = commit(small, 5);
      await stage.sleep(100);
      expect(await commit(large, 77, 'm'.repeat(500))).toBe('INVALID_COMMIT_OFFSET_SIZE');
      expect(await writing).toBe('NONE');
      expect(await small.committed('bank', 'ledger', 0)).toBe(5);
    },
    { topics: { ledger: 3 }, config: { ...settings.config, 'message.max.bytes': '500' } },
  ),
);

test(
  'how large a batch of the coordinator may be is looked up each time: by its own topic, or the broker',
  onStage(async (stage) => {
    const client = await stage.client();
    await client.ask(FindCoordinator, { coordinatorKeys: ['bank'] });
    const set = async (resourceType: number, resourceName: string, name: string, value: string) => {
      const resources = [
        { resourceType, resourceName, configs: [{ name, configOperation: ConfigOperation.SET, value }] },
      ];
      return nameOf((await client.ask(IncrementalAlterConfigs, { resources })).responses[0]);
    };
    const metadata = 'm'.repeat(500);
    expect(await commit(client, 1, metadata)).toBe('NONE');
    expect(await set(BROKER_RESOURCE, '', 'message.max.bytes', '500')).toBe('NONE');
    expect(await commit(client, 2, metadata)).toBe('INVALID_COMMIT_OFFSET_SIZE');
    expect(await set(TOPIC_RESOURCE, '__consumer_offsets', 'max.message.bytes', '1000')).toBe('NONE');
    expect(await commit(client, 3, metadata)).toBe('NONE');
    expect(await client.committed('bank', 'ledger', 0)).toBe(3);
  }, settings),
);

test(
  'an OffsetFetch waits for the commits that came before it, and a heartbeat does not',
  onStage(async (stage) => {
    let slow = false;
    const clock = stage.world.clock.of('broker-0');
    await stage.broker.close();
    await stage.start((host) =>
      withFiles(host, (file) => ({
        append: async (chunks) => {
          if (slow) await clock.sleep(1_000);
          await file.append(chunks);
        },
      })),
    );
    const [committer, reader] = [await stage.client(), await stage.client()];
    await committer.ask(FindCoordinator, { coordinatorKeys: ['bank'] });
    expect(await commit(committer, 1)).toBe('NONE');
    slow = true;
    const begun = stage.now;
    const committing = commit(committer, 2);
    await stage.sleep(100);
    expect(nameOf(await reader.ask(Heartbeat, { groupId: 'bank', generationId: 1, memberId: 'm' }))).toBe(
      'UNKNOWN_MEMBER_ID',
    );
    expect(stage.now - begun).toBeLessThan(200);
    expect(await reader.committed('bank', 'ledger', 0)).toBe(2);
    expect(stage.now - begun).toBeGreaterThan(1_000);
    expect(await committing).toBe('NONE');
  }, settings),
);

test(
  'when the disk fails nothing is acknowledged, and the coordinator goes back to what is in the log',
  onStage(async (stage) => {
    let broken = false;
    await stage.broker.close();
    await stage.start((host) =>
      withFiles(host, (file) => ({
        append: async (chunks) => {
          if (broken) throw new DiskFailed('no space left on the disk');
          await file.append(chunks);
        },
      })),
    );
    const client = await stage.client();
    await client.ask(FindCoordinator, { coordinatorKeys: ['bank'] });
    expect(await commit(client, 1)).toBe('NONE');
    broken = true;
    expect(await commit(client, 2)).toBe('NOT_COORDINATOR');
    await stage.sleep(100);
    expect(await client.committed('bank', 'ledger', 0)).toBe(1);
    expect(await commit(client, 3)).toBe('NOT_COORDINATOR');
    expect(await client.committed('bank', 'ledger', 0)).toBe(1);
    const [{ at, detail }] = stage.events('coordinator.unloaded');
    expect(detail.why).toBe('no space left on the disk');
    const again = stage.events('coordinator.loaded').filter((event) => event.at >= at);
    expect(again.map((event) => event.detail.partition)).toEqual([detail.partition]);
    broken = false;
    await stage.broker.close();
    await stage.start();
    const after = await stage.client();
    expect(await commit(after, 4)).toBe('NONE');
    expect(await after.committed('bank', 'ledger', 0)).toBe(4);
  }, settings),
);

interface Wish {
  readonly type: 'write' | 'wait';
  readonly to: ReplyTo;
}

/** Answers a `write` when its record is safe, sets an alarm for `wait`, and fails at what it is told to fail at. */
class Brittle implements Shard<Wish, string> {
  readonly keys = ['key'];
  readonly #failsAt: readonly string[];
  readonly #replayed: CoordinatorRecord[] = [];
  readonly #parked: ReplyTo[] = [];

  constructor(...failsAt: string[]) {
    this.#failsAt = failsAt;
  }

  replay(record: CoordinatorRecord): void {
    this.#replayed.push(record);
  }

  loaded() {
    return [{ key: 'key', outcome: this.#decided('loaded', () => ({})) }];
  }

  swept() {
    return [{ key: 'key', outcome: this.#decided('sweep', () => ({})) }];
  }

  decide(_key: string, event: Wish | RuntimeEvent): Outcome<string> {
    return this.#decided(event.type, () => {
      if ('to' in event) this.#parked.push(event.to);
      if (event.type === 'write') return { records: [{ key: new Uint8Array(1), value: null }] };
      if (event.type === 'wait') return { timers: [{ name: 'alarm', afterMs: 1_000 }] };
      const response = event.type === 'unload' ? 'gone' : `after ${this.#replayed.length}`;
      return { replies: this.#parked.splice(0).map((to) => ({ to, response })) };
    });
  }

  #decided(what: string, decide: () => Partial<Outcome<string>>): Outcome<string> {
    if (this.#failsAt.includes(what)) throw new Error(`a bug at ${what}`);
    return { records: [], isAtomic: true, replies: [], timers: [], facts: [], ...decide() };
  }
}

/** A coordinator that runs, and fails at what it is told to fail at until it has been mended and its log is read again. */
async function brittle(stage: Stage, ...failsAt: string[]) {
  let broken = failsAt;
  const host = stage.world.process('coordinator').host();
  const runtime = new CoordinatorRuntime<Wish, string, Brittle>(host, () => new Brittle(...broken), {
    maxBatchBytes: () => 1_000,
  });
  runtime.start(await stage.broker.topics.ensure('wishes', 1));
  await stage.sleep(10);
  const mend = () => {
    broken = [];
  };
  return { runtime, mend };
}

test.each(['timer', 'appended', 'sweep'])(
  'a coordinator that fails where nobody asked it, at %s, sends away who waits and goes back to what is in the log',
  (failsAt) =>
    onStage(async (stage) => {
      const { runtime, mend } = await brittle(stage, failsAt);
      const answer = runtime.ask('key', (to) => ({ type: failsAt === 'appended' ? 'write' : 'wait', to }));
      mend();
      if (failsAt === 'sweep') runtime.sweep();
      expect(await answer).toBe('gone');
      await stage.sleep(10);
      expect(stage.events('coordinator.unloaded').map(({ detail }) => detail.why)).toEqual([`a bug at ${failsAt}`]);
      const written = failsAt === 'appended' ? 1 : 0;
      expect(await runtime.ask('key', (to) => ({ type: 'wait', to }))).toBe(`after ${written}`);
      runtime.close();
    })(),
);

test(
  'a coordinator that fails at what it finds in the log coordinates nothing, and is not read again and again',
  onStage(async (stage) => {
    const { runtime } = await brittle(stage, 'loaded');
    await stage.sleep(1_000);
    expect(runtime.errorFor('key')).toBe(Errors.NOT_COORDINATOR);
    expect(stage.events('coordinator.failed').map(({ detail }) => detail.why)).toEqual(['a bug at loaded']);
    runtime.close();
  }),
);

test(
  'a coordinator that fails even as it sends everybody away leaves nobody waiting, and is read again',
  onStage(async (stage) => {
    const { runtime, mend } = await brittle(stage, 'timer', 'unload');
    const answer = runtime.ask('key', (to) => ({ type: 'wait', to }));
    mend();
    await expect(answer).rejects.toThrow('the coordinator has failed');
    await stage.sleep(10);
    expect(await runtime.ask('key', (to) => ({ type: 'wait', to }))).toBe('after 0');
    runtime.close();
  }),
);

/** A coordinator that has been unloaded while its disk writes what it appended: that takes five seconds, and its log is read again meanwhile. */
async function readAgain(stage: Stage) {
  await stage.broker.close();
  await stage.start(slowly(5_000));
  const { runtime, mend } = await brittle(stage, 'timer');
  const asked = (['wait', 'write'] as const).map((type) => runtime.ask('key', (to) => ({ type, to })));
  mend();
  expect(await Promise.all(asked)).toEqual(['gone', 'gone']);
  expect(runtime.errorFor('key')).toBe(Errors.COORDINATOR_LOAD_IN_PROGRESS);
  return runtime;
}

test(
  'what never gets into the log is not waited for when it is read again: the broker is closed meanwhile',
  onStage(async (stage) => {
    const runtime = await readAgain(stage);
    await stage.broker.close();
    runtime.close();
  }),
);

test(
  'before it is read again what is still being written has to be there',
  onStage(async (stage) => {
    const runtime = await readAgain(stage);
    await stage.sleep(10_000);
    expect(await runtime.ask('key', (to) => ({ type: 'wait', to }))).toBe('after 1');
    runtime.close();
  }),
);
