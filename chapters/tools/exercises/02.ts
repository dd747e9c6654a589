/**
 * The bank of chapter 02, whose topic has several partitions: where its events lie, what one reader makes of them, what other clients would do with a
 * key, and the checks of the two exercises: choose a key, and find its partition as everybody does.
 */
import {
  type Drawing,
  type Kafka,
  type LaneStep,
  lanes,
  murmur2,
  type SimulatedKafka,
  simulate,
  strip,
} from '../../../lib/index.ts';
import { Bank, booked, events, meaningOf, Verdict } from '../index.ts';

const topic = 'account';

/** A fresh bank, whose topic has so many partitions. */
export function bankWith(partitions: number, seed = 7): Promise<SimulatedKafka> {
  return simulate({ seed, topics: { [topic]: partitions } });
}

/** What lies where, one line for each partition. */
export async function layout(kafka: SimulatedKafka): Promise<string> {
  const [{ partitions }] = await kafka.admin().describeTopics([topic]);
  const records = await kafka.cluster.records(topic);
  const lines = partitions.map(({ partition }) => {
    const here = records.filter((record) => record.partition === partition);
    return `partition ${partition} | ${here.map(({ key, value }) => (key === null ? value : `${key} ${value}`)).join(' | ')}`;
  });
  return lines.map((line) => line.trimEnd()).join('\n');
}

/** What an owner has when one reader has read all partitions from the start, and told the bank of each event as it came. An event without a key is Ada's. */
export async function balanceOf(kafka: Kafka, owner = 'Ada'): Promise<number> {
  const bank = new Bank();
  const reader = kafka.consumer({ groupId: 'ledger', autoOffsetReset: 'earliest' });
  await reader.subscribe([topic]);
  for (let came = await reader.poll('10 s'); came.length > 0; came = await reader.poll('1 s')) {
    for (const { key, value } of came) await bank.from(kafka).apply({ key: key ?? 'Ada', value });
  }
  await reader.close();
  return bank.balance(owner);
}

/** The way of Ada's events, each of which has an amount of its own: into which partition, and in which order to the bank. */
export function journey(caption: string, kafka: SimulatedKafka): Drawing {
  const steps: LaneStep[] = [];
  const places = new Map<string, number>();
  let balance = 0;
  for (const { at, what, detail } of kafka.cluster.trace.events) {
    if (what === 'partition.append' && detail.topic === topic) {
      const value = events[places.size];
      places.set(value, Number(detail.partition));
      steps.push({ at, from: PRODUCER, to: TOPIC, says: `${value}: partition ${detail.partition}` });
    } else if (what === 'effect.done') {
      const value = String(detail.name).split(' ')[1];
      const refused = booked(balance, Number(value)) !== balance + Number(value);
      balance = booked(balance, Number(value));
      const says = `from ${places.get(value)}, ${value}: ${refused ? 'refused, ' : ''}${balance}`;
      steps.push({ at, from: TOPIC, to: BANK, says, decisive: refused });
    }
  }
  return lanes(steps, { caption, lanes: [PRODUCER, TOPIC, BANK] });
}

const PRODUCER = 'the counters';
const TOPIC = 'the topic';
const BANK = 'the bank';

const WORLDS = 20;

/** What Ada has in twenty worlds that differ in their luck only, when her events are written by `write`. */
export async function twentyWorlds(caption: string, write: (kafka: Kafka) => Promise<void>): Promise<Drawing> {
  const cells: { outcome: string; where: string }[] = [];
  for (let seed = 1; seed <= WORLDS; seed++) {
    // As `bankWith`, and quickly made: nothing is seen of such a world but its end.
    const kafka = await simulate({ seed, topics: { [topic]: 3 }, config: { 'offsets.topic.num.partitions': '1' } });
    await write(kafka);
    cells.push({ outcome: String(await balanceOf(kafka)), where: String(seed) });
    await kafka.close();
  }
  return strip(cells, { caption, right: '130', each: 'seed', meaning: meaningOf });
}

/** How a client writes an event of Ada's. */
export type Write = (value: string) => Promise<unknown>;

