/** DescribeConfigs, AlterConfigs and IncrementalAlterConfigs: settings of topics and brokers, and how they are changed. */
import {
  AlterConfigs,
  BROKER_RESOURCE,
  DescribeConfigs,
  IncrementalAlterConfigs,
  TOPIC_RESOURCE,
} from '../../../lib/protocol/apis/index.ts';
import type { ResponseOf } from '../../../lib/protocol/schema.ts';
import { observation } from './observation.ts';
import type { Scene } from './scene.ts';
import { type Plain, tell } from './telling.ts';

type Entry = ResponseOf<typeof DescribeConfigs>['results'][number]['configs'][number];

interface Resource {
  readonly resourceType: number;
  readonly resourceName: string;
}

const SET = 0;
const DELETE = 1;
const APPEND = 2;
const SUBTRACT = 3;

const topicNamed = (resourceName: string): Resource => ({ resourceType: TOPIC_RESOURCE, resourceName });
const brokerOf = (scene: Scene): Resource => ({ resourceType: BROKER_RESOURCE, resourceName: String(scene.brokerId) });

async function configsOf(scene: Scene, resource: Resource): Promise<readonly Entry[]> {
  const request = { resources: [resource], includeSynonyms: true };
  return (await scene.ask(DescribeConfigs, request)).results[0].configs;
}

/** The settings that a topic has of its own, once the broker has heard of the last change. */
async function ownSettings(scene: Scene, resource: Resource): Promise<Plain> {
  await scene.settled();
  const own = (await configsOf(scene, resource)).filter(({ configSource }) => configSource === 1);
  return own.map(({ name, value }) => `${name}=${value}`).sort();
}

type Operation = readonly [name: string, operation: number, value: string | null];

async function change(
  scene: Scene,
  resource: Resource,
  operations: readonly Operation[],
  validateOnly = false,
): Promise<Plain> {
  const configs = operations.map(([name, configOperation, value]) => ({ name, configOperation, value }));
  const request = { resources: [{ ...resource, configs }], validateOnly };
  const { responses } = await scene.ask(IncrementalAlterConfigs, request);
  return tell(responses[0], { without: ['resourceType', 'resourceName'] });
}

async function changeEach(scene: Scene, resource: Resource, operations: readonly Operation[]): Promise<Plain[]> {
  const seen: Plain[] = [];
  for (const one of operations) seen.push([one.join(' '), await change(scene, resource, [one])]);
  return seen;
}

async function replace(
  scene: Scene,
  resource: Resource,
  texts: { readonly [name: string]: string | null },
  validateOnly = false,
): Promise<Plain> {
  const configs = Object.entries(texts).map(([name, value]) => ({ name, value }));
  const { responses } = await scene.ask(AlterConfigs, { resources: [{ ...resource, configs }], validateOnly });
  return tell(responses[0], { without: ['resourceType', 'resourceName'] });
}

/** The settings that we have; Kafka has more. */
const topicSettings = [
  'cleanup.policy',
  'delete.retention.ms',
  'flush.messages',
  'index.interval.bytes',
  'max.message.bytes',
  'message.timestamp.after.max.ms',
  'message.timestamp.type',
  'min.cleanable.dirty.ratio',
  'min.insync.replicas',
  'retention.bytes',
  'retention.ms',
  'segment.bytes',
  'segment.ms',
];
/** Kafka sets the first for the whole cluster when its storage is formatted, and has the defaults of the others from properties in hours. */
const fromElsewhere = ['min.insync.replicas', 'retention.ms', 'segment.ms'];

