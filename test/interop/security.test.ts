/**
 * TLS and SASL as the clients of others speak them: everything goes through TLS, after a login by SCRAM-SHA-512. The broker is ours in any case, one
 * that lives in this process; `test/kafka/security.test.ts` compares each word of a login with Apache Kafka, and kafkajs logs in in `test/node`.
 */
import { fileURLToPath } from 'node:url';
import { type ServedKafka, serve } from 'kafkaito/node';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { fresh } from '../tools/fresh.ts';
import { prepareClients } from './clients.ts';
import { Driver, type Security } from './driver.ts';
import { codeOf, createTopic, eventually, numbered } from './observe.ts';

const certificate = (name: string) => fileURLToPath(new URL(`../node/certificates/${name}`, import.meta.url));
const ca = certificate('broker.crt');
const SASL_AUTHENTICATION_FAILED = 58;
const users = { alice: 'secret' };
const names = inject('interop').clients.flatMap(({ name }) => (name === 'kafkajs' ? [] : [name]));

let kafka: ServedKafka;
/** Those that this machine has, each to be started on that broker. */
let clients: Awaited<ReturnType<typeof prepareClients>>;

beforeAll(async () => {
  const config = { 'group.initial.rebalance.delay.ms': '0' };
  kafka = await serve({ port: 0, tls: { cert: ca, key: certificate('broker.key') }, sasl: { users }, config });
  clients = await prepareClients(kafka.bootstrap);
});

afterAll(() => kafka.close());

async function withDriver(name: string, security: Security, play: (driver: Driver) => Promise<void>): Promise<void> {
  const driver = new Driver(clients.find((client) => client.name === name)!, security);
  try {
    await play(driver);
  } finally {
    await driver.close();
  }
}

describe.each(names)('%s', (name) => {
  test('writes, reads, and is a member of a group', async () => {
    await withDriver(name, { ca, username: 'alice', password: 'secret' }, async (driver) => {
      const topic = fresh(`sealed-${name}`);
      await createTopic(driver, topic, 1);
      const records = numbered(3, 0);
      await driver.do('produce', { topic, codec: 'none', acks: -1, idempotent: true, records });
      const read = await driver.do('read', { topic, partition: 0, from: 0, count: 3 });
      expect(read.map(({ value }) => value)).toEqual(records.map(({ value }) => value));
      await driver.do('join', { member: 'm', group: topic, topic });
      const received = async () => (await driver.do('state', { member: 'm' })).received;
      expect(await eventually(received, ({ length }) => length === 3)).toEqual([0, 1, 2].map((offset) => [0, offset]));
      await driver.do('leave', { member: 'm' });
    });
  });

  test('says so when the password is wrong', async () => {
    await withDriver(name, { ca, username: 'alice', password: 'wrong' }, async (driver) => {
      // librdkafka tells it in the background, and tries again and again.
      if (name === 'confluent-kafka') {
        await driver.do('join', { member: 'm', group: 'wrong', topic: 'nowhere' });
        const failure = async () => (await driver.do('life', { member: 'm' })).failure;
        expect(await eventually(failure, (found) => found !== null)).toMatch(/_AUTHENTICATION.*invalid credentials/);
      } else {
        expect(await codeOf(driver.do('listTopics', {}))).toBe(SASL_AUTHENTICATION_FAILED);
      }
    });
  });
});
