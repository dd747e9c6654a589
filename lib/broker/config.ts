/**
 * The settings of a broker: Kafka's own properties, with Kafka's defaults, checked before anything starts. A property that is not in this list is
 * refused, since a setting that is taken and then ignored is worse than none.
 *
 * Source: Apache Kafka documentation, "Broker Configs".
 */
import type { GroupSettings } from '../coordinators/events.ts';
import type { LogSettings } from '../log/log.ts';
import { choice, flag, MAX_INT, MAX_LONG, orNone, type Property, ratio, several, whole } from './property.ts';

export { type PropertyType, textOf } from './property.ts';

/** A property is unknown, or its value makes no sense. The message says what is accepted. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export const properties = {
  'auto.create.topics.enable': flag(true, 'Whether asking for a topic that does not exist makes it.'),
  'delete.topic.enable': flag(true, 'Whether topics can be deleted.'),
  'num.partitions': whole(1, [1, 10_000], 'How many partitions a topic gets when nobody says.'),
  'default.replication.factor': whole(1, [1, 1], 'How many copies a topic gets when nobody says.'),
  'min.insync.replicas': whole(1, [1, 100], 'How many replicas must be in sync for a write with acks=all.'),
  'message.max.bytes': whole(1_048_588, [0, MAX_INT], 'The largest record batch.'),
  'log.message.timestamp.before.max.ms': whole(
    MAX_LONG,
    [0, MAX_LONG],
    "How far a record's time may lie behind the broker's clock.",
  ),
  'log.message.timestamp.after.max.ms': whole(
    3_600_000,
    [0, MAX_LONG],
    "How far a record's time may lie ahead of the broker's clock.",
  ),
  'log.segment.bytes': whole(1_073_741_824, [14, MAX_INT], 'A segment of a log is closed before it grows beyond this.'),
  'log.roll.ms': whole(
    7 * 86_400_000,
    [1, MAX_LONG],
    'A segment is closed when a batch comes that is this much later than its first one.',
  ),
  'log.roll.hours': whole(168, [1, MAX_INT], 'As log.roll.ms, which decides when both are given.'),
  'log.retention.ms': whole(
    7 * 86_400_000,
    [-1, MAX_LONG],
    'How old the latest record of a segment gets before the segment is deleted; -1: any age.',
  ),
  'log.retention.minutes': whole(7 * 1_440, [-1, MAX_INT], 'As log.retention.ms, which decides when both are given.'),
  'log.retention.hours': whole(
    168,
    [-1, MAX_INT],
    'As log.retention.ms or log.retention.minutes, which decide when they are given.',
  ),
  'log.retention.bytes': whole(
    -1,
    [-1, MAX_LONG],
    'How large a partition gets before its oldest segments are deleted; -1: any size.',
  ),
  'log.retention.check.interval.ms': whole(
    300_000,
    [1, MAX_LONG],
    'How often is looked for segments that are to be deleted.',
  ),
  'log.cleanup.policy': orNone(
    several(
      'delete',
      ['compact', 'delete'],
      'What is done with old records: whole segments are deleted, or of each key the last record is kept; with an empty list, nothing.',
    ),
  ),
  'log.cleaner.min.cleanable.ratio': ratio(0.5, 'Which part of a log must be new before it is compacted.'),
  'log.cleaner.delete.retention.ms': whole(
    86_400_000,
    [0, MAX_LONG],
    'How long a tombstone stays after the compaction that first saw it.',
  ),
  'log.cleaner.backoff.ms': whole(15_000, [1, MAX_LONG], 'How often is looked for logs that are to be compacted.'),
  'log.message.timestamp.type': choice(
    'CreateTime',
    ['CreateTime', 'LogAppendTime'],
    'Whose time a record has: that of its producer, or that of the broker.',
  ),
  'compression.type': choice(
    'producer',
    ['producer', 'uncompressed', 'gzip', 'snappy', 'lz4'],
    'How batches are packed in the log: as their producer has packed them, or again by the broker in this way.',
  ),
  'producer.id.expiration.ms': whole(
    86_400_000,
    [1, MAX_INT],
    'How long a partition remembers an idempotent producer that sends nothing.',
  ),
  'log.index.interval.bytes': whole(
    4_096,
    [0, MAX_INT],
    'How many bytes of a log lie between two entries of its index.',
  ),
  'log.flush.interval.messages': whole(
    MAX_LONG,
    [1, MAX_LONG],
    'With 1 every append is forced to the disk before it counts. Otherwise the operating system decides when, as Kafka does by default.',
  ),
  'fetch.max.bytes': whole(57_671_680, [1_024, MAX_INT], 'The most that one fetch is answered with.'),
  'max.incremental.fetch.session.cache.slots': whole(
    1_000,
    [0, MAX_INT],
    'How many fetch sessions are kept; 0: none, so that every fetch names all its partitions.',
  ),
  'socket.request.max.bytes': whole(104_857_600, [1, MAX_INT], 'The largest request.'),
  'queued.max.request.bytes': whole(
    -1,
    [-1, MAX_LONG],
    'How many bytes of requests are taken in and not yet answered before no more is read from clients; 0 or -1: any number.',
  ),
  'max.connections': whole(
    MAX_INT,
    [0, MAX_INT],
    'How many connections there may be; further ones are closed at once.',
  ),
  'max.connections.per.ip': whole(
    MAX_INT,
    [0, MAX_INT],
    'How many connections one address may have; further ones are closed at once.',
  ),
  'connections.max.idle.ms': whole(
    600_000,
    [-1, MAX_LONG],
    'How long nothing may happen on a connection before it is closed; -1: any time.',
  ),
  'sasl.enabled.mechanisms': several(
    'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'],
    'In which ways clients can show who they are, on a broker that has users.',
  ),
  'sasl.server.max.receive.size': whole(
    524_288,
    [1, MAX_INT],
    'The largest request of a client that has not yet shown who it is.',
  ),
  'connection.failed.authentication.delay.ms': whole(
    100,
    [0, MAX_INT],
    'How long a client that could not show who it is waits for its answer, so that trying passwords takes time.',
  ),
  'group.min.session.timeout.ms': whole(6_000, [0, MAX_INT], 'The shortest session timeout that a member may ask for.'),
  'group.max.session.timeout.ms': whole(
    1_800_000,
    [0, MAX_INT],
    'The longest session timeout that a member may ask for.',
  ),
  'group.initial.rebalance.delay.ms': whole(
    3_000,
    [0, MAX_INT],
    'How long the first rebalance of a group waits for more members.',
  ),
  'group.max.size': whole(MAX_INT, [1, MAX_INT], 'How many members a group may have.'),
  'offsets.topic.num.partitions': whole(50, [1, 10_000], 'How many partitions __consumer_offsets is made with.'),
  'offsets.topic.segment.bytes': whole(104_857_600, [14, MAX_INT], 'As log.segment.bytes, for __consumer_offsets.'),
  'offsets.retention.minutes': whole(
    10_080,
    [1, MAX_INT],
    'How long the offsets of a group are kept after it has lost its last member.',
  ),
  'offsets.retention.check.interval.ms': whole(600_000, [1, MAX_LONG], 'How often is looked for offsets to forget.'),
  'offset.metadata.max.bytes': whole(4_096, [0, MAX_INT], 'The longest text that may be kept with an offset.'),
} satisfies { readonly [name: string]: Property<boolean> | Property<number> | Property<string> };

export type PropertyName = keyof typeof properties;
export type BrokerConfig = { readonly [K in keyof typeof properties]: (typeof properties)[K]['default'] };

/** The settings of a broker from texts by name; what is left out has its default. Throws `ConfigError`. */
export function brokerConfig(texts: { readonly [name: string]: string } = {}): BrokerConfig {
  const config: { [name: string]: boolean | number | string } = {};
  for (const [name, property] of Object.entries(properties)) config[name] = property.default;
  for (const [name, text] of Object.entries(inMilliseconds(texts))) {
    if (!isProperty(name)) throw new ConfigError(unknownProperty(name));
    const { accepts, about, parse } = properties[name];
    const value = parse(text.trim());
    if (value === undefined) {
      throw new ConfigError(`${name} is ${JSON.stringify(text)}, and ${accepts} is accepted: ${about}`);
    }
    config[name] = value;
  }
  const checked = config as BrokerConfig;
  if (checked['group.min.session.timeout.ms'] > checked['group.max.session.timeout.ms']) {
    throw new ConfigError(
      'group.min.session.timeout.ms is larger than group.max.session.timeout.ms: lower the one or raise the other',
    );
  }
  return checked;
}

