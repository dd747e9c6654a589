/** CreateTopics, CreatePartitions and DeleteTopics: what is made, what is only checked, and what is refused. */
import { CreatePartitions, CreateTopics, DeleteTopics, Metadata } from '../../../lib/protocol/apis/index.ts';
import { NO_UUID, type RequestInput } from '../../../lib/protocol/schema.ts';
import { observation } from './observation.ts';
import type { Scene } from './scene.ts';
import { type Plain, tell } from './telling.ts';

type Wanted = RequestInput<typeof CreateTopics>['topics'][number];

const STRANGER = 'b2JzZXJ2YXRpb25zb2Zvbg';

const topic = (name: string, given: Partial<Wanted> = {}): Wanted => ({
  name,
  numPartitions: 1,
  replicationFactor: 1,
  assignments: [],
  configs: [],
  ...given,
});

type Settings = Partial<Omit<RequestInput<typeof CreateTopics>, 'topics'>> & { readonly version?: number };

/** The settings of a new topic are told by other observations; here it is enough that there are some. */
async function create(
  scene: Scene,
  topics: readonly Wanted[],
  { version, ...settings }: Settings = {},
): Promise<Plain> {
  const response = await scene.ask(CreateTopics, { topics, ...settings }, version);
  const told = response.topics.map(({ configs, ...rest }) => ({
    ...rest,
    configs: configs === null ? null : configs.length > 0,
  }));
  return tell(told, { present: ['topicId'] });
}

async function remove(scene: Scene, ...names: string[]): Promise<Plain> {
  const { responses } = await scene.ask(DeleteTopics, { topics: names.map((name) => ({ name })), timeoutMs: 5_000 });
  return tell(responses, { present: ['topicId'] });
}

async function exists(scene: Scene, name: string): Promise<boolean> {
  const { topics } = await scene.ask(Metadata, { topics: [{ name }], allowAutoTopicCreation: false });
  return topics[0].errorCode === 0;
}

async function grow(
  scene: Scene,
  name: string,
  count: number,
  assignments: readonly { readonly brokerIds: readonly number[] }[] | null = null,
  settings: { readonly validateOnly?: boolean; readonly timeoutMs?: number } = {},
): Promise<Plain> {
  const { results } = await scene.ask(CreatePartitions, { topics: [{ name, count, assignments }], ...settings });
  return tell(results);
}

