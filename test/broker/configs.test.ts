import { describe, expect, test } from 'vitest';
import { alterAll } from '../../lib/broker/alterConfigs.ts';
import type { Services } from '../../lib/broker/services.ts';
import {
  AlterConfigs,
  BROKER_RESOURCE,
  ConfigOperation,
  ConfigSource,
  ConfigType,
  CreateTopics,
  DescribeConfigs,
  IncrementalAlterConfigs,
  Produce,
  TOPIC_RESOURCE,
} from '../../lib/protocol/apis/index.ts';
import { errorOf } from '../../lib/protocol/errors.ts';
import { batchOf, type Client, onStage } from './stage.ts';

const topics = { ledger: 1 };
const ledger = { resourceType: TOPIC_RESOURCE, resourceName: 'ledger' };
const broker = { resourceType: BROKER_RESOURCE, resourceName: '0' };
const allBrokers = { resourceType: BROKER_RESOURCE, resourceName: '' };
type Resource = typeof ledger;

const { SET, DELETE, APPEND, SUBTRACT } = ConfigOperation;
const set = (name: string, value: string | null) => ({ name, configOperation: SET as number, value });
const reset = (name: string) => ({ name, configOperation: DELETE as number, value: null });

async function describeConfigs(client: Client, resource: Resource, configurationKeys: string[] | null = null) {
  const request = { resources: [{ ...resource, configurationKeys }], includeSynonyms: true };
  const [{ errorCode, configs }] = (await client.ask(DescribeConfigs, request)).results;
  return { error: errorOf(errorCode).name, configs };
}

/** The value of one setting with the source of every layer that has one. */
async function layers(client: Client, resource: Resource, name: string) {
  const [{ value, synonyms }] = (await describeConfigs(client, resource, [name])).configs;
  return [value, ...synonyms.map(({ source }) => source)];
}

async function alter(client: Client, resource: Resource, configs: ReturnType<typeof set>[], validateOnly = false) {
  const { responses } = await client.ask(IncrementalAlterConfigs, {
    resources: [{ ...resource, configs }],
    validateOnly,
  });
  return responses.map(({ errorCode }) => errorOf(errorCode).name);
}

async function replaceAll(client: Client, resource: Resource, texts: Record<string, string | null>) {
  const configs = Object.entries(texts).map(([name, value]) => ({ name, value }));
  const { responses } = await client.ask(AlterConfigs, { resources: [{ ...resource, configs }] });
  return errorOf(responses[0].errorCode).name;
}

async function produce(client: Client, valueBytes: number) {
  const partitionData = [{ index: 0, records: batchOf(['x'.repeat(valueBytes)]) }];
  const request = { acks: -1, timeoutMs: 1_000, topicData: [{ name: 'ledger', partitionData }] };
  const { responses } = await client.ask(Produce, request);
  return errorOf(responses[0].partitionResponses[0].errorCode).name;
}

test('a request that changes many things is looked through once, not once for each of them', async () => {
  let looks = 0;
  const resources = Array.from({ length: 200 }, (_, index) => ({
    resourceType: TOPIC_RESOURCE as number,
    get resourceName() {
      looks++;
      return `topic-${index % 100}`;
    },
    configs: [],
  }));
  const services = { topics: { named: () => undefined } } as unknown as Services;
  const responses = await alterAll(services, resources, true, (before) => before);
  expect(new Set(responses.map(({ errorMessage }) => errorMessage))).toEqual(
    new Set(['The request names the topic or broker twice.']),
  );
  expect(looks).toBeLessThan(10 * resources.length);
});

