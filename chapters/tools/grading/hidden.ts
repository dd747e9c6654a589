/**
 * Questions that no chapter asks, made from a hidden seed, for the exercises whose answer is a function of data alone: an answer that has learned the questions of the
 * chapter by heart fails here. Where a simulated Kafka asks, it is the seed of its world that is hidden (`seeded.ts`).
 */
import { Partitioners } from 'kafkajs';
import type { Assignor, GroupMember, TopicPartition } from '../../../lib/index.ts';
import { byKafkajs, type Partitioner, type PartitionFor } from '../exercises/02.ts';
import type { OffsetRecord, Replay } from '../exercises/08.ts';
import type { Frames } from '../exercises/W.ts';

/** Whole numbers from a seed, by xorshift: the same on every machine. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }

  /** A whole number from 0 up to, and without, `sides`. */
  below(sides: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % sides;
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }

  times<T>(count: number, make: (index: number) => T): T[] {
    return Array.from({ length: count }, (_, index) => make(index));
  }
}

/** What is wrong, or undefined. */
type Fault = string | undefined;

const LETTERS = [...'abzAZ059 -_.', ...'äößéłŁőñ', ...'東京阪☕𝄞😀'];

export function hiddenKeys(partitionFor: PartitionFor, dice: Dice): Fault {
  const partitioner = Partitioners.DefaultPartitioner as unknown as Partitioner;
  for (let turn = 0; turn < 300; turn++) {
    const key = dice.times(dice.below(20), () => dice.of(LETTERS)).join('');
    const count = 1 + dice.below(64);
    const [wanted, came] = [byKafkajs(partitioner, key, count), partitionFor(key, count)];
    if (wanted !== came)
      return `the key ${JSON.stringify(key)}, with ${count} partitions: kafkajs writes to ${wanted}, you to ${came}`;
  }
  return undefined;
}

export function hiddenRecords(replay: Replay, dice: Dice): Fault {
  const place = () => ({ group: `g${dice.below(3)}`, topic: `t${dice.below(2)}`, partition: dice.below(3) });
  const records = dice.times(
    80,
    (): OffsetRecord => ({ key: place(), value: dice.below(4) === 0 ? null : { offset: dice.below(30) } }),
  );
  const lookup = replay(records.map(({ key, value }) => ({ key: { ...key }, value: value && { ...value } })));
  for (const { key } of records) {
    const own = records.filter(
      ({ key: { group, topic, partition } }) =>
        group === key.group && topic === key.topic && partition === key.partition,
    );
    const wanted = own.at(-1)?.value?.offset;
    const came = lookup(key.group, key.topic, key.partition);
    if (wanted !== came)
      return `80 records of other groups: for ${key.group}, ${key.topic} ${key.partition} the last says ${wanted ?? 'nothing'}, you ${came ?? 'nothing'}`;
  }
  return undefined;
}

export function hiddenGroups(strategy: Assignor, dice: Dice): Fault {
  for (let turn = 0; turn < 20; turn++) {
    const counts = new Map(dice.times(1 + dice.below(3), (n) => [`topic-${n}`, 1 + dice.below(9)] as const));
    const names = dice.times(2 + dice.below(5), (n) => `member-${dice.below(900)}-${n}`);
    const fault = faultIn(strategy, names, counts);
    if (fault !== undefined)
      return `${names.length} members, ${[...counts.values()].join(' and ')} partitions: ${fault}`;
  }
  return undefined;
}

function faultIn(strategy: Assignor, names: readonly string[], counts: ReadonlyMap<string, number>): Fault {
  const before = strategy.assign(members(names, counts), counts);
  const again = strategy.assign(members([...names].reverse(), counts), counts);
  if (names.some((name) => said(before.get(name)) !== said(again.get(name)))) return 'the order of the members matters';
  const sizes = names.map((name) => before.get(name)?.length ?? 0);
  if (Math.max(...sizes) - Math.min(...sizes) > 1) return `they have ${sizes.join(', ')}`;
  const staying = names.slice(1);
  const after = strategy.assign(members(staying, counts, before), counts);
  const taken = staying.find((name) =>
    before.get(name)?.some(
      (one) =>
        !said(after.get(name))
          .split(' ')
          .includes(said([one])),
    ),
  );
  if (taken !== undefined) return `one leaves, and ${taken} loses what it had`;
  return owned(before, counts) ?? owned(after, counts);
}

function members(
  names: readonly string[],
  counts: ReadonlyMap<string, number>,
  held?: ReadonlyMap<string, readonly TopicPartition[]>,
): GroupMember[] {
  return names.map((memberId) => ({
    ...{ memberId, topics: [...counts.keys()], ownedPartitions: held?.get(memberId) ?? [] },
    ...{ groupInstanceId: null, generationId: held === undefined ? -1 : 1, userData: null },
  }));
}

function said(partitions: readonly TopicPartition[] = []): string {
  return partitions
    .map(({ topic, partition }) => `${topic}-${partition}`)
    .sort()
    .join(' ');
}

function owned(hands: ReadonlyMap<string, readonly TopicPartition[]>, counts: ReadonlyMap<string, number>): Fault {
  const given = [...hands.values()].flat().map((one) => said([one]));
  const all = [...counts].flatMap(([topic, count]) =>
    Array.from({ length: count }, (_, partition) => said([{ topic, partition }])),
  );
  return given.sort().join(' ') === all.sort().join(' ') ? undefined : 'not every partition has one reader';
}

export function hiddenStreams(connection: () => Frames, dice: Dice): Fault {
  for (let turn = 0; turn < 20; turn++) {
    const frames = dice.times(1 + dice.below(8), () =>
      Uint8Array.from(dice.times(dice.below(30), () => dice.below(256))),
    );
    const stream = Uint8Array.from(frames.flatMap((frame) => [0, 0, 0, frame.length, ...frame]));
    const push = connection();
    const came: Uint8Array[] = [];
    for (let at = 0; at < stream.length; ) {
      const end = at + 1 + dice.below(12);
      came.push(...push(stream.slice(at, end)));
      at = end;
    }
    if (came.join('|') !== frames.join('|'))
      return `${frames.length} frames in chunks of other sizes came out as ${came.length}`;
  }
  return undefined;
}