/** Kafka knows three units for one thing, and the finest that is given decides: the others are turned into it. */
const coarser: readonly (readonly [name: PropertyName, milliseconds: PropertyName, unitMs: number])[] = [
  ['log.retention.minutes', 'log.retention.ms', 60_000],
  ['log.retention.hours', 'log.retention.ms', 3_600_000],
  ['log.roll.hours', 'log.roll.ms', 3_600_000],
];

/** The settings with times also in milliseconds where they are given in minutes or hours. */
export function inMilliseconds(texts: { readonly [name: string]: string }): { readonly [name: string]: string } {
  const all: { [name: string]: string } = { ...texts };
  for (const [name, milliseconds, unitMs] of coarser) {
    const value = texts[name] === undefined ? undefined : properties[name].parse(texts[name].trim());
    if (typeof value === 'number') all[milliseconds] ??= String(value < 0 ? value : value * unitMs);
  }
  return all;
}

export function isProperty(name: string): name is PropertyName {
  return Object.keys(properties).includes(name);
}

/** What Kafka has a property for and we have another place. */
const elsewhere: readonly (readonly [name: RegExp, place: string])[] = [
  [/^(ssl|security)\./, 'TLS takes a certificate and a key: tls of serve, or --tls-cert and --tls-key'],
  [/^(sasl|listener\.name)\./, 'users have a place of their own: sasl of serve, or --sasl-users'],
  [/^(advertised\.)?listeners$/, 'the address is host and port of serve, or --host and --port'],
];