/**
 * Ada's events through one writer, the last sent two milliseconds after the second, which is not waited for; and the broker refuses that second
 * one at first, with an error that calls for another try. Answers the order in the topic, and Ada's balance.
 */
export async function refusedOnce(open: (own: Kafka) => Promise<Write>): Promise<string> {
  const kafka = await bankWith(3);
  const writing = kafka.world.spawn('teller', async (own) => {
    const write = await open(own);
    await write(events[0]);
    kafka.cluster.on('Produce', { times: 1 }).answerError('NOT_ENOUGH_REPLICAS');
    const second = write(events[1]);
    await own.world.sleep('2 ms');
    await Promise.all([second, write(events[2])]);
  });
  await writing.done;
  const order = (await kafka.cluster.records(topic)).map(({ value }) => value).join(' ');
  const balance = await balanceOf(kafka);
  await kafka.close();
  return `${order}   Ada has ${balance}`;
}

/** A partitioner of kafkajs, as far as a key is concerned. */
export type Partitioner = () => (record: {
  topic: string;
  partitionMetadata: Metadata[];
  message: { key: string; value: null };
}) => number;

interface Metadata {
  partitionErrorCode: number;
  partitionId: number;
  leader: number;
  replicas: number[];
  isr: number[];
}

/** The partition of a key by a partitioner of kafkajs. */
export function byKafkajs(partitioner: Partitioner, key: string, partitions: number): number {
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 0,
    replicas: [0],
    isr: [0],
  }));
  return partitioner()({ topic, partitionMetadata, message: { key, value: null } });
}

