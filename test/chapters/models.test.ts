/**
 * Ten records, and the work on the fourth fails: what becomes of them under the policies of each client. A member handles what it is handed until its program ends, and
 * a successor of the same kind handles the rest of the thirty records. Lost is what neither of them has handled, repeated what both have, or one of them twice.
 */

import {
  type ClientModel,
  java,
  kafkajs,
  kafkaPythonIterator,
  librdkafka,
  librdkafkaWith,
  type ModelClient,
  type ModelSettings,
} from 'course/models';
import { serve } from 'kafkaito/node';
import { Kafka as KafkaJs, logLevel } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { type Kafka, simulate } from '../../lib/index.ts';
import { bundlePart } from '../../site/kernel/bundle.ts';
import { takePart } from '../../site/kernel/parts.ts';

const records = Array.from({ length: 30 }, (_, index) => ({ value: String(index) }));
const ledger0 = { topic: 'ledger', partition: 0 };
const settings = { groupId: 'bank', topics: ['ledger'], autoOffsetReset: 'earliest', maxPollRecords: 10 } as const;
const upTo = (end: number, from = 0) => Array.from({ length: end - from }, (_, index) => from + index);

/** What the program in front has at hand. `turn` handles what comes, fails on record 3 as often as the row wants, and tells whether it failed. */
interface Hands {
  readonly client: ModelClient;
  readonly kafka: Kafka;
  turn(): Promise<boolean>;
  handle(offset: number): void;
}

interface Row {
  readonly name: string;
  readonly model: ClientModel;
  readonly more?: Partial<ModelSettings>;
  /** On which records the work fails. Default: on 3, the first time. */
  readonly fails?: (offset: number, attempt: number) => boolean;
  /** How long the work on record 3 takes. Default: no time. */
  readonly takes?: string;
  readonly program: (hands: Hands) => Promise<unknown>;
  /** What the group has stored when the program is over. */
  readonly stored: number | undefined;
  readonly lost?: number[];
  readonly repeated?: number[];
}

async function play({ model, more, fails, takes, program }: Omit<Row, 'name' | 'stored'>) {
  const kafka = await simulate({ topics: { ledger: { records } } });
  const handled: number[] = [];
  const attempts = new Map<number, number>();
  const first = kafka.world.spawn('first', async (own) => {
    const client = await model.open(own, { ...settings, ...more });
    const work = async ({ offset }: { readonly offset: number }) => {
      const attempt = (attempts.get(offset) ?? 0) + 1;
      attempts.set(offset, attempt);
      if (offset === 3 && takes !== undefined) await own.world.sleep(takes);
      if (fails === undefined ? offset === 3 && attempt === 1 : fails(offset, attempt))
        throw new Error('the work fails');
      handled.push(offset);
    };
    const turn = () =>
      client.turn(work).then(
        () => false,
        () => true,
      );
    // The group's first meeting takes three seconds.
    while (attempts.size === 0) await turn();
    await program({ client, kafka: own, turn, handle: (offset) => handled.push(offset) });
  });
  await first.done;
  const stored = kafka.cluster.committed('bank').ledger?.[0];
  const successor = kafka.world.spawn('second', async (own) => {
    const client = await model.open(own, settings);
    while (handled.at(-1) !== 29) await client.turn(({ offset }) => handled.push(offset));
  });
  if (handled.at(-1) !== 29) await successor.done;
  await kafka.close();
  const times = (offset: number) => handled.filter((one) => one === offset).length;
  return {
    stored,
    lost: upTo(30).filter((offset) => times(offset) === 0),
    repeated: upTo(30).filter((offset) => times(offset) > 1),
  };
}

/** Turns until the work has failed; of clients that hand over one record at a time that is the fourth. */
async function untilItFails({ turn }: Hands): Promise<void> {
  for (let turns = 0; !(await turn()); turns++) if (turns === 20) throw new Error('the work has not failed');
}

const manual = { autoCommit: false };

