/** Stock kafkajs in a simulated world: it writes, shares a topic in a group, reads and commits, in virtual time, and every run of it is the same. */
import { kafkajsIn } from 'course/kafkajs';
import { type Kafka, simulate } from 'kafkaito';
import { expect, test } from 'vitest';

async function twoMembers() {
  const kafka = await simulate({ seed: 7, topics: { articles: 2 } });
  const writer = kafka.world.spawn('editor', async (own) => {
    const producer = kafkajsIn(own).producer();
    await producer.connect();
    const messages = Array.from({ length: 6 }, (_, n) => ({ value: `article ${n}`, partition: n % 2 }));
    await producer.send({ topic: 'articles', messages });
    await producer.disconnect();
  });
  await writer.done;
  const wrote = kafka.world.now();
  const read: string[] = [];
  const member = async (own: Kafka, name: string) => {
    const consumer = kafkajsIn(own).consumer({ groupId: 'website' });
    await consumer.connect();
    await consumer.subscribe({ topics: ['articles'], fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ partition, message }) => {
        read.push(`${own.world.now()} ${name}: ${partition}/${message.offset} ${message.value}`);
      },
    });
    await own.world.sleep('1 h');
  };
  kafka.world.spawn('one', (own) => member(own, 'one'));
  const two = kafka.world.spawn('two', (own) => member(own, 'two'));
  await kafka.world.pass('30 s');
  const shared = [...read];
  two.crash();
  await kafka.producer().send([0, 1].map((partition) => ({ topic: 'articles', partition, value: 'late' })));
  await kafka.world.pass('1 min');
  const ended = kafka.world.now();
  const committed = kafka.cluster.committed('website');
  await kafka.close();
  return { wrote, shared, heir: read.slice(shared.length), ended, committed };
}

test('two members share a topic, and one takes over from the other that was killed', async () => {
  const { shared, heir, committed } = await twoMembers();
  const readersOf = (partition: number) =>
    new Set(shared.filter((line) => line.includes(` ${partition}/`)).map((line) => line.split(/[ :]/)[1]));
  expect(shared).toHaveLength(6);
  expect(heir.map((line) => line.replace(/^\d+ /, '')).sort()).toEqual(['one: 0/3 late', 'one: 1/3 late']);
  expect([readersOf(0).size, readersOf(1).size]).toEqual([1, 1]);
  expect(committed).toEqual({ articles: { 0: 4, 1: 4 } });
});

test('three runs are the same, to the millisecond', async () => {
  const first = await twoMembers();
  expect(await twoMembers()).toEqual(first);
  expect(await twoMembers()).toEqual(first);
});
