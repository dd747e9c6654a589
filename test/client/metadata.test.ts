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
});