const rows: Row[] = [
  {
    name: 'java: just polls again, and commits',
    ...{ model: java, more: manual, stored: 20, lost: upTo(10, 3) },
    program: async ({ turn, client }) => {
      await turn();
      await client.commit();
      await client.close();
    },
  },
  {
    name: 'java: polls again, fails forever, and never commits',
    ...{ model: java, more: manual, stored: undefined, repeated: [0, 1, 2, 10, 11, 12, 20, 21, 22] },
    fails: (offset) => offset % 10 === 3,
    program: async ({ turn }) => {
      for (const _ of ['10 to 19', '20 to 29']) await turn();
    },
  },
  {
    name: 'java: seeks to the failed record and polls',
    ...{ model: java, more: manual, stored: 13 },
    program: async ({ turn, client }) => {
      await client.consumer.seek({ ...ledger0, offset: 3 });
      await turn();
      await client.commit();
    },
  },
  {
    name: 'java: seeks to what is committed, here the beginning, and polls',
    ...{ model: java, more: manual, stored: 10, repeated: [0, 1, 2] },
    program: async ({ turn, client }) => {
      await client.consumer.seek({ ...ledger0, offset: 0 });
      await turn();
      await client.commit();
    },
  },
  {
    name: 'java: commits 3, seeks to 3, and crashes',
    ...{ model: java, more: manual, stored: 3 },
    program: async ({ client }) => {
      await client.consumer.commitSync([{ ...ledger0, offset: 3 }]);
      await client.consumer.seek({ ...ledger0, offset: 3 });
    },
  },
  {
    name: 'java: crashes',
    ...{ model: java, more: manual, stored: undefined, repeated: [0, 1, 2] },
    program: async () => {},
  },
  {
    name: 'java: closes, and commits by hand',
    ...{ model: java, more: manual, stored: undefined, repeated: [0, 1, 2] },
    program: ({ client }) => client.close(),
  },
  {
    name: 'java: closes, with auto-commit',
    ...{ model: java, stored: 10, lost: upTo(10, 3) },
    program: ({ client }) => client.close(),
  },
  {
    name: 'java: catches, polls again five seconds later with auto-commit, and crashes',
    ...{ model: java, stored: 10, lost: upTo(10, 3), repeated: upTo(20, 10) },
    program: async ({ turn, kafka }) => {
      await kafka.world.sleep('5 s');
      await turn();
      await kafka.world.sleep('100 ms');
    },
  },
  {
    name: 'java: pauses the partition, polls on, and tries the record again by itself',
    ...{ model: java, more: manual, stored: 10 },
    program: async ({ client, handle }) => {
      client.consumer.pause([ledger0]);
      for (let polls = 0; polls < 3; polls++) expect(await client.consumer.poll('1 s')).toEqual([]);
      for (const offset of upTo(10, 3)) handle(offset);
      client.consumer.resume([ledger0]);
      await client.commit();
    },
  },
  {
    name: 'librdkafka: polls again, gets the next record, and closes',
    ...{ model: librdkafka, stored: 5, lost: [3] },
    program: async (hands) => {
      await untilItFails(hands);
      await hands.turn();
      await hands.client.close();
    },
  },
  {
    name: 'librdkafka: crashes in the middle of the record, after its timer has committed',
    ...{ model: librdkafka, takes: '10 s', stored: 4, lost: [3] },
    program: untilItFails,
  },
  {
    name: 'librdkafka that stores offsets after the work: crashes in the middle of the record',
    ...{ model: librdkafkaWith({ enableAutoOffsetStore: false }), takes: '10 s', stored: 3 },
    program: untilItFails,
  },
  {
    name: 'kafka-python iterator: goes on with the next record, and closes',
    ...{ model: kafkaPythonIterator, stored: 5, lost: [3] },
    program: async (hands) => {
      await untilItFails(hands);
      await hands.turn();
      await hands.client.close();
    },
  },
  {
    name: 'kafka-python iterator: a commit without arguments includes the failed record',
    ...{ model: kafkaPythonIterator, more: manual, stored: 4, lost: [3] },
    program: async (hands) => {
      await untilItFails(hands);
      await hands.client.commit();
    },
  },
  {
    name: 'kafka-python iterator: crashes before anything is committed',
    ...{ model: kafkaPythonIterator, stored: undefined, repeated: [0, 1, 2] },
    program: untilItFails,
  },
  {
    name: 'kafkajs: has committed 3 when the work fails, and comes again with the failed record',
    ...{ model: kafkajs, stored: 13 },
    program: ({ turn }) => turn(),
  },
  {
    name: 'kafkajs: crashes after the failure',
    ...{ model: kafkajs, stored: 3 },
    program: async () => {},
  },
  {
    name: 'kafkajs: the work never succeeds, and nothing gets past it, through restarts too',
    ...{ model: kafkajs, stored: 3 },
    fails: (offset) => offset === 3,
    program: async ({ turn }) => {
      for (let turns = 0; turns < 20; turns++) await turn();
    },
  },
];

