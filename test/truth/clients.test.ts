/** Rows about other clients, held against the models of their policies. */

import { type ClientModel, java, kafkajs, kafkaPythonIterator, librdkafka, type ModelClient } from 'course/models';
import { expect, test } from 'vitest';
import type { ConsumerRecord, Kafka, Task } from '../../lib/index.ts';
import { inWorld, type Stage, upTo } from './stage.ts';

const settings = { groupId: 'bank', topics: ['ledger'], autoOffsetReset: 'earliest' } as const;

/** A program over a model that goes on for ever, whatever its work throws. */
function program(at: Stage, model: ClientModel, work: (record: ConsumerRecord, own: Kafka) => unknown): Task {
  return at.kafka.world.spawn(model.name, async (own) => {
    const client: ModelClient = await model.open(own, { ...settings, clientId: model.name });
    for (;;) await client.turn((record) => work(record, own)).catch(() => {});
  });
}

test(
  'C-47: while a program of librdkafka is at work, heartbeats and commits go on, and no further record is worked on',
  inWorld(async (at) => {
    await at.write(3);
    const done: number[] = [];
    program(at, librdkafka, async ({ offset }, own) => {
      await own.world.sleep(offset === 1 ? '2 min' : 0);
      done.push(offset);
    });
    await at.kafka.world.until(() => done.length === 1);
    const heartbeats = at.asked('Heartbeat', 'librdkafka');
    await at.kafka.world.pass('1 min');
    expect(at.asked('Heartbeat', 'librdkafka') - heartbeats).toBeGreaterThan(15);
    expect([done, at.stored()]).toEqual([[0], 2]);
  }),
);

test(
  'C-50: librdkafka commits what it has handed over and not what is done: a crash in the middle of a record loses it',
  inWorld(async (at) => {
    await at.write(8);
    const done: number[] = [];
    const first = program(at, librdkafka, async ({ offset }, own) => {
      await own.world.sleep(offset === 5 ? '1 min' : 0);
      done.push(offset);
    });
    await at.kafka.world.until(() => at.stored() === 6);
    first.crash();
    program(at, librdkafka, ({ offset }) => done.push(offset));
    await at.kafka.world.until(() => done.at(-1) === 7, { within: '2 min' });
    expect(done).toEqual([0, 1, 2, 3, 4, 6, 7]);
  }),
);

test(
  'C-49: a program of librdkafka that has stopped polling leaves its group after five minutes, heartbeats or not',
  inWorld(async (at) => {
    await at.write(1);
    program(at, librdkafka, (_, own) => own.world.sleep('1 h'));
    await at.stable(1);
    await at.kafka.world.pass('4 min');
    expect(at.members).toEqual(['librdkafka']);
    await at.kafka.world.pass('90 s');
    expect([at.members, at.asked('LeaveGroup', 'librdkafka')]).toEqual([[], 1]);
  }),
);

test('C-48: the clients differ: after the fourth of ten has failed once, each goes on at another record', async () => {
  const next: Record<string, number[]> = {};
  for (const model of [java, librdkafka, kafkaPythonIterator, kafkajs]) {
    const experiment = inWorld(async (at) => {
      await at.write(10);
      const done: number[] = [];
      let hasFailed = false;
      program(at, model, ({ offset }) => {
        if (offset === 3 && !hasFailed) {
          hasFailed = true;
          throw new Error('the fourth fails');
        }
        done.push(offset);
      });
      await at.kafka.world.until(() => at.stored() === 10);
      next[model.name] = done;
    });
    await experiment();
  }
  const skipsOne = [0, 1, 2, ...upTo(10, 4)];
  expect(next).toEqual({
    java: [0, 1, 2],
    librdkafka: skipsOne,
    'kafka-python iterator': skipsOne,
    kafkajs: upTo(10),
  });
});

test(
  "E-84: in kafka-python's loop the position has passed a record just before the program gets it",
  inWorld(async (at) => {
    await at.write(10);
    const task = at.kafka.world.spawn('python', async (own) => {
      const client = await kafkaPythonIterator.open(own, { ...settings, autoCommit: false });
      let seen = -1;
      while (seen < 4) {
        await client.turn(({ offset }) => {
          seen = offset;
        });
      }
      await client.commit();
    });
    await task.done;
    expect(at.stored()).toBe(5);
  }),
);
