/** One seed, one run: the page's engine and Node's agree on every event of it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { simulate } from '../../lib/index.ts';
import { Library } from './visit.ts';

/** A group of two, a crash and a takeover; answers the hash of all that happened. Runs here and, as text, in a cell. */
async function storm(open: typeof simulate): Promise<string> {
  const kafka = await open({ seed: 42, topics: { ledger: 2 } });
  const producer = kafka.producer();
  for (let number = 0; number < 20; number++) {
    await producer.send({ topic: 'ledger', key: `k${number}`, value: String(number) });
  }
  const read = async (own: typeof kafka | Parameters<Parameters<typeof kafka.world.spawn>[1]>[0]) => {
    const consumer = own.consumer({ groupId: 'readers', autoOffsetReset: 'earliest' });
    await consumer.subscribe(['ledger']);
    for (;;) await consumer.poll('1 s');
  };
  const first = kafka.world.spawn('first', read);
  kafka.world.spawn('second', read);
  await kafka.world.pass('30 s');
  first.crash();
  await kafka.world.pass('2 min');
  const { hash } = kafka.cluster.trace;
  await kafka.close();
  return hash;
}

describe.runIf(process.env.KAFKAITO_TEST_COURSE !== 'no')('virtual time', () => {
  let library: Library;

  beforeAll(async () => {
    library = await Library.open('site');
  });

  afterAll(() => library.close());

  it('gives the same trace hash in the page and in Node', async () => {
    const visit = await library.visit('/00-a-balance-goes-wrong');
    const cell = visit.cell('events');
    await cell.write(`import { simulate } from 'kafkaito';\nconsole.log(await (${storm.toString()})(simulate));`);
    await cell.run();
    expect(await cell.shown()).toEqual([{ stream: 'stdout', text: expect.stringContaining(await storm(simulate)) }]);
    await visit.leave();
  });
});