describe('the settings of a topic', () => {
  test(
    'are described with value, type, source and words, all or those that are named',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const { configs } = await describeConfigs(client, ledger);
        expect(configs.map(({ name }) => name)).toContain('segment.bytes');
        const [segmentBytes] = (await describeConfigs(client, ledger, ['segment.bytes'])).configs;
        expect(segmentBytes).toEqual({
          ...{ name: 'segment.bytes', value: '1048576', readOnly: false, isSensitive: false },
          ...{ configSource: ConfigSource.STATIC_BROKER_CONFIG, configType: ConfigType.INT, documentation: null },
          synonyms: [
            { name: 'log.segment.bytes', value: '1048576', source: ConfigSource.STATIC_BROKER_CONFIG },
            { name: 'log.segment.bytes', value: '1073741824', source: ConfigSource.DEFAULT_CONFIG },
          ],
        });
        const plain = await client.ask(DescribeConfigs, { resources: [ledger], includeDocumentation: true });
        expect(plain.results[0].configs.every(({ synonyms }) => synonyms.length === 0)).toBe(true);
        expect(plain.results[0].configs.every(({ documentation }) => (documentation ?? '').length > 10)).toBe(true);
      },
      { topics, config: { 'log.segment.bytes': '1048576' } },
    ),
  );

  test(
    'are shown by CreateTopics too',
    onStage(async (stage) => {
      const client = await stage.client();
      const configs = [{ name: 'max.message.bytes', value: '1000' }];
      const wanted = { name: 'new', numPartitions: 1, replicationFactor: 1, assignments: [], configs };
      const made = await client.ask(CreateTopics, { topics: [wanted] });
      expect(made.topics[0].configs?.find(({ name }) => name === 'max.message.bytes')).toMatchObject({
        ...{ value: '1000', configSource: ConfigSource.DYNAMIC_TOPIC_CONFIG },
      });
    }),
  );

  test(
    'hold from the next request on, and again after a crash',
    onStage(
      async (stage) => {
        let client = await stage.client();
        expect(await produce(client, 400)).toBe('NONE');
        expect(await alter(client, ledger, [set('max.message.bytes', '300'), set('segment.bytes', '5000')])).toEqual([
          'NONE',
        ]);
        expect(await produce(client, 400)).toBe('MESSAGE_TOO_LARGE');
        stage.crash();
        await stage.start();
        client = await stage.client();
        expect(await produce(client, 400)).toBe('MESSAGE_TOO_LARGE');
        expect(await alter(client, ledger, [reset('max.message.bytes'), reset('flush.messages')])).toEqual(['NONE']);
        expect(await produce(client, 400)).toBe('NONE');
        expect(stage.broker.topics.named('ledger')?.configs).toEqual({ 'segment.bytes': '5000' });
      },
      { topics },
    ),
  );

  test(
    'reach the log: a smaller segment is rolled at the next append',
    onStage(
      async (stage) => {
        const client = await stage.client();
        for (let count = 0; count < 3; count++) await produce(client, 400);
        expect(stage.events('log.rolled')).toHaveLength(0);
        await alter(client, ledger, [set('segment.bytes', '1000')]);
        await produce(client, 400);
        expect(stage.events('log.rolled')).toHaveLength(1);
      },
      { topics },
    ),
  );

  test(
    'are replaced as a whole by the older request',
    onStage(
      async (stage) => {
        const client = await stage.client();
        await alter(client, ledger, [set('max.message.bytes', '300'), set('segment.bytes', '5000')]);
        expect(await replaceAll(client, ledger, { 'segment.bytes': '6000' })).toBe('NONE');
        expect(stage.broker.topics.named('ledger')?.configs).toEqual({ 'segment.bytes': '6000' });
        expect(await replaceAll(client, ledger, { 'segment.bytes': null })).toBe('INVALID_REQUEST');
        expect(await replaceAll(client, ledger, {})).toBe('NONE');
        expect(stage.broker.topics.named('ledger')?.configs).toEqual({});
      },
      { topics },
    ),
  );

  test(
    'change together or not at all, and not when only a check is asked for',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const wrong = [set('max.message.bytes', '300'), set('segment.bytes', 'many')];
        expect(await alter(client, ledger, wrong)).toEqual(['INVALID_CONFIG']);
        expect(await alter(client, ledger, [set('max.message.bytes', '300')], true)).toEqual(['NONE']);
        expect(stage.broker.topics.named('ledger')?.configs).toEqual({});
      },
      { topics },
    ),
  );

  test(
    'have errors of their own',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const one = async (...configs: ReturnType<typeof set>[]) => (await alter(client, ledger, configs))[0];
        expect(await one(set('no.such', '1'))).toBe('INVALID_CONFIG');
        expect(await one(set('segment.bytes', null))).toBe('INVALID_REQUEST');
        expect(await one(set('segment.bytes', '5000'), reset('segment.bytes'))).toBe('INVALID_REQUEST');
        for (const name of ['__proto__', 'constructor', 'toString']) {
          expect(await one(set(name, '1'))).toBe('INVALID_CONFIG');
          expect(await one(reset(name))).toBe('NONE');
          expect(await one({ ...set(name, '1'), configOperation: APPEND })).toBe('INVALID_CONFIG');
          const request = { resources: [{ ...ledger, configs: [{ name, value: '1' }] }] };
          const { responses } = await client.ask(AlterConfigs, request);
          expect(errorOf(responses[0].errorCode).name).toBe('INVALID_CONFIG');
        }
        const number = { name: 'segment.bytes', value: '1' };
        expect(await one({ ...number, configOperation: APPEND })).toBe('INVALID_CONFIG');
        expect(await one({ ...number, configOperation: SUBTRACT })).toBe('INVALID_CONFIG');
        expect(await one({ ...number, configOperation: 9 })).toBe('INVALID_REQUEST');
        const named = (resourceName: string, resourceType: number = TOPIC_RESOURCE) => ({ resourceName, resourceType });
        for (const [resource, error] of [
          [named('missing'), 'UNKNOWN_TOPIC_OR_PARTITION'],
          [named('a b'), 'INVALID_TOPIC_EXCEPTION'],
          [named('ledger', 32), 'INVALID_REQUEST'],
          [named('7', BROKER_RESOURCE), 'INVALID_REQUEST'],
        ] as const) {
          expect(await alter(client, resource, [set('segment.bytes', '5000')])).toEqual([error]);
          expect(await describeConfigs(client, resource)).toEqual({ error, configs: [] });
        }
        const twice = [ledger, ledger].map((resource) => ({ ...resource, configs: [set('segment.bytes', '5000')] }));
        const { responses } = await client.ask(IncrementalAlterConfigs, { resources: twice });
        expect(responses.map(({ errorCode }) => errorOf(errorCode).name)).toEqual([
          'INVALID_REQUEST',
          'INVALID_REQUEST',
        ]);
        expect(stage.broker.topics.named('ledger')?.configs).toEqual({});
      },
      { topics },
    ),
  );
});

