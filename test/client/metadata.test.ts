/** Which topics a client asks about, and for how long. */
import { describe, expect, test } from 'vitest';
import { failure, stage } from './stage.ts';

describe('a topic that is no name', () => {
  test.each([undefined, '', 7])('%o: the record is refused, and those of other topics go on', async (topic) => {
    const at = await stage();
    const producer = at.kafka.producer();
    const error = await failure(producer.send({ topic: topic as string, value: 'x' }));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain(`${JSON.stringify(topic)} is no name of a topic`);
    expect(await producer.send({ topic: 'ledger', value: 'x' })).toMatchObject({ offset: 0 });
    await at.close();
  });

  test('a consumer that asks for its end, or reads it, is told the same, and goes on', async () => {
    const at = await stage();
    const consumer = at.kafka.consumer();
    const none = { topic: undefined as never, partition: 0 };
    for (const call of [() => consumer.endOffsets([none]), () => consumer.assign([none])])
      expect((await failure(call())).message).toContain('undefined is no name of a topic');
    expect(await consumer.endOffsets([{ topic: 'ledger', partition: 0 }])).toMatchObject([{ offset: 0 }]);
    await consumer.assign([{ topic: 'ledger', partition: 0 }]);
    expect(await consumer.poll('1 s')).toEqual([]);
    await at.close();
  });

  test('is refused by the call that names it, as in Java, and what a consumer had stays as it was', async () => {
    const at = await stage();
    await at.kafka.producer().send([0, 1].map((index) => ({ topic: 'ledger', value: String(index) })));
    const settings = { groupId: 'bank', autoOffsetReset: 'earliest', maxPollRecords: 1 } as const;
    const member = at.kafka.consumer(settings);
    const alone = at.kafka.consumer(settings);
    await member.subscribe(['ledger']);
    await alone.assign([{ topic: 'ledger', partition: 0 }]);
    for (const consumer of [member, alone]) expect(await consumer.poll('5 s')).toMatchObject([{ value: '0' }]);
    expect((await failure(member.subscribe(['ledger', '']))).message).toContain('"" is no name of a topic');
    expect((await failure(alone.assign([{ topic: '', partition: 0 }]))).message).toContain('"" is no name of a topic');
    for (const consumer of [member, alone]) expect(await consumer.poll('5 s')).toMatchObject([{ value: '1' }]);
    await at.close();
  });
});

describe('a topic that nobody needs any more', () => {
  const topicsAsked = (at: Awaited<ReturnType<typeof stage>>) =>
    at.requests('producer-1', 'Metadata').map(({ detail }) => detail.topics);

  test('is not asked for again when the send that waited for it has been given up', async () => {
    const at = await stage({ config: { 'auto.create.topics.enable': 'false' } });
    const producer = at.kafka.producer({ maxBlockMs: 3000 });
    expect((await failure(producer.send({ topic: 'legder', value: 'x' }))).name).toBe('TimedOutError');
    const asked = topicsAsked(at).length;
    await at.pass(3_600_000);
    const later = topicsAsked(at).slice(asked);
    // What the brokers are is asked every five minutes all the same, and one request may have been under way.
    expect(later.length).toBeLessThanOrEqual(13);
    expect(later.slice(1).flat()).toEqual([]);
    await at.kafka.admin().createTopics({ legder: 1 });
    expect(await producer.send({ topic: 'legder', value: 'x' })).toMatchObject({ offset: 0 });
    await at.close();
  });

  test('is left out when nothing has been sent to it for five minutes, and found again for the next record', async () => {
    const at = await stage({ topics: { ledger: 1, audit: 1 } });
    const producer = at.kafka.producer();
    await producer.send({ topic: 'audit', value: 'x' });
    for (let minute = 0; minute < 12; minute++) {
      await producer.send({ topic: 'ledger', value: 'x' });
      await at.pass(60_000);
    }
    expect(topicsAsked(at).at(-1)).toEqual(['ledger']);
    expect(await producer.send({ topic: 'audit', value: 'y' })).toMatchObject({ offset: 1 });
    expect(topicsAsked(at).at(-1)).toEqual(['audit', 'ledger']);
    await at.close();
  });

  test('stays deleted: a producer that has sent to it does not have it created anew, before it sends again', async () => {
    const at = await stage({ topics: { ledger: 1, audit: 1 } });
    const producer = at.kafka.producer();
    await producer.send({ topic: 'audit', value: 'x' });
    await at.kafka.admin().deleteTopics(['audit']);
    await at.pass(3_600_000);
    expect(await at.kafka.admin().listTopics()).toEqual(['ledger']);
    expect(await producer.send({ topic: 'audit', value: 'y' })).toMatchObject({ offset: 0 });
    await at.close();
  });

  test('a consumer goes on asking for what it has subscribed to', async () => {
    const at = await stage();
    const consumer = at.kafka.consumer({ groupId: 'bank', maxPollIntervalMs: 7_200_000 });
    await consumer.subscribe(['ledger']);
    await consumer.poll('1 s');
    await at.pass(3_600_000);
    expect(at.requests('consumer-1', 'Metadata').at(-1)?.detail.topics).toEqual(['ledger']);
    await at.close();
  });
});
