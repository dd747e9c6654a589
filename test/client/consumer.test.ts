import { describe, expect, test } from 'vitest';
import { type Assignor, cooperativeSticky, range } from '../../lib/assignors/index.ts';
import { durationOf } from '../../lib/client/consumer/resetPolicy.ts';
import { consumerSettings, protocolOf } from '../../lib/client/consumer/settings.ts';
import type { Consumer, ConsumerRecord } from '../../lib/client/index.ts';
import { bytes, json } from '../../lib/client/index.ts';
import { failure, stage } from './stage.ts';

type Stage = Awaited<ReturnType<typeof stage>>;
const ledger0 = { topic: 'ledger', partition: 0 };
const offsets = (records: readonly ConsumerRecord[]) => records.map(({ offset }) => offset);
const upTo = (end: number) => Array.from({ length: end }, (_, index) => index);

async function write({ kafka }: Stage, count: number, topic = 'ledger', partition = 0): Promise<void> {
  const producer = kafka.producer({ clientId: 'writer' });
  await producer.send(upTo(count).map((index) => ({ topic, partition, value: String(index) })));
  await producer.close();
}

/** Polls until there is something. */
async function some(consumer: Consumer): Promise<ConsumerRecord[]> {
  for (let tries = 0; tries < 20; tries++) {
    const records = await consumer.poll('1 s');
    if (records.length > 0) return records;
  }
  throw new Error('no records in 20 s');
}

/** A member that has read 0 to 9 of thirty records, and whose application fails on the fourth. */
async function failedOnTheFourth(settings: object = {}) {
  const at = await stage();
  await write(at, 30);
  const member = { groupId: 'g', autoOffsetReset: 'earliest', maxPollRecords: 10, ...settings } as const;
  const consumer = at.kafka.consumer({ enableAutoCommit: false, ...member });
  await consumer.subscribe(['ledger']);
  expect(offsets(await some(consumer))).toEqual(upTo(10));
  const successor = async () => {
    const heir = at.kafka.consumer({ enableAutoCommit: false, ...member });
    await heir.subscribe(['ledger']);
    const [first] = await some(heir);
    await heir.close();
    return first.offset;
  };
  return { at, consumer, successor };
}

test('a poll hands out as many records as it is allowed, also more than a call takes arguments', async () => {
  const at = await stage();
  const producer = at.kafka.producer({ compressionType: 'gzip', batchSizeBytes: 4_000_000, lingerMs: 1_000 });
  // Once the topic is known, records pass at once.
  for (const count of [1, 150_000]) await producer.send(upTo(count).map(() => ({ topic: 'ledger', value: '' })));
  const consumer = at.kafka.consumer({ groupId: 'g', autoOffsetReset: 'earliest', maxPollRecords: 1_000_000 });
  await consumer.subscribe(['ledger']);
  expect(await some(consumer)).toHaveLength(150_001);
  await at.close();
});

describe('ten records, and the fourth fails', () => {
  test('polling again goes on behind the ten, and a commit then skips the failed ones for good', async () => {
    const { at, consumer, successor } = await failedOnTheFourth();
    expect(offsets(await some(consumer))).toEqual(upTo(20).slice(10));
    await consumer.commitSync();
    await consumer.close();
    expect(await successor()).toBe(20);
    await at.close();
  });

  test('seeking to the failed one gets it again', async () => {
    const { at, consumer } = await failedOnTheFourth();
    await consumer.seek({ ...ledger0, offset: 3 });
    expect(offsets(await some(consumer))).toEqual(upTo(13).slice(3));
    await at.close();
  });

  test('commit 3 and seek 3: a crash then repeats nothing and loses nothing', async () => {
    const { at, consumer, successor } = await failedOnTheFourth();
    await consumer.commitSync([{ ...ledger0, offset: 3 }]);
    await consumer.seek({ ...ledger0, offset: 3 });
    await consumer.close();
    expect(await successor()).toBe(3);
    await at.close();
  });

  test('closing without auto-commit: the successor begins at the last commit', async () => {
    const { at, consumer, successor } = await failedOnTheFourth();
    await consumer.close();
    expect(await successor()).toBe(0);
    await at.close();
  });

  test('closing with auto-commit commits the ten: the failed ones are lost', async () => {
    const { at, consumer, successor } = await failedOnTheFourth({ enableAutoCommit: true });
    await consumer.close();
    expect(await successor()).toBe(10);
    await at.close();
  });

  test('auto-commit, and polling again after five seconds: that poll commits 10 before it returns the next', async () => {
    const { at, consumer } = await failedOnTheFourth({ enableAutoCommit: true });
    await at.pass(5000);
    expect(offsets(await some(consumer))).toEqual(upTo(20).slice(10));
    await at.pass(100);
    expect(at.events('consumer.committed').map(({ detail }) => detail.offset)).toEqual([10]);
    await at.close();
  });

  test('pausing keeps the rest back while polls go on', async () => {
    const { at, consumer } = await failedOnTheFourth();
    consumer.pause([ledger0]);
    expect(await consumer.poll('3 s')).toEqual([]);
    consumer.resume([ledger0]);
    expect(offsets(await some(consumer))).toEqual(upTo(20).slice(10));
    await at.close();
  });
});