test(
  'a setting that is a list can be added to and taken from',
  onStage(
    async (stage) => {
      const client = await stage.client();
      const change = async (configOperation: number, value: string | null) => {
        const [error] = await alter(client, ledger, [{ name: 'cleanup.policy', configOperation, value }]);
        return error === 'NONE' ? (await layers(client, ledger, 'cleanup.policy'))[0] : error;
      };
      expect(await change(APPEND, 'compact')).toBe('delete,compact');
      expect(await change(APPEND, 'compact')).toBe('delete,compact');
      expect(await change(SUBTRACT, 'delete')).toBe('compact');
      expect(await change(APPEND, 'burn')).toBe('INVALID_CONFIG');
      expect(await change(SUBTRACT, 'compact')).toBe('');
      expect(await change(APPEND, 'compact')).toBe('compact');
      expect(await change(APPEND, null)).toBe('INVALID_REQUEST');
      expect((await layers(client, ledger, 'cleanup.policy'))[0]).toBe('compact');
    },
    { topics },
  ),
);

test(
  'what is wrong with a name or a value is answered however long that is, and the rest of the request with it',
  onStage(
    async (stage) => {
      const client = await stage.client();
      for (const long of ['x', '\u{1}', 'ж'].map((character) => character.repeat(16_000))) {
        const wrong = [set(long, '1'), set('segment.bytes', long)];
        const resources = wrong.map((setting) => ({ ...ledger, configs: [setting] }));
        for (const resource of [...resources, { ...broker, resourceName: long, configs: [] }]) {
          const { responses } = await client.ask(IncrementalAlterConfigs, { resources: [resource] });
          expect(responses[0].errorMessage?.length).toBeGreaterThan(10_000);
        }
        const configs = [{ name: long, value: '1' }];
        const topic = { name: 'new', numPartitions: 1, replicationFactor: 1, assignments: [], configs };
        const { topics } = await client.ask(CreateTopics, { topics: [topic] });
        expect(topics.map(({ errorCode }) => errorOf(errorCode).name)).toEqual(['INVALID_CONFIG']);
      }
    },
    { topics },
  ),
);