/** The partition of a key in librdkafka, unless it is told otherwise: by CRC-32, as in a zip file. */
export function byLibrdkafka(key: string, partitions: number): number {
  return crc32(new TextEncoder().encode(key)) % partitions;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** Something that was done at a counter of the bank. */
export interface CounterEvent {
  readonly customer: string;
  readonly branch: string;
  /** Counted through the day, over all branches. */
  readonly number: number;
  readonly value: string;
}

const day: readonly CounterEvent[] = [
  { customer: 'Ada', branch: 'market', number: 1, value: '+100' },
  { customer: 'Ben', branch: 'harbour', number: 2, value: '+50' },
  { customer: 'Ada', branch: 'harbour', number: 3, value: '+150' },
  { customer: 'Ben', branch: 'market', number: 4, value: '-30' },
  { customer: 'Ada', branch: 'market', number: 5, value: '-120' },
];

const balances: { readonly [customer: string]: number } = { Ada: 130, Ben: 20 };

/** The warm-up: prints whether events with these keys leave every customer with the right balance, and the work to more than one reader. */
export async function checkKey(keyOf: (event: CounterEvent) => unknown): Promise<void> {
  console.log((await judgeKey(keyOf)).text);
}

export async function judgeKey(keyOf: (event: CounterEvent) => unknown): Promise<Verdict> {
  const kafka = await bankWith(3);
  const lies = new Map<string, Set<number>>();
  for (const event of day) {
    const key = keyOf(event);
    const given = key === undefined || key === null ? undefined : String(key);
    // The customer is in the value as well, so that the key is free.
    // Every counter has a producer of its own.
    const { partition } = await kafka.producer().send({ topic, key: given, value: `${event.customer} ${event.value}` });
    lies.set(event.customer, (lies.get(event.customer) ?? new Set()).add(partition));
  }
  const bank = new Bank();
  for (const { value } of await inOrderOfReading(kafka)) {
    const [key, amount] = String(value).split(' ');
    await bank.from(kafka).apply({ key, value: amount });
  }
  await kafka.close();
  const customers = Object.keys(balances);
  const lines = [
    `wanted: ${customers.map((name) => `${name} ${balances[name]}`).join(', ')}`,
    `came: ${customers.map((name) => `${name} ${bank.balance(name)}`).join(', ')}`,
  ];
  const torn = customers.find((name) => (lies.get(name)?.size ?? 0) > 1);
  if (torn !== undefined) {
    const places = [...(lies.get(torn) ?? [])].sort((one, two) => one - two).join(' and ');
    const luck = customers.every((name) => bank.balance(name) === balances[name]);
    return new Verdict(false, [
      ...lines,
      `${torn}'s events lie in partitions ${places}, and nobody keeps those in order${luck ? '. It came out right by luck' : ''}.`,
    ]);
  }
  if (new Set([...lies.values()].flatMap((places) => [...places])).size === 1) {
    return new Verdict(false, [
      ...lines,
      'Right, but all events lie in one partition: two of three are empty, and a second reader would have nothing to do.',
    ]);
  }
  return new Verdict(true, [...lines, 'What must stay in order has one key, and nothing else has.']);
}

async function inOrderOfReading(kafka: Kafka): Promise<{ value: string | null }[]> {
  const reader = kafka.consumer({ groupId: 'ledger', autoOffsetReset: 'earliest' });
  await reader.subscribe([topic]);
  const all: { value: string | null }[] = [];
  for (let came = await reader.poll('10 s'); came.length > 0; came = await reader.poll('1 s')) all.push(...came);
  return all;
}

/** The answer to the exercise: the partition of a key. */
export type PartitionFor = (key: string, partitions: number) => number;

/** The keys by which an answer is judged: the names that say most, and accounts up to a thousand. */
const keys = ['Ada', 'Ben', 'Zürich', 'Łódź', '東京', '', ...Array.from({ length: 994 }, (_, n) => `account ${n}`)];
const COUNTS = [3, 4, 6];

const utf8 = (key: string) => new TextEncoder().encode(key);
const units = (key: string) => Uint8Array.from(key, (letter) => letter.charCodeAt(0));

/** What people write, and what is to be said to it. */
const mistakes: readonly { readonly answer: PartitionFor; readonly remark: string }[] = [
  {
    answer: (key, count) => Math.abs(murmur2(utf8(key))) % count,
    remark:
      'The bytes are right. Math.abs takes the sign off and keeps the distance from 0; everybody else keeps the lower 31 bits, which are others.',
  },
  {
    answer: (key, count) => (murmur2(utf8(key)) >>> 0) % count,
    remark:
      'The bytes are right. >>> 0 reads the sign as one more bit of the number, the 32nd; everybody else drops it. With 4 partitions nobody would notice.',
  },
  {
    answer: (key, count) => murmur2(utf8(key)) % count,
    remark:
      'The bytes are right. A hash can be negative, and in JavaScript the remainder is negative then: there is no such partition.',
  },
  {
    answer: (key, count) => (murmur2(units(key)) & 0x7fffffff) % count,
    remark:
      'The sign is right. The bytes are not: a letter is not a byte. What is hashed is the key as it is sent, and that is UTF-8.',
  },
  {
    answer: (key, count) => Math.abs(murmur2(units(key))) % count,
    remark:
      'Ada is written in three bytes and three letters, so it is the sign: Math.abs keeps the distance from 0, everybody else keeps the lower 31 bits.',
  },
];

/** The exercise: prints whether the answer agrees with a partitioner of kafkajs on a thousand keys. */
export async function check(answer: PartitionFor, partitioner: Partitioner): Promise<void> {
  console.log(judge(answer, partitioner).text);
}

export function judge(answer: PartitionFor, partitioner: Partitioner): Verdict {
  const cases = COUNTS.flatMap((count) =>
    keys.map((key) => ({ key, count, wanted: byKafkajs(partitioner, key, count), came: answer(key, count) })),
  );
  const wrong = cases.filter(({ wanted, came }) => wanted !== came);
  const agree = keys.length - new Set(wrong.map(({ key }) => key)).size;
  const lines = [`kafkajs agrees on ${agree} of ${keys.length} keys, with ${COUNTS.join(', ')} partitions`];
  if (wrong.length === 0) {
    return new Verdict(true, [...lines, 'Whoever writes, in Java, kafkajs or yours, a key has one place.']);
  }
  const [{ key, count, wanted, came }] = wrong;
  const usual = mistakes.find((mistake) => cases.every((one) => mistake.answer(one.key, one.count) === one.came));
  return new Verdict(false, [
    ...lines,
    `${key === '' ? 'the empty key' : key}, with ${count} partitions: kafkajs writes to ${wanted}, you to ${came}. So two programs tear the account apart.`,
    usual?.remark ?? 'Hash the bytes of the key, make a number of it that is not negative, and take the remainder.',
  ]);
}
