import { describe, expect, test } from 'vitest';
import {
  CreatePartitions,
  CreateTopics,
  DeleteTopics,
  FindCoordinator,
  InitProducerId,
  Metadata,
} from '../../lib/protocol/apis/index.ts';
import { Errors, errorOf } from '../../lib/protocol/errors.ts';
import { NO_UUID, type RequestInput } from '../../lib/protocol/schema.ts';
import { DiskFailed } from '../../lib/world/errors.ts';
import { type Client, onStage, type Stage } from './stage.ts';

type NewTopic = Partial<RequestInput<typeof CreateTopics>['topics'][number]>;

async function create(client: Client, topics: readonly NewTopic[], validateOnly = false) {
  const whole = topics.map((topic) => ({
    ...{ name: 'new', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
    ...topic,
  }));
  const response = await client.ask(CreateTopics, { topics: whole, validateOnly });
  return response.topics.map(({ errorCode, numPartitions }) =>
    errorCode === 0 ? numPartitions : errorOf(errorCode).name,
  );
}

async function metadata(client: Client, names: readonly string[] | null, settings = {}, version = 12) {
  const topics = names?.map((name) => ({ name })) ?? null;
  const response = await client.ask(Metadata, { topics, ...settings }, version);
  return response.topics.map(({ name, errorCode, partitions }) =>
    errorCode === 0 ? `${name}:${partitions.length}` : errorOf(errorCode).name,
  );
}

describe('creating topics', () => {
  test(
    'with so many partitions, or as many as the broker makes by default',
    onStage(
      async (stage) => {
        const client = await stage.client();
        expect(
          await create(client, [
            { name: 'a', numPartitions: 3 },
            { name: 'b', numPartitions: -1, replicationFactor: -1 },
          ]),
        ).toEqual([3, 2]);
        const assignments = [0, 1, 2, 3].map((partitionIndex) => ({ partitionIndex, brokerIds: [0] }));
        expect(await create(client, [{ name: 'c', numPartitions: -1, replicationFactor: -1, assignments }])).toEqual([
          4,
        ]);
        expect(await metadata(client, null)).toEqual(['a:3', 'b:2', 'c:4']);
      },
      { config: { 'num.partitions': '2' } },
    ),
  );

  test(
    'only to see whether it would work',
    onStage(async (stage) => {
      const client = await stage.client();
      expect(await create(client, [{ name: 'a' }], true)).toEqual([1]);
      expect(await metadata(client, null)).toEqual([]);
    }),
  );

  test(
    'is refused, each with its own error',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const one = async (topic: NewTopic) => (await create(client, [topic]))[0];
        expect(await one({ name: 'led.ger' })).toBe('TOPIC_ALREADY_EXISTS');
        expect(await one({ name: 'led_ger' })).toBe('INVALID_TOPIC_EXCEPTION');
        expect(await one({ name: 'a b' })).toBe('INVALID_TOPIC_EXCEPTION');
        expect(await one({ numPartitions: 0 })).toBe('INVALID_PARTITIONS');
        expect(await one({ replicationFactor: 2 })).toBe('INVALID_REPLICATION_FACTOR');
        expect(await one({ replicationFactor: 0 })).toBe('INVALID_REPLICATION_FACTOR');
        expect(await one({ configs: [{ name: 'no.such', value: '1' }] })).toBe('INVALID_CONFIG');
        expect(await one({ configs: [{ name: 'segment.bytes', value: 'many' }] })).toBe('INVALID_CONFIG');
        const assignments = [{ partitionIndex: 0, brokerIds: [0] }];
        expect(await one({ assignments })).toBe('INVALID_REQUEST');
        const asked = { numPartitions: -1, replicationFactor: -1 };
        expect(await one({ ...asked, assignments: [{ partitionIndex: 0, brokerIds: [4] }] })).toBe(
          'INVALID_REPLICA_ASSIGNMENT',
        );
        expect(await one({ ...asked, assignments: [{ partitionIndex: 1, brokerIds: [0] }] })).toBe(
          'INVALID_REPLICA_ASSIGNMENT',
        );
        expect(await one({ name: '__consumer_offsets' })).toBe('INVALID_REQUEST');
        expect(await one({ configs: [{ name: 'segment.bytes', value: null }] })).toBe('INVALID_CONFIG');
        expect(await create(client, [{ name: 'twice' }, { name: 'twice' }])).toEqual(['INVALID_REQUEST']);
        expect(await metadata(client, null)).toEqual(['led.ger:1']);
      },
      { topics: { 'led.ger': 1 } },
    ),
  );
});

