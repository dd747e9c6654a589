import { expect, test } from 'vitest';
import { simulate } from '../../lib/index.ts';

const COUNT = 15;

/** Fifteen values sent one after the other, by a broker that is killed `crashAtMs` after the first was on its way: what the log holds then. */
async function sentThroughACrash(crashAtMs: number, seed: number): Promise<{ values: unknown[]; survived: boolean }> {
  const kafka = await simulate({ seed, topics: { account: 1 } });
  const acknowledged: number[] = [];
  const writer = kafka.world.spawn('writer', async (kafka) => {
    const producer = kafka.producer();
    for (let value = 0; value < COUNT; value++) {
      const { offset } = await producer.send({ topic: 'account', value: String(value) });
      acknowledged[offset] = value;
    }
  });
  await kafka.world.pass(crashAtMs);
  kafka.cluster.crash(0);
  const before = [...acknowledged];
  await kafka.cluster.restart(0);
  await writer.done;
  const consumer = kafka.consumer();
  await consumer.assign([{ topic: 'account', partition: 0 }]);
  await consumer.seek({ topic: 'account', partition: 0, offset: 0 });
  const values: unknown[] = [];
  for (let records = await consumer.poll(600); records.length > 0; records = await consumer.poll(600)) {
    values.push(...records.map(({ value }) => Number(value)));
  }
  await kafka.close();
  return { values, survived: before.every((value, offset) => values[offset] === value) };
}

test('whenever the broker is killed: nothing acknowledged is lost, and what is sent again is stored once', async () => {
  const all = Array.from({ length: COUNT }, (_, value) => value);
  for (let crashAtMs = 1; crashAtMs <= 90; crashAtMs++) {
    const { values, survived } = await sentThroughACrash(crashAtMs, crashAtMs);
    expect({ crashAtMs, values, survived }).toEqual({ crashAtMs, values: all, survived: true });
  }
});
