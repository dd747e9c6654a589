import { expect, test } from 'vitest';
import { type Kafka, SimulationStalled, simulate, TaskFailed } from '../../lib/index.ts';

const topics = { account: 1 };

async function valuesIn(kafka: Kafka, topic: string): Promise<string[]> {
  const consumer = kafka.consumer();
  await consumer.assign([{ topic, partition: 0 }]);
  await consumer.seek({ topic, partition: 0, offset: 0 });
  const values: string[] = [];
  for (let records = await consumer.poll(200); records.length > 0; records = await consumer.poll(200)) {
    for (const { value } of records) values.push(String(value));
  }
  await consumer.close();
  return values;
}

test('a Kafka is there: what is sent can be read', async () => {
  const kafka = await simulate({ topics });
  await kafka.producer().send([1, 2, 3].map((value) => ({ topic: 'account', value: String(value) })));
  expect(await valuesIn(kafka, 'account')).toEqual(['1', '2', '3']);
  await kafka.close();
});

test('time stands still between calls, and a call takes no longer than it takes', async () => {
  const kafka = await simulate({ topics });
  const consumer = kafka.consumer({ groupId: 'ledger', sessionTimeoutMs: 6000 });
  await consumer.subscribe(['account']);
  await consumer.poll('4 s');
  const before = kafka.world.now();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(kafka.world.now()).toBe(before);
  expect(await consumer.poll('30 s')).toEqual([]);
  expect(kafka.world.now() - before).toBeGreaterThanOrEqual(30_000);
  expect(kafka.world.now() - before).toBeLessThan(30_100);
  await kafka.close();
});

test('a spawned task has clients of its own, under its own name', async () => {
  const kafka = await simulate({ topics });
  await kafka.world.spawn('writer', async (kafka) => {
    await kafka.producer().send({ topic: 'account', value: 'from a task' });
    await kafka.producer({ clientId: 'named' }).send({ topic: 'account', value: 'from another' });
  }).done;
  expect(await valuesIn(kafka, 'account')).toEqual(['from a task', 'from another']);
  const nodes = new Set(kafka.cluster.trace.events.map(({ node }) => node));
  expect([...nodes]).toEqual(expect.arrayContaining(['writer/producer-1', 'named', 'consumer-1', 'broker-0']));
  await kafka.close();
});

test('a broker that is killed and started again has everything that it acknowledged', async () => {
  const kafka = await simulate({ topics });
  const producer = kafka.producer();
  for (const value of ['a', 'b', 'c']) await producer.send({ topic: 'account', value });
  kafka.cluster.crash(0);
  expect(() => kafka.cluster.crash(0)).toThrow('broker 0 has crashed: await cluster.restart(0) first');
  await kafka.cluster.restart(0);
  await producer.send({ topic: 'account', value: 'd' });
  expect(await valuesIn(kafka, 'account')).toEqual(['a', 'b', 'c', 'd']);
  await kafka.close();
});

test('a call waits for a broker that comes back', async () => {
  const kafka = await simulate({ topics });
  const producer = kafka.producer();
  await producer.send({ topic: 'account', value: 'a' });
  kafka.cluster.crash(0);
  const sending = producer.send({ topic: 'account', value: 'b' });
  await kafka.world.pass('5 s');
  await kafka.cluster.restart(0);
  expect((await sending).offset).toBe(1);
  await kafka.close();
});

test('a broker that runs is not started again, and one that is not there is not found', async () => {
  const kafka = await simulate();
  await expect(kafka.cluster.restart(0)).rejects.toThrow('broker 0 is running: cluster.crash(0) comes first');
  expect(() => kafka.cluster.crash(1)).toThrow('there is no broker 1: this cluster has 0');
  await kafka.close();
});

test('settings that cannot be are refused with what can', async () => {
  await expect(simulate({ brokers: 3 })).rejects.toThrow('one broker for now');
  await expect(simulate({ seed: 0.5 })).rejects.toThrow('a seed is a whole number');
  await expect(simulate({ config: { 'num.partitions': 'many' } })).rejects.toMatchObject({ name: 'ConfigError' });
  await expect(simulate({ topics: { 'my topic': 1 } })).rejects.toMatchObject({ name: 'ConfigError' });
});

test('the failure of a task is reported by the next call of a client, by name', async () => {
  const kafka = await simulate({ topics });
  const producer = kafka.producer();
  kafka.world.spawn('ledger', async () => {
    throw new Error('no such account');
  });
  const sent = producer.send({ topic: 'account', value: 'a' });
  await sent;
  const error = await producer.send({ topic: 'account', value: 'b' }).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(TaskFailed);
  expect((error as Error).message).toBe("the task 'ledger' failed: no such account");
  await kafka.close();
});

test('a failure that nobody has heard of is reported by close', async () => {
  const kafka = await simulate();
  kafka.world.spawn('ledger', async () => {
    throw new Error('no such account');
  });
  await kafka.admin().listTopics();
  await expect(kafka.close()).rejects.toThrow("the task 'ledger' failed: no such account");
});

test('waiting for something outside the world is noticed', async () => {
  const kafka = await simulate();
  const error = await kafka.world.until(() => new Promise<boolean>(() => {})).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(SimulationStalled);
  expect((error as SimulationStalled).waiting).toContain('until(');
  await kafka.close();
});

test('close twice is harmless; afterwards the world is over', async () => {
  const kafka = await simulate();
  await Promise.all([kafka.close(), kafka.close()]);
  await kafka.close();
  await expect(kafka.world.pass('1 s')).rejects.toThrow('this world has been closed');
});

test('a world of another seed has other ids and other times, and the same outcome', async () => {
  const run = async (seed: number) => {
    const kafka = await simulate({ seed, topics });
    await kafka.producer().send({ topic: 'account', value: 'a' });
    const [topic] = await kafka.admin().describeTopics(['account']);
    const values = await valuesIn(kafka, 'account');
    await kafka.close();
    return { id: topic.topicId, values };
  };
  const [one, other] = [await run(1), await run(2)];
  expect(one.id).not.toBe(other.id);
  expect(one.values).toEqual(other.values);
  expect(await run(1)).toEqual(one);
});

test('a client that fails as it is closed leaves the world closed all the same', async () => {
  const kafka = await simulate({ topics });
  const consumer = kafka.consumer({ groupId: 'ledger' });
  await consumer.subscribe(['account'], {
    onPartitionsRevoked() {
      throw new Error('mine');
    },
  });
  await consumer.poll('10 s');
  await expect(kafka.close()).rejects.toMatchObject({ name: 'RebalanceListenerError' });
  expect(kafka.cluster.trace.events.at(-1)).toMatchObject({ node: 'broker-0' });
  await expect(kafka.world.pass('1 s')).rejects.toThrow('this world has been closed');
});