test(
  'a request for more than 10 000 partitions in all is refused as a whole, whatever else is wrong with it',
  onStage(
    async (stage) => {
      const client = await stage.client();
      const many = (name: string, numPartitions: number) => ({ name, numPartitions });
      const refused = (count: number) => Array<string>(count).fill('POLICY_VIOLATION');
      const check = (...topics: NewTopic[]) => create(client, topics, true);
      expect(await check(many('a', 4_000), many('b', 4_000))).toEqual([4_000, 4_000]);
      expect(await check(many('a', 4_000), many('b', 4_000), many('c', 2_001))).toEqual(refused(3));
      expect(await create(client, [many('a', 1), many('b', 10_000)])).toEqual(refused(2));
      expect(await check(many('a', 9_999), many('ledger', 1), many('a b', 1))).toEqual(refused(3));
      // The broker's number counts, and so do assignments; what cannot be does not, nor what is named twice.
      expect(await check(many('a', 9_998), many('b', -1))).toEqual(refused(2));
      const assignments = [0, 1, 2].map((partitionIndex) => ({ partitionIndex, brokerIds: [0] }));
      expect(await check(many('a', 9_998), { ...many('b', -1), replicationFactor: -1, assignments })).toEqual(
        refused(2),
      );
      expect(await check(many('a', 9_000), many('b', -9_000))).toEqual([9_000, 'INVALID_PARTITIONS']);
      expect(await check(many('d', 9_000), many('a', 9_000), many('d', 9_000))).toEqual([9_000, 'INVALID_REQUEST']);
      expect(await check(many('d', 1), many('a', 9_000), many('d', 1), many('b', 9_000))).toEqual(refused(4));
      expect(await metadata(client, null)).toEqual(['ledger:1']);
    },
    { topics: { ledger: 1 }, config: { 'num.partitions': '3' } },
  ),
);

test(
  'of several that make the same topic at the same time one has made it, and others are told that it is there',
  onStage(async (stage) => {
    const clients = [await stage.client(), await stage.client(), await stage.client()];
    const made = await Promise.all(clients.map((client, at) => create(client, [{ name: 't', numPartitions: at + 1 }])));
    const [numPartitions, ...late] = made.flat().sort();
    expect(late).toEqual(['TOPIC_ALREADY_EXISTS', 'TOPIC_ALREADY_EXISTS']);
    expect(await metadata(clients[0], null)).toEqual([`t:${numPartitions}`]);
  }),
);

test(
  'of names that collide only one is taken, when they come at the same time as well',
  onStage(async (stage) => {
    const [one, other] = [await stage.client(), await stage.client()];
    const made = await Promise.all([create(one, [{ name: 'a.b' }]), create(other, [{ name: 'a_b' }])]);
    expect(made.flat().sort()).toEqual([1, 'INVALID_TOPIC_EXCEPTION']);
    const asked = await Promise.all([metadata(one, ['c.d']), metadata(other, ['c_d'])]);
    expect(asked.flat().sort()).toEqual(['INVALID_TOPIC_EXCEPTION', expect.stringMatching(/^c.d:1$/)]);
    expect(await metadata(one, null)).toHaveLength(2);
  }),
);

/** Starts the broker again, on a disk that refuses when `refuses` says so of what it is asked for. */
async function startRefusing(stage: Stage, refuses: (what: 'open' | 'remove', path: string) => boolean): Promise<void> {
  stage.crash();
  await stage.start((host) => {
    const ask = async (what: 'open' | 'remove', path: string) => {
      if (refuses(what, path)) throw new DiskFailed('too many files are open');
    };
    const open = (path: string) => ask('open', path).then(() => host.disk.open(path));
    const remove = (path: string) => ask('remove', path).then(() => host.disk.remove(path));
    return { ...host, disk: { ...host.disk, open, remove } };
  });
}