describe('fetching', () => {
  test('the rest of an answer is in stock, and while the application works, the next answer comes', async () => {
    const { at, consumer } = await failedOnTheFourth();
    const before = at.clock.monotonicMs();
    expect(offsets(await consumer.poll('1 s'))).toEqual(upTo(20).slice(10));
    expect(offsets(await consumer.poll('1 s'))).toEqual(upTo(30).slice(20));
    expect(at.clock.monotonicMs()).toBe(before);
    await write(at, 5);
    await at.pass(100);
    expect(offsets(await consumer.poll(0))).toEqual([30, 31, 32, 33, 34]);
    await at.close();
  });

  test('no broker ever has two fetches of one consumer to answer', async () => {
    const at = await stage({ topics: { ledger: 4 } });
    const consumer = at.kafka.consumer({ groupId: 'g', autoOffsetReset: 'earliest' });
    await consumer.subscribe(['ledger']);
    for (let round = 0; round < 8; round++) {
      await write(at, 5, 'ledger', round % 4);
      await consumer.poll('100 ms');
    }
    let open = 0;
    let fetches = 0;
    for (const { what } of at.cluster.trace.events.filter(({ detail }) => detail.api === 'Fetch')) {
      open += what === 'request.sent' ? 1 : -1;
      fetches++;
      expect(open).toBeLessThanOrEqual(1);
    }
    expect(fetches).toBeGreaterThan(8);
    await at.close();
  });

  test('what was fetched before a seek is thrown away', async () => {
    const { at, consumer } = await failedOnTheFourth();
    await consumer.seek({ ...ledger0, offset: 25 });
    expect(offsets(await some(consumer))).toEqual([25, 26, 27, 28, 29]);
    await consumer.seek({ ...ledger0, offset: 0 });
    expect(offsets(await some(consumer))).toEqual(upTo(10));
    await at.close();
  });

  test('a consumer that is not polled fetches nothing more', async () => {
    const { at } = await failedOnTheFourth();
    const fetches = at.requests('consumer-1', 'Fetch').length;
    await at.pass(60_000);
    expect(at.requests('consumer-1', 'Fetch').length).toBe(fetches);
    await at.close();
  });

  test('reading goes on after the broker was killed and has come back', async () => {
    const { at, consumer } = await failedOnTheFourth({ sessionTimeoutMs: 6000 });
    at.cluster.crash(0);
    expect(offsets(await some(consumer))).toEqual(upTo(20).slice(10));
    expect(offsets(await some(consumer))).toEqual(upTo(30).slice(20));
    expect(await consumer.poll('2 s')).toEqual([]);
    await at.drive(at.cluster.start(0));
    await write(at, 1);
    expect(offsets(await some(consumer))).toEqual([30]);
    await consumer.commitSync();
    expect(await consumer.committed(ledger0)).toMatchObject({ offset: 31 });
    await at.close();
  });

  test('out of range, and no policy to go by: an error that names the offset', async () => {
    const at = await stage();
    const consumer = at.kafka.consumer({ autoOffsetReset: 'none' });
    await consumer.assign([ledger0]);
    await consumer.seek({ ...ledger0, offset: 7 });
    const error = await failure(some(consumer));
    expect(error.name).toBe('OffsetOutOfRangeError');
    expect(error.message).toContain('offset 7 of ledger-0');
    await at.close();
  });

  test('a value that cannot be read stops at its offset, after the ones before it', async () => {
    const at = await stage();
    const producer = at.kafka.producer();
    await producer.send(['{"n":1}', '{"n":2}', 'oops', '{"n":4}'].map((value) => ({ topic: 'ledger', value })));
    const consumer = at.kafka.consumer({ valueDeserializer: json, keyDeserializer: bytes });
    await consumer.assign([ledger0]);
    await consumer.seek({ ...ledger0, offset: 0 });
    const values = (records: readonly { value: unknown }[]) => records.map(({ value }) => value);
    expect(values(await consumer.poll('1 s'))).toEqual([{ n: 1 }, { n: 2 }]);
    for (let round = 0; round < 2; round++) {
      const error = await failure(consumer.poll('1 s'));
      expect(error.name).toBe('DeserializationError');
      expect(error.message).toMatch(/value .* offset 2 of ledger-0 .*Seek to offset 3/);
    }
    await consumer.seek({ ...ledger0, offset: 3 });
    expect(values(await consumer.poll('1 s'))).toEqual([{ n: 4 }]);
    await at.close();
  });

  test('whoever leaves a loop over the consumer early goes on at the next record, not behind the batch', async () => {
    const { at, consumer } = await failedOnTheFourth();
    for await (const record of consumer) if (record.offset === 13) break;
    expect(await consumer.position(ledger0)).toBe(14);
    for await (const record of consumer) {
      expect(record.offset).toBe(14);
      break;
    }
    await at.close();
  });
});