export const topicObservations = [
  observation('a new topic in each version of CreateTopics', async (scene) => {
    const seen: Plain[] = [];
    for (let version = 2; version <= 7; version++)
      seen.push(await create(scene, [topic(scene.name(`v${version}`))], { version }));
    return seen;
  }),
  observation('a new topic with the numbers of the broker', async (scene) =>
    create(scene, [topic(scene.name('ledger'), { numPartitions: -1, replicationFactor: -1 })]),
  ),
  observation('a topic that is there already, and one that is asked for twice', async (scene) => {
    const ledger = await scene.topic('ledger');
    const twice = topic(scene.name('twice'));
    return [await create(scene, [topic(ledger)]), await create(scene, [twice, topic(scene.name('once')), twice])];
  }),
  observation('names that a new topic cannot have', async (scene) => {
    const seen: Plain[] = [];
    for (const name of ['', '.', '..', 'a b', 'a/b', 'ä', 'x'.repeat(250)])
      seen.push(await create(scene, [topic(name)]));
    return seen;
  }),
  observation('names that the broker keeps for itself', async (scene) => {
    await scene.internalTopic();
    return create(scene, [topic('__consumer_offsets')]);
  }),
  observation('a name that differs from another one only in dots and underscores', async (scene) => {
    await scene.topic('led.ger_a');
    return create(
      scene,
      ['led_ger_a', 'led.ger.a', 'led-ger_a'].map((label) => topic(scene.name(label))),
    );
  }),
  observation('numbers of partitions and replicas that cannot be', async (scene) => {
    const seen: Plain[] = [];
    for (const given of [
      { numPartitions: 0 },
      { numPartitions: -2 },
      { replicationFactor: 0 },
      { replicationFactor: 2 },
      { replicationFactor: -2 },
      { numPartitions: 0, replicationFactor: 3 },
    ]) {
      seen.push(await create(scene, [topic(scene.name('ledger'), given)]));
    }
    return seen;
  }),
  observation('more partitions at once than are made', async (scene) =>
    create(scene, [topic(scene.name('ledger'), { numPartitions: 10_001 })]),
  ),
  observation('settings that a new topic cannot have', async (scene) => {
    const seen: Plain[] = [];
    for (const [name, value] of [
      ['no.such', '1'],
      ['retention.ms', 'many'],
      ['retention.ms', '-2'],
      ['cleanup.policy', 'forget'],
      ['segment.bytes', '1'],
      ['', 'x'],
    ]) {
      seen.push(await create(scene, [topic(scene.name('ledger'), { configs: [{ name, value }] })]));
    }
    return seen;
  }),
  observation('a setting without a value, and one that is given twice', async (scene) => {
    const configs = [{ name: 'retention.ms', value: null }];
    const twice = ['1000000', '2000000'].map((value) => ({ name: 'retention.ms', value }));
    return [
      await create(scene, [topic(scene.name('null'), { configs })]),
      await create(scene, [topic(scene.name('twice'), { configs: twice })]),
    ];
  }),
  observation('the settings that the answer tells of a new topic', async (scene) => {
    const configs = [{ name: 'retention.ms', value: '1000000' }];
    const { topics } = await scene.ask(CreateTopics, { topics: [topic(scene.name('ledger'), { configs })] });
    const told = ['retention.ms', 'cleanup.policy', 'max.message.bytes', 'message.timestamp.type'];
    const own = (topics[0].configs ?? []).filter(({ name }) => told.includes(name));
    return tell([...own].sort((a, b) => (a.name < b.name ? -1 : 1)));
  }),
  observation('assignments of partitions to brokers', async (scene) => {
    const by = (...brokerIds: number[][]) => ({
      numPartitions: -1,
      replicationFactor: -1,
      assignments: brokerIds.map((ids, partitionIndex) => ({ partitionIndex, brokerIds: ids })),
    });
    const us = scene.brokerId;
    const gap = { ...by([us]), assignments: [{ partitionIndex: 1, brokerIds: [us] }] };
    const twice = { ...by([us]), assignments: [0, 0].map((partitionIndex) => ({ partitionIndex, brokerIds: [us] })) };
    const cases: [string, Partial<Wanted>][] = [
      ['two', by([us], [us])],
      ['stranger', by([77])],
      ['nobody', by([])],
      ['double', by([us, us])],
      ['gap', gap],
      ['twice', twice],
      ['count', { ...by([us]), numPartitions: 1 }],
      ['replicas', { ...by([us]), replicationFactor: 1 }],
    ];
    const seen: Plain[] = [];
    for (const [label, given] of cases) seen.push([label, await create(scene, [topic(scene.name(label), given)])]);
    return seen;
  }),
  observation('a new topic that is only checked', async (scene) => {
    const seen = [
      await create(scene, [topic(scene.name('ledger'))], { validateOnly: true }),
      await create(scene, [topic(scene.name('ledger'), { numPartitions: 0 })], { validateOnly: true }),
    ];
    await scene.settled();
    return [...seen, await exists(scene, scene.name('ledger'))];
  }),
  observation('some of several topics are made', async (scene) => {
    const wanted = [topic(scene.name('a')), topic('a b'), topic(scene.name('c'), { numPartitions: 3 })];
    const { topics } = await scene.ask(CreateTopics, { topics: wanted });
    return tell(topics, { without: ['configs'], present: ['topicId'] });
  }),
  observation('no topics at all', async (scene) => create(scene, [])),
  observation('topics are made without time to wait for them', async (scene) => {
    const seen = [await create(scene, [topic(scene.name('ledger'))], { timeoutMs: 0 })];
    await scene.settled();
    return [...seen, await exists(scene, scene.name('ledger'))];
  }),

  observation('a topic is deleted, by name, and is gone', async (scene) => {
    const ledger = await scene.topic('ledger');
    const seen: Plain[] = [await remove(scene, ledger)];
    await scene.until(async () => !(await exists(scene, ledger)));
    return [...seen, await remove(scene, ledger)];
  }),
  observation('topics are deleted in each version', async (scene) => {
    const seen: Plain[] = [];
    for (let version = 1; version <= 6; version++) {
      const name = await scene.topic(`v${version}`);
      const request = { topics: [{ name }], topicNames: [name], timeoutMs: 5_000 };
      const { responses } = await scene.ask(DeleteTopics, request, version);
      seen.push(tell(responses, { present: ['topicId'] }));
    }
    return seen;
  }),
  observation('a topic is deleted by its id', async (scene) => {
    const name = await scene.topic('ledger');
    const { topicId } = (await scene.ask(Metadata, { topics: [{ name }] })).topics[0];
    const seen: Plain[] = [];
    for (const id of [topicId, topicId, STRANGER]) {
      const { responses } = await scene.ask(DeleteTopics, { topics: [{ name: null, topicId: id }], timeoutMs: 5_000 });
      seen.push(tell(responses, { present: ['topicId'] }));
    }
    return seen;
  }),
  observation('a topic is deleted by name and id, and by neither', async (scene) => {
    const name = await scene.topic('ledger');
    const { topicId } = (await scene.ask(Metadata, { topics: [{ name }] })).topics[0];
    const seen: Plain[] = [];
    for (const one of [
      { name, topicId },
      { name: null, topicId: NO_UUID },
    ]) {
      const answer = await scene.askOrClose(DeleteTopics, { topics: [one], timeoutMs: 5_000 });
      seen.push(answer === 'closed' ? answer : tell(answer.responses, { present: ['topicId'] }));
    }
    return [...seen, await exists(scene, name)];
  }),
  observation('a topic is deleted twice in one request', async (scene) => {
    const ledger = await scene.topic('ledger');
    return [await remove(scene, ledger, ledger), await exists(scene, ledger)];
  }),
  observation('topics that are not there, or cannot be, are deleted', async (scene) => [
    await remove(scene, scene.name('missing')),
    await remove(scene, 'a b'),
    await remove(scene, ''),
  ]),
  observation('some of several topics are deleted', async (scene) => {
    const a = await scene.topic('a');
    const { responses } = await scene.ask(DeleteTopics, {
      topics: [{ name: scene.name('missing') }, { name: a }],
      timeoutMs: 5_000,
    });
    const inOrder = [...responses].sort((x, y) => (String(x.name) < String(y.name) ? -1 : 1));
    return tell(inOrder, { present: ['topicId'] });
  }),

  observation('partitions that are added, and those that cannot be', async (scene) => {
    const ledger = await scene.topic('ledger', { partitions: 2 });
    return [
      await grow(scene, ledger, 2),
      await grow(scene, ledger, 1),
      await grow(scene, ledger, 0),
      await grow(scene, ledger, -1),
      await grow(scene, scene.name('missing'), 2),
      await grow(scene, 'a b', 2),
      await grow(scene, '', 2),
      await grow(scene, ledger, 5),
      await grow(scene, ledger, 5),
    ];
  }),
  observation('partitions that are added with assignments', async (scene) => {
    const ledger = await scene.topic('ledger', { partitions: 2 });
    const us = { brokerIds: [scene.brokerId] };
    return [
      await grow(scene, ledger, 3, []),
      await grow(scene, ledger, 3, [{ brokerIds: [77] }]),
      await grow(scene, ledger, 3, [{ brokerIds: [] }]),
      await grow(scene, ledger, 3, [us, us]),
      await grow(scene, ledger, 3, [{ brokerIds: [scene.brokerId, scene.brokerId] }]),
      await grow(scene, ledger, 3, [us]),
    ];
  }),
  observation('partitions that are only checked', async (scene) => {
    const ledger = await scene.topic('ledger');
    const seen = [await grow(scene, ledger, 4, null, { validateOnly: true })];
    await scene.settled();
    const { topics } = await scene.ask(Metadata, { topics: [{ name: ledger }] });
    return [...seen, topics[0].partitions.length];
  }),
  observation('partitions of one topic are asked for twice', async (scene) => {
    const ledger = await scene.topic('ledger');
    const other = await scene.topic('other');
    const twice = { name: ledger, count: 9 };
    const { results } = await scene.ask(CreatePartitions, { topics: [twice, twice, { name: other, count: 2 }] });
    return tell([...results].sort((a, b) => (a.name < b.name ? -1 : 1)));
  }),
  observation('partitions of the internal topic', async (scene) => {
    await scene.internalTopic();
    return grow(scene, '__consumer_offsets', 51, null, { validateOnly: true });
  }),
];