test(
  'a disk that refuses is told to whoever makes a topic or partitions, and nothing rises after a restart',
  onStage(
    async (stage) => {
      let refuses = false;
      await startRefusing(stage, (what, path) => refuses && what === 'open' && path.endsWith('.log'));
      const client = await stage.client();
      const grow = async () => {
        const { results } = await client.ask(CreatePartitions, { topics: [{ name: 'ledger', count: 2 }] });
        return errorOf(results[0].errorCode).name;
      };
      refuses = true;
      expect(await create(client, [{ name: 'new' }])).toEqual(['KAFKA_STORAGE_ERROR']);
      expect(await metadata(client, ['asked'])).toEqual(['KAFKA_STORAGE_ERROR']);
      expect(await metadata(client, ['__consumer_offsets', 'ledger'])).toEqual(['KAFKA_STORAGE_ERROR', 'ledger:1']);
      const { coordinators } = await client.ask(FindCoordinator, { coordinatorKeys: ['bank'] });
      expect(errorOf(coordinators[0].errorCode).name).toBe('COORDINATOR_NOT_AVAILABLE');
      expect(await grow()).toBe('KAFKA_STORAGE_ERROR');
      expect(await metadata(client, null)).toEqual(['ledger:1']);
      refuses = false;
      expect(await create(client, [{ name: 'new' }])).toEqual([1]);
      const { responses } = await client.ask(DeleteTopics, { topics: [{ name: 'new' }] });
      expect(responses[0].errorCode).toBe(0);
      stage.crash();
      await stage.start();
      expect(await metadata(await stage.client(), null)).toEqual(['ledger:1']);
    },
    { topics: { ledger: 1 } },
  ),
);

describe('deleting topics', () => {
  test(
    'by name or by id, and not twice in a request',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const { topics } = await client.ask(Metadata, { topics: [{ name: 'b' }] });
        const { topicId } = topics[0];
        const remove = async (...named: { name: string | null; topicId?: string }[]) => {
          const { responses } = await client.ask(DeleteTopics, { topics: named });
          return responses.map(({ name, errorCode }) => `${name} ${errorOf(errorCode).name}`);
        };
        const [a, b] = [{ name: 'a' }, { name: null, topicId }];
        expect(await remove(a, b, a)).toEqual(['a INVALID_REQUEST', 'b NONE']);
        expect(await remove({ name: 'a', topicId }, { name: null })).toEqual([
          'a INVALID_REQUEST',
          'null INVALID_REQUEST',
        ]);
        expect(await remove(a, b)).toEqual(['a NONE', 'null UNKNOWN_TOPIC_ID']);
        expect(await remove(a)).toEqual(['a UNKNOWN_TOPIC_OR_PARTITION']);
        const old = await client.ask(DeleteTopics, { topicNames: ['c', 'd'] }, 1);
        expect(old.responses.map(({ errorCode }) => errorCode)).toEqual([0, Errors.UNKNOWN_TOPIC_OR_PARTITION.code]);
        expect(await metadata(client, null)).toEqual([]);
      },
      { topics: { a: 1, b: 1, c: 1 } },
    ),
  );

  test(
    'fails when the disk does not take it; once it has, files that cannot be removed go at the next start',
    onStage(
      async (stage) => {
        let refused = 'nothing';
        await startRefusing(stage, (what) => what === refused);
        const client = await stage.client();
        const { topicId } = stage.broker.topics.named('a')!;
        refused = 'open';
        const remove = async (name: string) => {
          const { responses } = await client.ask(DeleteTopics, { topics: [{ name }] });
          return errorOf(responses[0].errorCode).name;
        };
        expect(await remove('a')).toBe('KAFKA_STORAGE_ERROR');
        expect(await metadata(client, null)).toEqual(['a:1', 'b:1']);
        refused = 'remove';
        expect(await remove('a')).toBe('NONE');
        expect(await remove('a')).toBe('UNKNOWN_TOPIC_OR_PARTITION');
        expect(await metadata(client, null)).toEqual(['b:1']);
        const left = async () =>
          (await stage.world.disk('broker-0').list('logs')).some((path) => path.includes(topicId));
        expect(await left()).toBe(true);
        stage.crash();
        await stage.start();
        expect(await left()).toBe(false);
      },
      { topics: { a: 1, b: 1 }, config: { 'auto.create.topics.enable': 'false' } },
    ),
  );

  test(
    'is refused when it is switched off',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const { responses } = await client.ask(DeleteTopics, { topics: [{ name: 'a' }] });
        expect(responses[0].errorCode).toBe(Errors.TOPIC_DELETION_DISABLED.code);
      },
      { topics: { a: 1 }, config: { 'delete.topic.enable': 'false' } },
    ),
  );
});