const onlyCooperative: Assignor = { name: 'only', protocols: ['cooperative'], assign: range.assign };

describe('settings', () => {
  test.each([
    ['by_duration:PT90S', 90_000],
    ['by_duration:PT1H30M', 5_400_000],
    ['by_duration:P7D', 604_800_000],
    ['by_duration:P1DT0.5S', 86_400_500],
    ['latest', undefined],
  ])('%s is %s milliseconds', (policy, expected) => {
    expect(durationOf(policy)).toBe(expected);
  });

  test('rebalances are cooperative when all strategies can do that, and eager otherwise', () => {
    expect(protocolOf([range, cooperativeSticky])).toBe('eager');
    expect(protocolOf([cooperativeSticky])).toBe('cooperative');
    expect(protocolOf([cooperativeSticky, onlyCooperative])).toBe('cooperative');
    expect(protocolOf(consumerSettings({}).partitionAssignmentStrategy)).toBe('eager');
  });
});

describe('use and misuse', () => {
  test('each wrong call says what to do', async () => {
    const at = await stage();
    const loner = at.kafka.consumer();
    expect((await failure(loner.poll(0))).message).toContain('subscribe() or assign() first');
    expect((await failure(loner.subscribe(['ledger']))).message).toContain('with a groupId');
    await loner.assign([ledger0]);
    expect((await failure(loner.commitSync())).message).toContain('with a groupId');
    const elsewhere = { topic: 'ledger', partition: 9, offset: 0 };
    expect((await failure(loner.seek(elsewhere))).message).toBe(
      'ledger-9 is not assigned to this consumer, which has ledger-0',
    );
    expect((await failure(loner.seek({ ...ledger0, offset: -1 }))).message).toContain('whole numbers from 0 on');
    expect((await failure(loner.poll('soon'))).message).toContain('is not a duration');
    const member = at.kafka.consumer({ groupId: 'g' });
    await member.subscribe(['ledger']);
    expect((await failure(member.assign([ledger0]))).message).toContain('unsubscribe() before assign()');
    await at.close();
  });

  test('two calls at once: the second is refused, the first goes on', async () => {
    const at = await stage();
    const consumer = at.kafka.consumer({ groupId: 'g' });
    await consumer.subscribe(['ledger']);
    const polling = consumer.poll('1 s');
    expect(() => consumer.commitAsync()).toThrow(/commitAsync\(\) was called while poll\(\) is not finished/);
    expect(() => consumer.enforceRebalance()).toThrow(/while poll\(\) is not finished/);
    const calls = [consumer.poll(0), consumer.commitSync(), consumer.committed(ledger0), consumer.close()];
    for (const call of [...calls, consumer.seekToEnd(), consumer.endOffsets([ledger0])]) {
      const error = await failure(call);
      expect(error.name).toBe('ConcurrentModificationError');
      expect(error.message).toContain('while poll() is not finished');
    }
    expect(await polling).toEqual([]);
    await at.close();
  });

  test('wakeup ends other waits too, and what was tried is not tried again', async () => {
    const at = await stage();
    const consumer = at.kafka.consumer({ groupId: 'g' });
    await consumer.assign([ledger0]);
    at.cluster.crash(0);
    const committing = failure(consumer.commitSync([{ ...ledger0, offset: 1 }]));
    await at.pass(1000);
    consumer.wakeup();
    expect((await committing).name).toBe('WakeupError');
    consumer.wakeup();
    expect((await failure(consumer.position(ledger0))).name).toBe('WakeupError');
    await at.drive(at.cluster.start(0));
    await at.pass(5000);
    expect(await consumer.committed(ledger0)).toBe(null);
    await at.close();
  });

  test('wakeup in the middle of a join ends that poll; the next one goes on with the join', async () => {
    const at = await stage({ config: { 'group.initial.rebalance.delay.ms': '3000' } });
    const consumer = at.kafka.consumer({ groupId: 'g' });
    await consumer.subscribe(['ledger']);
    const polling = failure(consumer.poll('1 h'));
    await at.pass(1000);
    consumer.wakeup();
    expect((await polling).name).toBe('WakeupError');
    await consumer.poll('3 s');
    expect(consumer.assignment()).toEqual([ledger0]);
    expect(at.requests('consumer-1', 'JoinGroup')).toHaveLength(2);
    await at.close();
  });

  test('a pattern with a flag that remembers is asked afresh each time; topics of Kafka itself are passed over', async () => {
    const at = await stage({ topics: { ledger: 1, ledge: 1, orders: 1 } });
    const consumer = at.kafka.consumer({ groupId: 'g', enableAutoCommit: false });
    await consumer.subscribe(/ledge|__/g);
    await consumer.poll('1 s');
    expect(consumer.subscription()).toEqual(['ledge', 'ledger']);
    const all = at.kafka.consumer({ groupId: 'h', excludeInternalTopics: false });
    await all.subscribe(/^__/);
    await all.poll('1 s');
    expect(all.subscription()).toEqual(['__consumer_offsets']);
    await at.close();
  });

  test('closing the Kafka ends a poll that waits; a closed consumer says so', async () => {
    const at = await stage();
    const consumer = at.kafka.consumer({ groupId: 'g' });
    await consumer.subscribe(['ledger']);
    await consumer.poll('1 s');
    const waiting = failure(consumer.poll('1 h'));
    await at.kafka.close();
    expect((await waiting).name).toBe('ClientClosedError');
    expect((await failure(consumer.poll(0))).name).toBe('ClientClosedError');
    await consumer.close();
    expect(() => at.kafka.consumer()).toThrow(/has been closed/);
    await at.close();
  });

  test.each([
    [{ groupID: 'g' } as object, /no setting 'groupID'/],
    [{ toString: () => 'a consumer' } as object, /no setting 'toString'/],
    [{ heartbeatIntervalMs: 6000, sessionTimeoutMs: 6000 }, /below sessionTimeoutMs/],
    [{ autoOffsetReset: 'first' as 'earliest' }, /"earliest", "latest", "none"/],
    [{ maxPollRecords: 0 }, /at least 1/],
    [{ groupId: '' }, /groupId is empty/],
    [{ partitionAssignmentStrategy: [] }, /\[range\]/],
    [{ groupInstanceId: '' }, /groupInstanceId is empty/],
    [{ isolationLevel: 'serializable' as 'read_committed' }, /"read_uncommitted", "read_committed"/],
    [{ autoOffsetReset: 'by_duration:1h' as const }, /'by_duration:PT1H' or 'by_duration:P7D'/],
    [{ autoOffsetReset: 'by_duration:P' as const }, /ISO 8601/],
    [{ autoOffsetReset: 'by_duration:PT' as const }, /ISO 8601/],
    [{ partitionAssignmentStrategy: [range, onlyCooperative] }, /different ways \(range, only\)/],
  ])('the settings %o are refused', (settings, message) => {
    expect(() => consumerSettings(settings)).toThrow(message);
  });
});