function unknownProperty(name: string): string {
  const place = elsewhere.find(([pattern]) => pattern.test(name))?.[1];
  if (place !== undefined) return `there is no setting ${JSON.stringify(name)} here; ${place}`;
  const words = name.split('.');
  const known = Object.keys(properties).sort();
  const alike = known
    .map((property) => ({ property, shared: property.split('.').filter((word) => words.includes(word)).length }))
    .filter(({ shared }) => shared > 0)
    .sort((a, b) => b.shared - a.shared || (a.property < b.property ? -1 : 1))
    .slice(0, 3)
    .map(({ property }) => property);
  const advice = alike.length > 0 ? `the nearest are ${alike.join(', ')}` : `there are ${known.join(', ')}`;
  return `there is no setting ${JSON.stringify(name)} here; ${advice}`;
}

/** How many partitions one request can make. As in Kafka, which would rather refuse a request than work on it for minutes. */
export const MAX_PARTITIONS_AT_ONCE = 10_000;

/** Settings of a topic that may differ from the broker's, with the broker's property that they stand in for. */
export const topicProperties = {
  'max.message.bytes': 'message.max.bytes',
  'message.timestamp.before.max.ms': 'log.message.timestamp.before.max.ms',
  'message.timestamp.after.max.ms': 'log.message.timestamp.after.max.ms',
  'min.insync.replicas': 'min.insync.replicas',
  'message.timestamp.type': 'log.message.timestamp.type',
  'compression.type': 'compression.type',
  'segment.bytes': 'log.segment.bytes',
  'segment.ms': 'log.roll.ms',
  'index.interval.bytes': 'log.index.interval.bytes',
  'flush.messages': 'log.flush.interval.messages',
  'cleanup.policy': 'log.cleanup.policy',
  'retention.ms': 'log.retention.ms',
  'retention.bytes': 'log.retention.bytes',
  'min.cleanable.dirty.ratio': 'log.cleaner.min.cleanable.ratio',
  'delete.retention.ms': 'log.cleaner.delete.retention.ms',
} as const satisfies { readonly [name: string]: PropertyName };