test(
  'the topic that groups live in is made when it is needed, and cannot be deleted',
  onStage(
    async (stage) => {
      const client = await stage.client();
      expect(await metadata(client, null)).toEqual([]);
      expect(await metadata(client, ['__consumer_offsets'])).toEqual(['__consumer_offsets:5']);
      const { responses } = await client.ask(DeleteTopics, { topics: [{ name: '__consumer_offsets' }] });
      expect(responses[0].errorCode).toBe(Errors.INVALID_REQUEST.code);
      const { topics } = await client.ask(Metadata, { topics: null });
      expect(topics.map(({ isInternal }) => isInternal)).toEqual([true]);
    },
    { config: { 'offsets.topic.num.partitions': '5' } },
  ),
);

describe('metadata', () => {
  test(
    'of all topics, of some, and of none',
    onStage(
      async (stage) => {
        const client = await stage.client();
        expect(await metadata(client, null)).toEqual(['a:1', 'b:2']);
        expect(await metadata(client, ['b'])).toEqual(['b:2']);
        expect(await metadata(client, [])).toEqual([]);
        expect(await metadata(client, [], {}, 0)).toEqual(['a:1', 'b:2']);
      },
      { topics: { a: 1, b: 2 } },
    ),
  );

  test(
    'names the broker, the controller, the cluster and each leader',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const { brokers, controllerId, clusterId, topics } = await client.ask(Metadata, { topics: null });
        expect(brokers).toEqual([{ nodeId: 0, host: 'broker-0', port: 9092, rack: null }]);
        expect([controllerId, clusterId]).toEqual([0, expect.stringMatching(/^[\w-]{22}$/)]);
        expect(topics[0].partitions[0]).toMatchObject({
          leaderId: 0,
          leaderEpoch: 0,
          replicaNodes: [0],
          isrNodes: [0],
        });
      },
      { topics: { a: 1 } },
    ),
  );

  test(
    'makes a topic that is asked for, when broker and client allow it and the name is one',
    onStage(async (stage) => {
      const client = await stage.client();
      expect(await metadata(client, ['new'], { allowAutoTopicCreation: false })).toEqual([
        'UNKNOWN_TOPIC_OR_PARTITION',
      ]);
      expect(await metadata(client, ['new.one', 'a b'])).toEqual(['new.one:1', 'INVALID_TOPIC_EXCEPTION']);
      expect(await metadata(client, ['new_one'])).toEqual(['INVALID_TOPIC_EXCEPTION']);
      expect(await metadata(client, ['old'], {}, 3)).toEqual(['old:1']);
    }),
  );

  test(
    'makes nothing when the broker does not allow it',
    onStage(
      async (stage) => {
        const client = await stage.client();
        expect(await metadata(client, ['new'])).toEqual(['UNKNOWN_TOPIC_OR_PARTITION']);
      },
      { config: { 'auto.create.topics.enable': 'false' } },
    ),
  );

  test(
    'may be asked by id',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const { topics } = await client.ask(Metadata, { topics: [{ name: 'a' }] });
        const { topicId } = topics[0];
        const byId = await client.ask(Metadata, {
          topics: [
            { name: null, topicId },
            { name: null, topicId: NO_UUID },
          ],
        });
        expect(byId.topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([
          ['a', 0],
          [null, Errors.UNKNOWN_TOPIC_ID.code],
        ]);
      },
      { topics: { a: 1 } },
    ),
  );
});

test(
  'every producer gets an id of its own, and none is given twice after a crash',
  onStage(async (stage) => {
    const ids: number[] = [];
    for (let life = 0; life < 2; life++) {
      const client = await stage.client();
      for (let count = 0; count < 3; count++) {
        const { errorCode, producerId, producerEpoch } = await client.ask(InitProducerId, {});
        expect([errorCode, producerEpoch]).toEqual([0, 0]);
        ids.push(producerId);
      }
      stage.crash();
      await stage.start();
    }
    expect(new Set(ids).size).toBe(6);
    const client = await stage.client();
    const { errorCode } = await client.ask(InitProducerId, { transactionalId: 't' });
    expect(errorCode).toBe(Errors.INVALID_REQUEST.code);
  }),
);
