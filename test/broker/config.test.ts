import { describe, expect, test } from 'vitest';
import { Broker } from '../../lib/broker/broker.ts';
import {
  brokerConfig,
  ConfigError,
  groupSettings,
  logSettings,
  properties,
  topicConfigProblem,
  topicSetting,
} from '../../lib/broker/config.ts';
import { defaultGroupSettings } from '../../lib/coordinators/events.ts';
import { onStage } from './stage.ts';

describe('the settings of a broker', () => {
  test("are Kafka's defaults when nobody says anything", () => {
    expect(brokerConfig()).toMatchObject({
      'auto.create.topics.enable': true,
      'num.partitions': 1,
      'message.max.bytes': 1_048_588,
      'group.min.session.timeout.ms': 6_000,
      'group.max.session.timeout.ms': 1_800_000,
      'group.initial.rebalance.delay.ms': 3_000,
      'offsets.topic.num.partitions': 50,
      'offset.metadata.max.bytes': 4_096,
      'fetch.max.bytes': 57_671_680,
    });
    expect(groupSettings(brokerConfig())).toEqual(defaultGroupSettings);
  });

  test('are read from texts', () => {
    const config = brokerConfig({ 'group.min.session.timeout.ms': ' 1000', 'auto.create.topics.enable': 'false' });
    expect([config['group.min.session.timeout.ms'], config['auto.create.topics.enable']]).toEqual([1000, false]);
    expect(logSettings(config, {}).flush).toBe('os');
    expect(logSettings(brokerConfig({ 'log.flush.interval.messages': '1' }), {}).flush).toBe('each-append');
  });

  test('take the finest unit of time that is given', () => {
    const retentionMs = (texts: Record<string, string>) => logSettings(brokerConfig(texts), {}).retentionMs;
    expect(retentionMs({})).toBe(7 * 86_400_000);
    expect(retentionMs({ 'log.retention.hours': '2' })).toBe(7_200_000);
    expect(retentionMs({ 'log.retention.hours': '2', 'log.retention.minutes': '3' })).toBe(180_000);
    expect(retentionMs({ 'log.retention.minutes': '3', 'log.retention.ms': '4' })).toBe(4);
    expect(retentionMs({ 'log.retention.minutes': '-1' })).toBe(-1);
    expect(logSettings(brokerConfig({ 'log.roll.hours': '1' }), {}).segmentMs).toBe(3_600_000);
    expect(logSettings(brokerConfig({ 'log.roll.hours': '1' }), { 'segment.ms': '5' }).segmentMs).toBe(5);
  });

  test('say what becomes of old records', () => {
    const policy = (text: string) => {
      const { delete: deletes, compact } = logSettings(brokerConfig(), { 'cleanup.policy': text });
      return { deletes, compact };
    };
    expect(policy('delete')).toEqual({ deletes: true, compact: false });
    expect(policy('compact')).toEqual({ deletes: false, compact: true });
    expect(policy('compact, delete')).toEqual({ deletes: true, compact: true });
    expect(policy('')).toEqual({ deletes: false, compact: false });
  });

  test.each([
    ['num.partitions', '+5', 5],
    ['log.cleaner.min.cleanable.ratio', '1e-1', 0.1],
    ['log.cleaner.min.cleanable.ratio', '+.5', 0.5],
    ['log.cleaner.min.cleanable.ratio', '1.', 1],
    ['log.cleaner.min.cleanable.ratio', '2.5E-1', 0.25],
    ['log.cleanup.policy', ' ', ''],
    ['auto.create.topics.enable', 'False', false],
  ])('%s takes %j, as Kafka does', (name, text, value) => {
    expect(brokerConfig({ [name]: text })).toMatchObject({ [name]: value });
  });

  test.each([
    ['num.partitions', '+-5'],
    ['log.cleaner.min.cleanable.ratio', '1e1'],
    ['log.cleaner.min.cleanable.ratio', '1e'],
    ['log.cleaner.min.cleanable.ratio', '.'],
    ['log.cleaner.min.cleanable.ratio', '-1e-1'],
    ['log.cleaner.min.cleanable.ratio', ''],
    ['log.cleanup.policy', ','],
    ['log.cleanup.policy', 'compact,'],
  ])('%s does not take %j, no more than in Kafka', (name, text) => {
    expect(() => brokerConfig({ [name]: text })).toThrow(ConfigError);
  });

  test.each([
    [
      { 'log.cleanup.policy': 'keep' },
      /compact, delete or several of them with commas between, or an empty text is accepted/,
    ],
    [{ 'sasl.enabled.mechanisms': '' }, /PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or several of them .* is accepted/],
    [{ 'log.cleaner.min.cleanable.ratio': '1.5' }, /a number from 0 to 1 is accepted/],
    [{ 'log.message.timestamp.type': 'Create' }, /CreateTime or LogAppendTime is accepted/],
    [
      { 'group.min.session.timeouts': '1' },
      /no setting "group\.min\.session\.timeouts" here.*group\.min\.session\.timeout\.ms/,
    ],
    [{ 'num.partitions': 'many' }, /num\.partitions is "many", and a whole number from 1 to 10000 is accepted/],
    [{ 'num.partitions': '0' }, /a whole number from 1/],
    [{ 'num.partitions': '1.5' }, /a whole number/],
    [{ 'num.partitions': '' }, /a whole number/],
    [{ 'auto.create.topics.enable': 'yes' }, /true or false is accepted/],
    [{ 'group.min.session.timeout.ms': '9000000' }, /larger than group\.max\.session\.timeout\.ms/],
    [{ 'auto.create.topics.enable': 'toString' }, /true or false is accepted/],
    [{ constructor: '1' }, /no setting "constructor"/],
    [{ ['__proto__']: '1' }, /no setting "__proto__"/],
  ] as [Record<string, string>, RegExp][])('%j is refused with one line that says what to do', (texts, message) => {
    expect(() => brokerConfig(texts)).toThrow(ConfigError);
    expect(() => brokerConfig(texts)).toThrow(message);
    try {
      brokerConfig(texts);
    } catch (error) {
      expect((error as Error).message).not.toContain('\n');
    }
  });

  test('each have a sentence about them', () => {
    for (const [name, { about }] of Object.entries(properties)) expect(about, name).toMatch(/^[A-Z].*\.$/);
  });
});

