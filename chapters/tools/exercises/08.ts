/**
 * What chapter 08 shows and asks: the records of `__consumer_offsets` made readable, and the check of a program that makes the committed offsets from
 * them.
 *
 * The formats are Kafka's: a key begins with a version, 0 and 1 for the offset of one partition, 2 for a group. The records of the exercise are those of
 * a run, so what an answer makes of them can be held against what the coordinator itself has in its memory.
 */
import {
  type Drawing,
  type LaneStep,
  lanes,
  type SimulatedKafka,
  simulate,
  type TraceEvent,
} from '../../../lib/index.ts';
import { Verdict } from '../index.ts';

const TOPIC = '__consumer_offsets';

/** Whose offset a record is about. */
export interface OffsetKey {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
}

/** A record about a group and not about an offset has only the group in its key. */
export type Key = OffsetKey | { readonly group: string };

/** Reads a key. */
export function keyOf(bytes: Uint8Array): Key {
  const reader = new Fields(bytes);
  const version = reader.int16();
  const group = reader.string();
  return version === GROUP_VERSION ? { group } : { group, topic: reader.string(), partition: reader.int32() };
}

const GROUP_VERSION = 2;

class Fields {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  int16(): number {
    this.#at += 2;
    return this.#view.getInt16(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.#view.getInt32(this.#at - 4);
  }