describe('the settings of a broker', () => {
  test(
    'have layers: this broker, all brokers, what it was started with, the default',
    onStage(
      async (stage) => {
        let client = await stage.client();
        const name = 'message.max.bytes';
        const all = [ConfigSource.STATIC_BROKER_CONFIG, ConfigSource.DEFAULT_CONFIG];
        expect(await layers(client, broker, name)).toEqual(['500', ...all]);
        expect(await alter(client, allBrokers, [set(name, '400')])).toEqual(['NONE']);
        const shared = [ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG, ...all];
        expect(await layers(client, broker, name)).toEqual(['400', ...shared]);
        expect(await alter(client, broker, [set(name, '300')])).toEqual(['NONE']);
        expect(await layers(client, broker, name)).toEqual(['300', ConfigSource.DYNAMIC_BROKER_CONFIG, ...shared]);
        expect(await layers(client, allBrokers, name)).toEqual(['400', ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG]);
        expect(await produce(client, 250)).toBe('MESSAGE_TOO_LARGE');
        await alter(client, ledger, [set('max.message.bytes', '350')]);
        expect((await layers(client, ledger, 'max.message.bytes')).slice(0, 2)).toEqual([
          ...['350', ConfigSource.DYNAMIC_TOPIC_CONFIG],
        ]);
        expect(await produce(client, 250)).toBe('NONE');
        stage.crash();
        await stage.start();
        client = await stage.client();
        expect((await layers(client, broker, name))[0]).toBe('300');
        expect(stage.broker.config[name]).toBe(300);
        await alter(client, broker, [reset(name)]);
        await alter(client, allBrokers, [reset(name)]);
        expect(await layers(client, broker, name)).toEqual(['500', ...all]);
        expect((await describeConfigs(client, allBrokers)).configs).toEqual([]);
      },
      { topics, config: { 'message.max.bytes': '500' } },
    ),
  );

  test(
    'reach the logs of topics that have none of their own',
    onStage(
      async (stage) => {
        const client = await stage.client();
        for (let count = 0; count < 3; count++) await produce(client, 400);
        await alter(client, broker, [set('log.segment.bytes', '1000')]);
        await produce(client, 400);
        expect(stage.events('log.rolled')).toHaveLength(1);
      },
      { topics },
    ),
  );

  test(
    'can be changed while it runs only where that makes sense',
    onStage(async (stage) => {
      const client = await stage.client();
      const { configs } = await describeConfigs(client, broker);
      const readOnly = new Map(configs.map((config) => [config.name, config.readOnly]));
      expect([readOnly.get('num.partitions'), readOnly.get('message.max.bytes')]).toEqual([true, false]);
      expect(await alter(client, broker, [set('num.partitions', '3')])).toEqual(['INVALID_REQUEST']);
      expect(await alter(client, broker, [set('no.such', '3')])).toEqual(['INVALID_REQUEST']);
      expect(await alter(client, broker, [set('message.max.bytes', 'many')])).toEqual(['INVALID_REQUEST']);
      expect(await replaceAll(client, broker, { 'message.max.bytes': '777' })).toBe('NONE');
      expect(stage.broker.config['message.max.bytes']).toBe(777);
    }),
  );

  test(
    'without a limit are written as Kafka writes them, and read so',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const largest = '9223372036854775807';
        expect((await layers(client, ledger, 'flush.messages'))[0]).toBe(largest);
        expect(await alter(client, ledger, [set('flush.messages', largest)])).toEqual(['NONE']);
        expect(await produce(client, 1)).toBe('NONE');
      },
      { topics },
    ),
  );
});

test(
  'a damaged file of changed settings keeps the broker from starting, and says what to do',
  onStage(async (stage) => {
    const client = await stage.client();
    await alter(client, broker, [set('message.max.bytes', '300')]);
    stage.crash();
    const file = await stage.world.disk('broker-0').open('broker-configs.json');
    await file.append([new TextEncoder().encode('}')]);
    await file.close();
    await expect(stage.start()).rejects.toThrow(/broker-configs.json cannot be read .*: remove it/);
  }),
);