describe('the settings of a topic', () => {
  test("stand in for the broker's", () => {
    const config = brokerConfig({ 'log.segment.bytes': '5000' });
    expect(topicSetting(config, {}, 'segment.bytes')).toBe(5_000);
    expect(topicSetting(config, { 'segment.bytes': '7000' }, 'segment.bytes')).toBe(7_000);
  });

  test('are refused when they are unknown or make no sense', () => {
    expect(topicConfigProblem({ 'segment.bytes': '7000', 'flush.messages': '1' })).toBeNull();
    expect(topicConfigProblem({ 'retention.years': '1' })).toMatch(
      /no topic setting retention\.years here; there are max\.message\.bytes/,
    );
    expect(topicConfigProblem({ 'segment.bytes': '1' })).toMatch(/segment\.bytes is "1", and a whole number from 14/);
  });
});

test(
  'a topic that cannot be is refused before anything is started',
  onStage(async (stage) => {
    const host = stage.world.process('broker-1').host();
    const start = (topics: Record<string, number>) =>
      Broker.start(host, { brokerId: 1, listen: { host: 'x', port: 1 }, topics });
    await expect(start({ 'a b': 1 })).rejects.toThrow(/topic "a b": only the characters/);
    await expect(start({ a: 0 })).rejects.toThrow(/topic a cannot have 0 partitions/);
    expect(await host.disk.list('')).toEqual([]);
  }),
);