export type TopicPropertyName = keyof typeof topicProperties;

/** What a topic can have for itself can be changed for the whole broker while it runs, and so can what is looked up each time. */
const dynamic: ReadonlySet<PropertyName> = new Set([
  ...Object.values(topicProperties),
  'log.cleaner.backoff.ms',
  'producer.id.expiration.ms',
  'max.connections',
  'max.connections.per.ip',
]);

/** Whether a setting of the broker can be changed while it runs. */
export function isDynamic(name: PropertyName): boolean {
  return dynamic.has(name);
}

/** What is wrong with the settings of a topic, as a sentence; null: nothing. */
export function topicConfigProblem(configs: { readonly [name: string]: string }): string | null {
  for (const [name, text] of Object.entries(configs)) {
    const property = propertyOfTopic(name);
    if (!property)
      return `there is no topic setting ${name} here; there are ${Object.keys(topicProperties).join(', ')}`;
    if (properties[property].parse(text.trim()) === undefined) {
      return `${name} is ${JSON.stringify(text)}, and ${properties[property].accepts} is accepted`;
    }
  }
  return null;
}

/** A setting as it holds for a topic: its own, or the broker's. */
export function topicSetting<N extends TopicPropertyName>(
  config: BrokerConfig,
  configs: { readonly [name: string]: string },
  name: N,
): BrokerConfig[(typeof topicProperties)[N]] {
  const property: PropertyName = topicProperties[name];
  const own = configs[name];
  const value = (own === undefined ? undefined : properties[property].parse(own.trim())) ?? config[property];
  return value as BrokerConfig[(typeof topicProperties)[N]];
}

function propertyOfTopic(name: string): PropertyName | undefined {
  return Object.entries(topicProperties).find(([known]) => known === name)?.[1];
}

export function logSettings(config: BrokerConfig, configs: { readonly [name: string]: string }): LogSettings {
  const policy = topicSetting(config, configs, 'cleanup.policy').split(',');
  return {
    segmentBytes: topicSetting(config, configs, 'segment.bytes'),
    segmentMs: topicSetting(config, configs, 'segment.ms'),
    indexIntervalBytes: topicSetting(config, configs, 'index.interval.bytes'),
    flush: topicSetting(config, configs, 'flush.messages') === 1 ? 'each-append' : 'os',
    timestampType: topicSetting(config, configs, 'message.timestamp.type') === 'LogAppendTime' ? 'append' : 'create',
    delete: policy.includes('delete'),
    compact: policy.includes('compact'),
    retentionMs: topicSetting(config, configs, 'retention.ms'),
    retentionBytes: topicSetting(config, configs, 'retention.bytes'),
    minCleanableDirtyRatio: topicSetting(config, configs, 'min.cleanable.dirty.ratio'),
    deleteRetentionMs: topicSetting(config, configs, 'delete.retention.ms'),
  };
}

export function groupSettings(config: BrokerConfig): GroupSettings {
  return {
    minSessionTimeoutMs: config['group.min.session.timeout.ms'],
    maxSessionTimeoutMs: config['group.max.session.timeout.ms'],
    initialRebalanceDelayMs: config['group.initial.rebalance.delay.ms'],
    maxSize: config['group.max.size'],
    offsetMetadataMaxBytes: config['offset.metadata.max.bytes'],
    offsetsRetentionMs: config['offsets.retention.minutes'] * 60_000,
  };
}
