import { expect } from 'vitest';
import type { KafkaError } from '../../lib/index.ts';
import { failure, scenario, send } from './scenario.ts';

const nameOf = async (run: Promise<unknown>) => ((await failure(run)) as KafkaError).error.name;

export const admin = [
  scenario('a topic can be described, by name, with leaders and replicas', async ({ kafka, topic }) => {
    const ledger = await topic(3);
    const [described] = await kafka.admin().describeTopics([ledger]);
    expect(described.name).toBe(ledger);
    expect(described.topicId).toMatch(/^[\w-]{22}$/);
    expect(described.partitions.map(({ partition }) => partition)).toEqual([0, 1, 2]);
    for (const { leader, replicas, isr } of described.partitions) {
      expect(replicas).toEqual([leader]);
      expect(isr).toEqual([leader]);
    }
  }),

  scenario('a topic cannot be created twice', async ({ kafka, topic }) => {
    const ledger = await topic();
    expect(await nameOf(kafka.admin().createTopics({ [ledger]: 1 }))).toBe('TOPIC_ALREADY_EXISTS');
  }),

  scenario('a name with a space, and a topic without partitions, are refused', async ({ kafka, group }) => {
    const admin = kafka.admin();
    expect(await nameOf(admin.createTopics({ 'my topic': 1 }))).toBe('INVALID_TOPIC_EXCEPTION');
    expect(await nameOf(admin.createTopics({ [group()]: 0 }))).toBe('INVALID_PARTITIONS');
    expect(await nameOf(admin.createTopics([{ name: group(), partitions: 1, replicationFactor: 7 }]))).toBe(
      'INVALID_REPLICATION_FACTOR',
    );
  }),

  scenario('a deleted topic is gone, and a new one of its name begins at offset 0', async ({ kafka, topic }) => {
    const ledger = await topic();
    await send(kafka, ledger, ['a', 'b']);
    const admin = kafka.admin();
    await admin.deleteTopics([ledger]);
    await kafka.world.until(async () => !(await admin.listTopics()).includes(ledger));
    await admin.createTopics({ [ledger]: 1 });
    await kafka.world.until(async () => (await admin.listTopics()).includes(ledger));
    expect((await kafka.producer().send({ topic: ledger, value: 'new' })).offset).toBe(0);
  }),

  scenario('deleting or describing a topic that is not there says so', async ({ kafka, group }) => {
    const admin = kafka.admin();
    const missing = group();
    expect(await nameOf(admin.deleteTopics([missing]))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(await nameOf(admin.describeTopics([missing]))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
  }),
];