describe('ten records, and the fourth fails', () => {
  test.each(rows)('$name', async ({ stored, lost = [], repeated = [], ...row }) => {
    expect(await play(row)).toEqual({ stored, lost, repeated });
  });
});

/** The stock client, on a real socket, through the same failure; what was tried in order, and what was stored at each try. */
async function stockKafkajs(): Promise<{ tried: number[]; storedAtTry: (number | undefined)[] }> {
  const config = { 'group.initial.rebalance.delay.ms': '0' };
  const kafka = await serve({ port: 0, topics: { ledger: { records: records.slice(0, 10) } }, config });
  const client = new KafkaJs({ brokers: [kafka.bootstrap], logLevel: logLevel.NOTHING });
  const consumer = client.consumer({ groupId: 'bank', maxWaitTimeInMs: 100 });
  const tried: number[] = [];
  const storedAtTry: (number | undefined)[] = [];
  await consumer.connect();
  await consumer.subscribe({ topics: ['ledger'], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      tried.push(Number(message.offset));
      storedAtTry.push(kafka.cluster.committed('bank').ledger?.[0]);
      if (message.offset === '3' && tried.length === 4) throw new Error('the work fails');
    },
  });
  await kafka.world.until(() => kafka.cluster.committed('bank').ledger?.[0] === 10);
  await consumer.disconnect();
  await kafka.close();
  return { tried, storedAtTry };
}

async function modelledKafkajs(): ReturnType<typeof stockKafkajs> {
  const kafka = await simulate({ topics: { ledger: { records: records.slice(0, 10) } } });
  const tried: number[] = [];
  const storedAtTry: (number | undefined)[] = [];
  kafka.world.spawn('kafkajs', async (own) => {
    const client = await kafkajs.open(own, { ...settings, maxPollRecords: 500 });
    for (;;) {
      await client.turn(({ offset }) => {
        tried.push(offset);
        storedAtTry.push(kafka.cluster.committed('bank').ledger?.[0]);
        if (offset === 3 && tried.length === 4) throw new Error('the work fails');
      });
    }
  });
  await kafka.world.until(() => kafka.cluster.committed('bank').ledger?.[0] === 10);
  await kafka.close();
  return { tried, storedAtTry };
}

test('the model of kafkajs tries and stores what stock kafkajs tries and stores', async () => {
  const stock = await stockKafkajs();
  expect(stock.tried).toEqual([0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9]);
  expect(await modelledKafkajs()).toEqual(stock);
});

test('in a page the models are a part of their own, over the library that is there already', async () => {
  const { text } = await bundlePart('course/models');
  expect(text.length).toBeLessThan(10_000);
  const part = takePart('course/models', text) as unknown as { java: ClientModel };
  const row = rows.find(({ model }) => model === java) as Row;
  expect(await play({ ...row, model: part.java })).toEqual({ stored: 20, lost: upTo(10, 3), repeated: [] });
});