  int64(): number {
    this.#at += 8;
    return Number(this.#view.getBigInt64(this.#at - 8));
  }

  /** Empty for null, whose length is -1. */
  string(): string {
    const length = Math.max(0, this.int16());
    this.#at += length;
    return new TextDecoder().decode(this.#bytes.subarray(this.#at - length, this.#at));
  }
}

/** A record of the log as it was appended. */
export interface LogEntry {
  readonly partition: number;
  readonly offset: number;
  /** In ms since 1970. */
  readonly timestamp: number;
  readonly key: Key;
  /** The offset in the value, or what the value says about a group in words; null: a tombstone. */
  readonly value: number | string | null;
}

/** The records that are in the log now, of one group or of all. */
export async function entries(kafka: SimulatedKafka, groupId?: string): Promise<LogEntry[]> {
  const raw = (bytes: Uint8Array) => bytes.slice();
  const records = await kafka.cluster.records(TOPIC, { key: keyOf, value: raw });
  return records.flatMap(({ partition, offset, timestamp, key, value }) => {
    if (key === null || (groupId !== undefined && key.group !== groupId)) return [];
    return [{ partition, offset, timestamp, key, value: value === null ? null : contentOf(key, value) }];
  });
}

/** What the value of a record says: the offset, or what it says about a group in words. */
export function contentOf(key: Key, bytes: Uint8Array): number | string {
  const reader = new Fields(bytes);
  reader.int16();
  if ('topic' in key) return reader.int64();
  reader.string();
  const generation = reader.int32();
  reader.string();
  const leader = reader.string();
  reader.int64();
  const members = reader.int32();
  const led = leader === '' ? '' : `, led by ${leader.slice(0, leader.indexOf('-', leader.indexOf('-') + 1))}`;
  return `generation ${generation}, ${members} ${members === 1 ? 'member' : 'members'}${led}`;
}

/** The records as lines: offset in the log, key, value. */
export async function logOf(kafka: SimulatedKafka, groupId?: string): Promise<string> {
  const found = await entries(kafka, groupId);
  return found
    .map(
      ({ offset, key, value }) => `${String(offset).padStart(2)}  ${nameOf(key)} → ${value ?? 'nothing (a tombstone)'}`,
    )
    .join('\n');
}

/** A key as readers see it. */
export function nameOf(key: Key): string {
  return 'topic' in key ? `${key.group}, ${key.topic} ${key.partition}` : `${key.group}`;
}

const CLIENT = 'the reader';
const COORDINATOR = 'the coordinator';
const LOG = 'its log';

/** What became of commits and of questions for them, from the trace: what is written, and when the answer is given. */
export function commitStory(caption: string, kafka: SimulatedKafka): Drawing {
  const steps = kafka.cluster.trace.events.flatMap(storyStep);
  return lanes(steps, { caption, lanes: [CLIENT, COORDINATOR, LOG] });
}

const TOLD = ['OffsetCommit', 'OffsetFetch'];

function storyStep({ at, what, detail }: TraceEvent): LaneStep[] {
  const isTold = TOLD.includes(String(detail.api));
  if (what === 'request.sent' && isTold) return [{ at, from: CLIENT, to: COORDINATOR, says: String(detail.api) }];
  if (what === 'response.sent' && isTold) return [{ at, from: COORDINATOR, to: CLIENT, says: `${detail.api}: answer` }];
  if (detail.topic !== TOPIC) return [];
  if (what === 'partition.append') {
    return [{ at, from: COORDINATOR, to: LOG, says: `append at ${detail.baseOffset}` }];
  }
  if (what === 'partition.highWatermark') {
    return [{ at, from: LOG, to: COORDINATOR, says: `safe up to ${detail.offset}`, decisive: true }];
  }
  return [];
}

/** How many coordinators the broker has started: one for each partition of the topic. */
export function coordinators(kafka: SimulatedKafka): number {
  return kafka.cluster.trace.events.filter(({ what }) => what === 'coordinator.loaded').length;
}

/** Lets a group of this name commit once, and answers the partition of the topic in which its offset is kept. */
export async function homeOf(groupId: string): Promise<number> {
  const kafka = await simulate({ seed: 7, topics: { account: 1 } });
  const consumer = kafka.consumer({ groupId });
  await consumer.commitSync([{ topic: 'account', partition: 0, offset: 1 }]);
  const [{ partition }] = await entries(kafka, groupId);
  await kafka.close();
  return partition;
}

/** The warm-up: prints whether two groups are kept in one partition. */
export async function checkNeighbour(groupId: string): Promise<void> {
  console.log((await judgeNeighbour(groupId)).text);
}

export async function judgeNeighbour(groupId: string): Promise<Verdict> {
  const wanted = await homeOf('ledger');
  const lines = [`wanted: another group in partition ${wanted} of ${TOPIC}, where the ledger is`];
  if (groupId === '' || groupId === 'ledger')
    return new Verdict(false, [...lines, 'It takes a name, and one of its own.']);
  const home = await homeOf(groupId);
  lines.push(`came: ${groupId} is in partition ${home}`);
  if (home === wanted) return new Verdict(true, [...lines, 'They share a partition of the log, and so a coordinator.']);
  return new Verdict(false, [
    ...lines,
    'A name that looks alike says nothing. Let a loop try names, and ask partitionFor.',
  ]);
}

/** A record about an offset; null: the offset is to be forgotten. */
export interface OffsetRecord {
  readonly key: OffsetKey;
  readonly value: { readonly offset: number } | null;
}

/** What a new coordinator makes of the log: a function that knows where each group goes on. Undefined: it has no offset there. */
export type Replay = (records: readonly OffsetRecord[]) => Lookup;
export type Lookup = (group: string, topic: string, partition: number) => number | undefined;

/** The exercise: prints whether the same offsets are found in the log as the coordinator has in its memory. */
export async function check(replay: Replay): Promise<void> {
  console.log((await judge(replay)).text);
}

interface Step {
  readonly group: string;
  readonly partition: number;
  /** Undefined: the offset is deleted. */
  readonly offset?: number;
}

/** Every step after the first few tells one wrong answer from the right one. */
const history: readonly Step[] = [
  { group: 'ledger', partition: 0, offset: 1 },
  { group: 'ledger', partition: 0, offset: 3 },
  { group: 'ledger', partition: 1, offset: 7 },
  { group: 'archive', partition: 0, offset: 20 },
  { group: 'ledger', partition: 0, offset: 2 },
  { group: 'audit', partition: 1, offset: 5 },
  { group: 'audit', partition: 1 },
  { group: 'archive', partition: 1, offset: 4 },
  { group: 'archive', partition: 1 },
  { group: 'archive', partition: 1, offset: 0 },
];

export async function judge(replay: Replay): Promise<Verdict> {
  const kafka = await written();
  // The groups are in partitions of their own, so it is the time that tells the order.
  const all = (await entries(kafka)).sort((one, other) => one.timestamp - other.timestamp);
  const records = all.flatMap(({ key, value }) =>
    'topic' in key ? [{ key, value: value === null ? null : { offset: Number(value) } }] : [],
  );
  const lookup = replay(records);
  const lines = ['wanted: what the coordinator has in its memory'];
  for (const { group, partition } of places()) {
    const wanted = kafka.cluster.committed(group).account?.[partition];
    const came = lookup(group, 'account', partition);
    lines.push(`${group}, account ${partition}: ${came ?? 'nothing'}`);
    if (came === wanted) continue;
    await kafka.close();
    return new Verdict(false, [...lines, wrong({ group, partition }, wanted, came)]);
  }
  await kafka.close();
  const untouched = lookup('ledger', 'account', 2);
  if (untouched !== undefined) {
    return new Verdict(false, [...lines, `Nobody has committed for partition 2, and the answer says ${untouched}.`]);
  }
  return new Verdict(true, [
    ...lines,
    'One key for each group, topic and partition; the last record counts, whatever it says.',
  ]);
}

async function written(): Promise<SimulatedKafka> {
  const kafka = await simulate({ seed: 7, topics: { account: 2 } });
  for (const { group, partition, offset } of history) {
    if (offset === undefined) {
      await kafka.admin().deleteConsumerGroupOffsets(group, [{ topic: 'account', partition }]);
      continue;
    }
    const consumer = kafka.consumer({ groupId: group });
    await consumer.commitSync([{ topic: 'account', partition, offset }]);
    await consumer.close();
  }
  return kafka;
}

/** Each place once. */
function places(): Step[] {
  return history.filter(
    (one, index) =>
      history.findIndex(({ group, partition }) => group === one.group && partition === one.partition) === index,
  );
}

function wrong({ group, partition }: Step, wanted: number | undefined, came: number | undefined): string {
  const own = history.filter((step) => step.group === group && step.partition === partition);
  const at = (offset: number | undefined) => history.findIndex((step) => own.includes(step) && step.offset === offset);
  if (wanted === undefined) {
    return `records[${at(undefined)}] is a tombstone: the offset of ${group} was deleted. A value of null is an order to forget.`;
  }
  const stranger = history.findIndex((step) => !own.includes(step) && step.offset === came);
  if (came !== undefined && at(came) < 0 && stranger >= 0) {
    const { group: other, partition: its } = history[stranger];
    const what = other === group ? 'the partition' : 'the group';
    return `${came} came with records[${stranger}], which is of ${other}, account ${its}. The key must have ${what} in it.`;
  }
  if (came === undefined)
    return `${wanted} was committed with records[${at(wanted)}] and is not found. ${wanted === 0 ? '0 is an offset too.' : ''}`.trim();
  if (came === own[0].offset && own.length > 1 && came < Math.max(...own.map(({ offset = -1 }) => offset))) {
    return `${came} was the first commit of ${group}. Later ones came after it, and the last counts.`;
  }
  return `${came} is the largest that ${group} has committed. With records[${at(wanted)}] it went to ${wanted}, and the last counts, not the largest.`;
}