export const configObservations = [
  observation('settings of a topic: values, kinds, sources and the names they have in the broker', async (scene) => {
    const configs = await configsOf(scene, topicNamed(await scene.topic('ledger')));
    return configs
      .filter(({ name }) => topicSettings.includes(name))
      .map(({ name, value, configType, readOnly, isSensitive, configSource, synonyms }) => {
        const origin = fromElsewhere.includes(name) ? [] : [configSource, synonyms[0]?.name];
        return [name, value, configType, readOnly, isSensitive, ...origin].join(' ');
      })
      .sort();
  }),
  observation('settings of a broker: kinds, and which can be changed while it runs', async (scene) => {
    const names = [
      'auto.create.topics.enable',
      'delete.topic.enable',
      'fetch.max.bytes',
      'group.initial.rebalance.delay.ms',
      'group.max.session.timeout.ms',
      'group.max.size',
      'group.min.session.timeout.ms',
      'log.cleaner.min.cleanable.ratio',
      'log.cleanup.policy',
      'log.flush.interval.messages',
      'log.index.interval.bytes',
      'log.message.timestamp.type',
      'log.retention.bytes',
      'log.retention.check.interval.ms',
      'log.segment.bytes',
      'message.max.bytes',
      'num.partitions',
      'offset.metadata.max.bytes',
      'offsets.retention.minutes',
      'offsets.topic.num.partitions',
      'producer.id.expiration.ms',
      'socket.request.max.bytes',
    ];
    return (await configsOf(scene, brokerOf(scene)))
      .filter(({ name }) => names.includes(name))
      .map(({ name, configType, readOnly, isSensitive }) => [name, configType, readOnly, isSensitive].join(' '))
      .sort();
  }),
  observation('settings that are asked for by name, and names that nobody knows', async (scene) => {
    const resource = topicNamed(await scene.topic('ledger'));
    const seen: Plain[] = [];
    for (const configurationKeys of [
      ['retention.bytes', 'no.such', 'cleanup.policy'],
      [],
      ['retention.bytes', 'retention.bytes'],
    ]) {
      const { results } = await scene.ask(DescribeConfigs, { resources: [{ ...resource, configurationKeys }] });
      seen.push(results[0].configs.length > 5 ? 'all' : results[0].configs.map(({ name }) => name).sort());
    }
    return seen;
  }),
  observation('where the value of a setting comes from, with and without synonyms', async (scene) => {
    const resource = topicNamed(await scene.topic('ledger', { configs: { 'retention.bytes': '5000' } }));
    const seen: Plain[] = [];
    for (const includeSynonyms of [true, false]) {
      const resources = [{ ...resource, configurationKeys: ['retention.bytes'] }];
      const { results } = await scene.ask(DescribeConfigs, { resources, includeSynonyms });
      seen.push(tell(results[0].configs, { without: ['documentation'] }));
    }
    return seen;
  }),
  observation('a setting in each version of DescribeConfigs', async (scene) => {
    const resource = topicNamed(await scene.topic('ledger', { configs: { 'retention.bytes': '5000' } }));
    const seen: Plain[] = [];
    for (let version = 1; version <= 4; version++) {
      const resources = [{ ...resource, configurationKeys: ['retention.bytes'] }];
      const { results } = await scene.ask(DescribeConfigs, { resources }, version);
      seen.push(tell(results[0].configs));
    }
    return seen;
  }),
  observation('words about a setting, for who wants them', async (scene) => {
    const resource = topicNamed(await scene.topic('ledger'));
    const seen: Plain[] = [];
    for (const includeDocumentation of [true, false]) {
      const resources = [{ ...resource, configurationKeys: ['retention.bytes'] }];
      const { results } = await scene.ask(DescribeConfigs, { resources, includeDocumentation });
      seen.push(results[0].configs.map(({ documentation }) => documentation !== null && documentation !== ''));
    }
    return seen;
  }),
  observation('settings of what is not there', async (scene) => {
    const seen: Plain[] = [];
    for (const [resourceType, resourceName] of [
      [TOPIC_RESOURCE, scene.name('missing')],
      [TOPIC_RESOURCE, 'a b'],
      [TOPIC_RESOURCE, ''],
      [BROKER_RESOURCE, '77'],
      [BROKER_RESOURCE, 'many'],
      [BROKER_RESOURCE, '-1'],
    ] as const) {
      const { results } = await scene.ask(DescribeConfigs, { resources: [{ resourceType, resourceName }] });
      seen.push(tell(results));
    }
    return seen;
  }),
  observation('settings of things that have none', async (scene) => {
    const seen: Plain[] = [];
    for (const resourceType of [0, 1, 3, 99]) {
      const answer = await scene.askOrClose(DescribeConfigs, { resources: [{ resourceType, resourceName: 'x' }] });
      seen.push(answer === 'closed' ? answer : tell(answer.results));
    }
    return seen;
  }),
  observation('changes of single settings: what is taken and what is refused', async (scene) => {
    const ledger = topicNamed(await scene.topic('ledger'));
    const seen = await changeEach(scene, ledger, [
      ['segment.bytes', SET, '2000000'],
      ['segment.bytes', SET, 'many'],
      ['segment.bytes', SET, '-5'],
      ['segment.bytes', SET, null],
      ['segment.bytes', SET, ''],
      ['segment.bytes', APPEND, '1'],
      ['segment.bytes', SUBTRACT, '1'],
      ['segment.bytes', 9, '1'],
      ['retention.ms', SET, ' 5000000 '],
      ['no.such', SET, '1'],
      ['no.such', DELETE, null],
      ['', SET, '1'],
    ]);
    return [...seen, await ownSettings(scene, ledger)];
  }),
  observation('a setting that is a list grows and shrinks', async (scene) => {
    const ledger = topicNamed(await scene.topic('ledger'));
    const seen = await changeEach(scene, ledger, [
      ['cleanup.policy', APPEND, 'compact'],
      ['cleanup.policy', APPEND, 'compact'],
      ['cleanup.policy', SUBTRACT, 'delete'],
      ['cleanup.policy', SUBTRACT, 'delete'],
      ['cleanup.policy', APPEND, 'forget'],
      ['cleanup.policy', APPEND, null],
    ]);
    return [...seen, await ownSettings(scene, ledger)];
  }),
  observation('a setting is taken back', async (scene) => {
    const ledger = topicNamed(await scene.topic('ledger', { configs: { 'retention.ms': '5000000' } }));
    const seen = await changeEach(scene, ledger, [
      ['retention.ms', DELETE, null],
      ['retention.ms', DELETE, 'x'],
    ]);
    return [...seen, await ownSettings(scene, ledger)];
  }),
  observation('several changes of one topic are taken together or not at all', async (scene) => {
    const ledger = topicNamed(await scene.topic('ledger'));
    return [
      await change(scene, ledger, [
        ['max.message.bytes', SET, '5000'],
        ['segment.bytes', SET, 'many'],
      ]),
      await change(scene, ledger, [
        ['max.message.bytes', SET, '5000'],
        ['max.message.bytes', SET, '6000'],
      ]),
      await ownSettings(scene, ledger),
      await change(scene, ledger, []),
    ];
  }),
  observation('a change that is only checked', async (scene) => {
    const ledger = topicNamed(await scene.topic('ledger'));
    return [
      await change(scene, ledger, [['retention.ms', SET, '5000000']], true),
      await change(scene, ledger, [['retention.ms', SET, 'many']], true),
      await replace(scene, ledger, { 'retention.ms': '5000000' }, true),
      await ownSettings(scene, ledger),
    ];
  }),
  observation('changes of what is not there', async (scene) => {
    const seen: Plain[] = [];
    const operations: Operation[] = [['retention.ms', SET, '5000000']];
    for (const [resourceType, resourceName] of [
      [TOPIC_RESOURCE, scene.name('missing')],
      [TOPIC_RESOURCE, 'a b'],
      [TOPIC_RESOURCE, ''],
      [BROKER_RESOURCE, '77'],
      [BROKER_RESOURCE, 'many'],
      [0, 'x'],
      [99, 'x'],
    ] as const) {
      seen.push(await change(scene, { resourceType, resourceName }, operations));
    }
    return seen;
  }),
  observation('settings of the broker that cannot be changed while it runs', async (scene) =>
    changeEach(scene, brokerOf(scene), [
      ['num.partitions', SET, '2'],
      ['message.max.bytes', SET, 'many'],
      ['no.such', SET, '1'],
    ]),
  ),
  observation('one topic is changed twice in a request', async (scene) => {
    const ledger = topicNamed(await scene.topic('ledger'));
    const other = topicNamed(await scene.topic('other'));
    const configs = [{ name: 'retention.ms', configOperation: SET, value: '5000000' }];
    const resources = [ledger, ledger, other].map((resource) => ({ ...resource, configs }));
    const { responses } = await scene.ask(IncrementalAlterConfigs, { resources });
    const told = responses.map(({ resourceName, errorCode, errorMessage }) => [
      resourceName,
      tell({ errorCode, errorMessage }),
    ]);
    return [told, await ownSettings(scene, ledger), await ownSettings(scene, other)];
  }),
  observation('settings that are changed all together', async (scene) => {
    const ledger = topicNamed(await scene.topic('ledger'));
    return [
      await replace(scene, ledger, { 'segment.bytes': '2000000', 'max.message.bytes': '5000' }),
      await replace(scene, ledger, { 'segment.bytes': '3000000' }),
      await ownSettings(scene, ledger),
      await replace(scene, ledger, { 'segment.bytes': null }),
      await replace(scene, ledger, { 'no.such': '1' }),
      await ownSettings(scene, ledger),
      await replace(scene, ledger, {}),
      await ownSettings(scene, ledger),
    ];
  }),
  observation(
    'a setting of the whole broker shines through in its topics',
    async (scene) => {
      const ledger = topicNamed(await scene.topic('ledger'));
      const all: Resource = { resourceType: BROKER_RESOURCE, resourceName: '' };
      const told = async (): Promise<Plain> => {
        // Settings of brokers take effect after the topics that were made with them can be seen.
        await scene.settled();
        await scene.settled();
        const one = (await configsOf(scene, ledger)).find(({ name }) => name === 'retention.bytes');
        return tell(one ?? null, { without: ['documentation'] });
      };
      const seen: Plain[] = [];
      try {
        seen.push(await change(scene, all, [['log.retention.bytes', SET, '77000000']]), await told());
        const own = brokerOf(scene);
        seen.push(await change(scene, own, [['log.retention.bytes', SET, '88000000']]), await told());
        seen.push(await change(scene, own, [['log.retention.bytes', DELETE, null]]), await told());
      } finally {
        seen.push(await change(scene, all, [['log.retention.bytes', DELETE, null]]), await told());
      }
      return seen;
    },
    { alone: true },
  ),
];
