/** What a consumer can be asked for beside records: patterns, places in the log, commits without waiting, and the end of a wait. */
import { expect } from 'vitest';
import { failure, read, scenario, send, valuesOf } from './scenario.ts';

const manual = { autoOffsetReset: 'earliest', enableAutoCommit: false } as const;
const HOUR_MS = 3_600_000;

export const consumer = [
  scenario('a pattern stands for topics that are there, and for those that come', async ({ kafka, topic, group }) => {
    const one = await topic();
    const prefix = one.replace(/\d+$/, '');
    await send(kafka, one, ['a']);
    const reader = kafka.consumer({ groupId: group(), ...manual, heartbeatIntervalMs: 200, metadataMaxAgeMs: 300 });
    await reader.subscribe(new RegExp(`^${prefix}`));
    expect(valuesOf(await read(kafka, reader, 1))).toEqual(['a']);
    expect(reader.subscription()).toEqual([one]);
    const two = await topic();
    await send(kafka, two, ['b']);
    expect(valuesOf(await read(kafka, reader, 1))).toContain('b');
    expect(reader.subscription().sort()).toEqual([one, two].sort());
    await reader.close();
  }),

  scenario('by_duration begins with the first record that is young enough', async ({ kafka, topic, group }) => {
    const ledger = await topic();
    const producer = kafka.producer();
    await producer.send({ topic: ledger, value: 'old', timestamp: 1000 });
    const [{ timestamp: now }] = await producer.send([{ topic: ledger, value: 'now' }]);
    await producer.send({ topic: ledger, value: 'half an hour', timestamp: now - HOUR_MS / 2 });
    await producer.close();
    const young = kafka.consumer({ groupId: group(), ...manual, autoOffsetReset: 'by_duration:PT1H' });
    await young.subscribe([ledger]);
    expect(valuesOf(await read(kafka, young, 2))).toEqual(['now', 'half an hour']);
    await young.close();
  }),

  scenario('by_duration with nothing young enough waits for what comes', async ({ kafka, topic }) => {
    const ledger = await topic();
    const producer = kafka.producer();
    await producer.send({ topic: ledger, value: 'old', timestamp: 1000 });
    const young = kafka.consumer({ autoOffsetReset: 'by_duration:PT1H' });
    await young.assign([{ topic: ledger, partition: 0 }]);
    expect(await young.poll('1 s')).toEqual([]);
    expect(await young.position({ topic: ledger, partition: 0 })).toBe(1);
    await producer.send({ topic: ledger, value: 'new' });
    expect(valuesOf(await read(kafka, young, 1))).toEqual(['new']);
    await producer.close();
    await young.close();
  }),

  scenario('seekToBeginning and seekToEnd are looked up when they are needed', async ({ kafka, topic }) => {
    const ledger = await topic();
    const tp = { topic: ledger, partition: 0 };
    await send(kafka, ledger, ['a', 'b', 'c']);
    const reader = kafka.consumer({ autoOffsetReset: 'none' });
    await reader.assign([tp]);
    await reader.seekToEnd();
    expect(await reader.position(tp)).toBe(3);
    await reader.seekToBeginning([tp]);
    expect(valuesOf(await read(kafka, reader, 3))).toEqual(['a', 'b', 'c']);
    await reader.close();
  }),

  scenario('a paused partition says nothing, and keeps its place through seeks', async ({ kafka, topic }) => {
    const ledger = await topic(2);
    const [zero, one] = [0, 1].map((partition) => ({ topic: ledger, partition }));
    await send(kafka, ledger, ['a', 'b'], 0);
    await send(kafka, ledger, ['c'], 1);
    const reader = kafka.consumer({ autoOffsetReset: 'earliest' });
    await reader.assign([zero, one]);
    reader.pause([zero]);
    expect(valuesOf(await read(kafka, reader, 1))).toEqual(['c']);
    expect(reader.paused()).toEqual([zero]);
    await reader.seek({ ...zero, offset: 1 });
    reader.resume([zero]);
    expect(valuesOf(await read(kafka, reader, 1))).toEqual(['b']);
    await reader.close();
  }),

  scenario('offsets are found by time, and at both ends', async ({ kafka, topic }) => {
    const ledger = await topic(2);
    const [zero, one] = [0, 1].map((partition) => ({ topic: ledger, partition }));
    const producer = kafka.producer();
    for (const timestamp of [1000, 2000, 3000])
      await producer.send({ topic: ledger, partition: 0, value: 'x', timestamp });
    await producer.close();
    const reader = kafka.consumer();
    expect(
      await reader.offsetsForTimes([
        { ...zero, timestamp: 1500 },
        { ...one, timestamp: 1500 },
      ]),
    ).toEqual([{ ...zero, offset: 1, timestamp: 2000, leaderEpoch: expect.any(Number) }, null]);
    expect(await reader.offsetsForTimes([{ ...zero, timestamp: 3001 }])).toEqual([null]);
    expect(await reader.beginningOffsets([one, zero])).toEqual([
      { ...one, offset: 0 },
      { ...zero, offset: 0 },
    ]);
    expect(await reader.endOffsets([zero])).toEqual([{ ...zero, offset: 3 }]);
    await reader.close();
  }),

  scenario('commits without waiting call back in their order, inside later calls', async ({ kafka, topic, group }) => {
    const ledger = await topic();
    const tp = { topic: ledger, partition: 0 };
    const reader = kafka.consumer({ groupId: group(), ...manual });
    await reader.assign([tp]);
    const told: string[] = [];
    const tell = ([{ offset }]: readonly { offset: number }[], error: Error | null) => {
      told.push(`${offset} ${error === null ? 'stored' : error.message.slice(0, 30)}`);
    };
    reader.commitAsync([{ ...tp, offset: 1 }], tell);
    reader.commitAsync([{ ...tp, offset: 2, metadata: 'x'.repeat(5000) }], tell);
    reader.commitAsync([{ ...tp, offset: 3 }], tell);
    expect(told).toEqual([]);
    await reader.commitSync([{ ...tp, offset: 4 }]);
    expect(told).toEqual(['1 stored', expect.stringMatching(/^2 could not commit/), '3 stored']);
    expect(await reader.committed(tp)).toMatchObject({ offset: 4 });
    reader.commitAsync([{ ...tp, offset: 5 }], tell);
    await reader.close();
    expect(told.at(-1)).toBe('5 stored');
  }),

  scenario('the epoch and a text go with the offset of a single record', async ({ kafka, topic, group }) => {
    const ledger = await topic();
    await send(kafka, ledger, ['a', 'b']);
    const reader = kafka.consumer({ groupId: group(), ...manual });
    await reader.subscribe([ledger]);
    const [{ partition, offset, leaderEpoch }] = await read(kafka, reader, 2);
    await reader.commitSync([{ topic: ledger, partition, offset: offset + 1, leaderEpoch, metadata: 'a is done' }]);
    expect(await reader.committed({ topic: ledger, partition })).toEqual({
      offset: 1,
      leaderEpoch,
      metadata: 'a is done',
    });
    await reader.close();
  }),

  scenario('wakeup ends a poll that waits, or else the next one', async ({ kafka, topic, group }) => {
    const ledger = await topic();
    const reader = kafka.consumer({ groupId: group(), ...manual });
    await reader.subscribe([ledger]);
    await reader.poll('2 s');
    const waiting = failure(reader.poll('1 h'));
    reader.wakeup();
    expect((await waiting).name).toBe('WakeupError');
    reader.wakeup();
    expect((await failure(reader.poll('1 h'))).name).toBe('WakeupError');
    await send(kafka, ledger, ['a']);
    expect(valuesOf(await read(kafka, reader, 1))).toEqual(['a']);
    await reader.close();
  }),

  scenario(
    'a partition at a time as small as can be: batches come whole, and all of them',
    async ({ kafka, topic }) => {
      const ledger = await topic();
      const values = Array.from({ length: 20 }, (_, index) => `${index} ${'x'.repeat(500)}`);
      for (const value of values) await send(kafka, ledger, [value]);
      const reader = kafka.consumer({ autoOffsetReset: 'earliest', maxPartitionFetchBytes: 1, fetchMaxBytes: 1 });
      await reader.assign([{ topic: ledger, partition: 0 }]);
      expect(valuesOf(await read(kafka, reader, 20))).toEqual(values);
      await reader.close();
    },
  ),

  scenario('with fetchMinBytes a broker waits for more, but not for ever', async ({ kafka, topic }) => {
    const ledger = await topic();
    await send(kafka, ledger, ['a']);
    const reader = kafka.consumer({ autoOffsetReset: 'earliest', fetchMinBytes: 100_000, fetchMaxWaitMs: 700 });
    await reader.assign([{ topic: ledger, partition: 0 }]);
    const started = kafka.world.now();
    expect(valuesOf(await read(kafka, reader, 1))).toEqual(['a']);
    expect(kafka.world.now() - started).toBeGreaterThanOrEqual(600);
    await reader.close();
  }),

  scenario('whoever reads committed records only reads those without a transaction too', async ({ kafka, topic }) => {
    const ledger = await topic();
    await send(kafka, ledger, ['a', 'b']);
    const reader = kafka.consumer({ autoOffsetReset: 'earliest', isolationLevel: 'read_committed' });
    await reader.assign([{ topic: ledger, partition: 0 }]);
    expect(valuesOf(await read(kafka, reader, 2))).toEqual(['a', 'b']);
    await reader.close();
  }),

  scenario('metrics tell how far behind a consumer is', async ({ kafka, topic }) => {
    const ledger = await topic();
    await send(kafka, ledger, Array.from({ length: 10 }, String));
    const reader = kafka.consumer({ autoOffsetReset: 'earliest', maxPollRecords: 4 });
    await reader.assign([{ topic: ledger, partition: 0 }]);
    expect(reader.metrics()).toMatchObject({ recordsConsumedTotal: 0, recordsLagMax: null });
    await read(kafka, reader, 4);
    const metrics = reader.metrics();
    expect(metrics.partitions).toEqual([{ topic: ledger, partition: 0, position: 4, lag: 6, lead: 4 }]);
    expect(metrics).toMatchObject({ recordsConsumedTotal: 4, recordsLagMax: 6, rebalanceTotal: 0, commitTotal: 0 });
    expect(metrics.recordsConsumedRate).toBeGreaterThan(0);
    await reader.close();
  }),

  scenario('close with no time left does not wait for anybody', async ({ kafka, topic, group }) => {
    const ledger = await topic();
    const reader = kafka.consumer({ groupId: group(), ...manual });
    await reader.subscribe([ledger]);
    await reader.poll('1 s');
    await reader.close({ timeoutMs: 0 });
    expect((await failure(reader.poll(0))).name).toBe('ClientClosedError');
  }),
];
