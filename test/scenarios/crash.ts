import { expect } from 'vitest';
import { read, scenario, send, valuesOf } from './scenario.ts';

const settings = {
  autoOffsetReset: 'earliest',
  enableAutoCommit: false,
  heartbeatIntervalMs: 200,
  sessionTimeoutMs: 6000,
  maxPollRecords: 1,
} as const;

export const crash = [
  scenario('commit after the work: a crash in between repeats a record', async ({ kafka, topic, group }) => {
    const ledger = await topic();
    const groupId = group();
    await send(kafka, ledger, ['a', 'b']);
    const done: (string | null)[] = [];
    const victim = kafka.world.spawn('victim', async (kafka) => {
      const consumer = kafka.consumer({ groupId, ...settings });
      await consumer.subscribe([ledger]);
      for (;;) {
        done.push(...valuesOf(await consumer.poll('100 ms')));
        if (done.length === 2) await kafka.world.sleep('1 h');
        await consumer.commitSync();
      }
    });
    await kafka.world.until(() => done.length === 2);
    await victim.crash();
    const heir = kafka.consumer({ groupId, ...settings });
    await heir.subscribe([ledger]);
    expect([...done, ...valuesOf(await read(kafka, heir, 1))]).toEqual(['a', 'b', 'b']);
    await heir.close();
  }),

  scenario('commit before the work: a crash in between loses a record', async ({ kafka, topic, group }) => {
    const ledger = await topic();
    const groupId = group();
    await send(kafka, ledger, ['a', 'b']);
    const done: (string | null)[] = [];
    let committed = 0;
    const victim = kafka.world.spawn('victim', async (kafka) => {
      const consumer = kafka.consumer({ groupId, ...settings });
      await consumer.subscribe([ledger]);
      for (;;) {
        const records = await consumer.poll('100 ms');
        if (records.length === 0) continue;
        await consumer.commitSync();
        committed += records.length;
        if (committed === 2) await kafka.world.sleep('1 h');
        done.push(...valuesOf(records));
      }
    });
    await kafka.world.until(() => committed === 2);
    await victim.crash();
    await send(kafka, ledger, ['c']);
    const heir = kafka.consumer({ groupId, ...settings });
    await heir.subscribe([ledger]);
    expect([...done, ...valuesOf(await read(kafka, heir, 1))]).toEqual(['a', 'c']);
    await heir.close();
  }),

  scenario('a producer that crashes takes nothing back that was acknowledged', async ({ kafka, topic }) => {
    const ledger = await topic();
    let acknowledged = 0;
    const victim = kafka.world.spawn('victim', async (kafka) => {
      const producer = kafka.producer();
      for (;;) acknowledged = (await producer.send({ topic: ledger, value: String(acknowledged) })).offset + 1;
    });
    await kafka.world.until(() => acknowledged >= 10);
    await victim.crash();
    const promised = acknowledged;
    const consumer = kafka.consumer({});
    await consumer.assign([{ topic: ledger, partition: 0 }]);
    await consumer.seek({ topic: ledger, partition: 0, offset: 0 });
    const values = valuesOf(await read(kafka, consumer, promised)).slice(0, promised);
    expect(values).toEqual(Array.from({ length: promised }, (_, index) => String(index)));
    await consumer.close();
  }),

  scenario('freezing a producer delays it, and loses nothing', async ({ kafka, topic }) => {
    const ledger = await topic();
    let sent = 0;
    const sleeper = kafka.world.spawn('sleeper', async (kafka) => {
      const producer = kafka.producer();
      for (; sent < 20; sent++) await producer.send({ topic: ledger, value: String(sent) });
      await producer.close();
    });
    await kafka.world.until(() => sent >= 5);
    sleeper.freeze();
    const asleep = sent;
    await kafka.world.pass('1 s');
    expect(sent).toBe(asleep);
    sleeper.thaw();
    await sleeper.done;
    const consumer = kafka.consumer({});
    await consumer.assign([{ topic: ledger, partition: 0 }]);
    await consumer.seek({ topic: ledger, partition: 0, offset: 0 });
    expect(valuesOf(await read(kafka, consumer, 20))).toEqual(Array.from({ length: 20 }, (_, index) => String(index)));
    await consumer.close();
  }),
];
