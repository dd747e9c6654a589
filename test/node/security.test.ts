/** TLS and SASL between our broker, our clients and stock kafkajs; and each thing that goes wrong with them at the start, with what it is told as. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as rawConnect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import kafkajs, { type KafkaConfig, type SASLOptions } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type ConnectSettings, connect, type ServedKafka, type ServeSettings, serve } from '../../lib/node/index.ts';
import { readPassword, readUsers } from '../../lib/node/security.ts';

const file = (name: string) => fileURLToPath(new URL(`certificates/${name}`, import.meta.url));
const pem = (name: string) => readFileSync(file(name), 'utf8');
const tls = { cert: file('broker.crt'), key: file('broker.key') };
const ca = tls.cert;
const users = { alice: 'secret', 'bo=b,': 'päss,wörd=' };
const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;

const open: { close(): Promise<void> }[] = [];
const lines: string[] = [];
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kafkaito security '));
});
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
  lines.length = 0;
});

async function started(settings: ServeSettings): Promise<ServedKafka> {
  const config = { 'group.initial.rebalance.delay.ms': '0', ...settings.config };
  const topics = { ledger: 1 };
  const served = await serve({ port: 0, topics, ...settings, config, say: (line) => lines.push(line) });
  open.push(served);
  return served;
}

async function connected(...args: Parameters<typeof connect>) {
  const kafka = await connect(...args);
  open.push(kafka);
  return kafka;
}

function stock(bootstrap: string, settings: Partial<KafkaConfig>): kafkajs.Kafka {
  const retry = { retries: 0 };
  return new kafkajs.Kafka({
    brokers: [bootstrap],
    logLevel: kafkajs.logLevel.NOTHING,
    retry,
    ...settings,
  } as KafkaConfig);
}

const forKafkajs = (mechanism: string, username: string, password: string) =>
  ({ mechanism: mechanism.toLowerCase(), username, password }) as SASLOptions;

/** Sends one record and reads it again in a group, by kafkajs. */
async function thereAndBack(kafka: kafkajs.Kafka): Promise<string | undefined> {
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic: 'ledger', messages: [{ value: 'by kafkajs' }] });
  await producer.disconnect();
  const consumer = kafka.consumer({ groupId: 'bank' });
  await consumer.connect();
  await consumer.subscribe({ topics: ['ledger'], fromBeginning: true });
  const got = await new Promise<string | undefined>((resolve) => {
    void consumer.run({ eachMessage: async ({ message }) => resolve(message.value?.toString()) });
  });
  await consumer.disconnect();
  return got;
}

describe.each([
  ['plain TCP', {}, {}, {}, 'SASL_PLAINTEXT'],
  ['TLS', { tls }, { tls: { ca } }, { ssl: { ca: [pem('broker.crt')] } }, 'SASL_SSL'],
] satisfies readonly (readonly [string, ServeSettings, ConnectSettings, Partial<KafkaConfig>, string])[])(
  'through %s',
  (_, forServe, forConnect, forStock, protocol) => {
    test.each(mechanisms)('users log in by %s: our clients, and kafkajs', async (mechanism) => {
      const served = await started({ ...forServe, sasl: { users } });
      expect(served.securityProtocol).toBe(protocol);
      expect(await served.admin().listTopics()).toEqual(['ledger']);
      for (const [username, password] of Object.entries(users)) {
        const kafka = await connected(served.bootstrap, { ...forConnect, sasl: { mechanism, username, password } });
        expect((await kafka.producer().send({ topic: 'ledger', value: username })).offset).toBeGreaterThanOrEqual(0);
        const theirs = stock(served.bootstrap, { ...forStock, sasl: forKafkajs(mechanism, username, password) });
        expect(await theirs.admin().listTopics()).toEqual(['ledger']);
      }
      const theirs = stock(served.bootstrap, { ...forStock, sasl: forKafkajs(mechanism, 'alice', 'secret') });
      expect(await thereAndBack(theirs)).toBe('alice');
    });

    test.each(mechanisms)(
      'a wrong password and an unknown user are refused by %s, with the error of Kafka',
      async (mechanism) => {
        const served = await started({ ...forServe, sasl: { users } });
        for (const [username, password] of [
          ['alice', 'Secret'],
          ['mallory', 'secret'],
        ]) {
          const sasl = { mechanism, username, password };
          await expect(connect(served.bootstrap, { ...forConnect, sasl })).rejects.toMatchObject({
            name: 'AuthenticationFailed',
            message: expect.stringMatching(/SASL_AUTHENTICATION_FAILED.*check the user name and the password$/),
          });
          const theirs = stock(served.bootstrap, { ...forStock, sasl: forKafkajs(mechanism, username, password) });
          await expect(theirs.admin().connect()).rejects.toMatchObject({ name: 'KafkaJSSASLAuthenticationError' });
        }
        expect(await served.admin().listTopics()).toEqual(['ledger']);
      },
    );
  },
);

describe('TLS', () => {
  test('alone lets everybody in who speaks it: our clients by path or text of the certificate, and kafkajs', async () => {
    const served = await started({ tls: { cert: pem('broker.crt'), key: pem('broker.key') } });
    expect(served.securityProtocol).toBe('SSL');
    for (const trusted of [ca, pem('broker.crt')]) {
      const kafka = await connected(served.bootstrap.replace('127.0.0.1', 'localhost'), { tls: { ca: trusted } });
      expect(await kafka.admin().listTopics()).toEqual(['ledger']);
    }
    await served.producer().send({ topic: 'ledger', value: 'ours' });
    expect(await thereAndBack(stock(served.bootstrap, { ssl: { ca: [pem('broker.crt')] } }))).toBe('ours');
  });

  test('takes a key with a password', async () => {
    const served = await started({ tls: { ...tls, key: file('broker.protected.key'), passphrase: 'opensesame' } });
    expect(await served.admin().listTopics()).toEqual(['ledger']);
  });

  test('carries a megabyte in both directions', async () => {
    const served = await started({ tls });
    const kafka = await connected(served.bootstrap, { tls: { ca } });
    const value = 'x'.repeat(1_000_000);
    await kafka.producer().send({ topic: 'ledger', value });
    const consumer = kafka.consumer({});
    await consumer.assign([{ topic: 'ledger', partition: 0 }]);
    await consumer.seek({ topic: 'ledger', partition: 0, offset: 0 });
    expect((await consumer.poll('10 s'))[0].value).toBe(value);
  });

  test.each([
    [
      'a certificate that is not there',
      { cert: 'nowhere.crt', key: tls.key },
      /the certificate cannot be read from nowhere.crt \(ENOENT\): give the path/,
    ],
    ['a key that is a folder', { cert: tls.cert, key: tmpdir() }, /the key cannot be read from .* \(EISDIR\)/],
    ['a file that is no PEM', { cert: file('README.md'), key: tls.key }, /README.md holds no PEM, .* turn it into PEM/],
    [
      'a key of another certificate',
      { cert: tls.cert, key: file('other.key') },
      /the key does not belong to the certificate/,
    ],
    [
      'a key with a password that is missing',
      { cert: tls.cert, key: file('broker.protected.key') },
      /the key has a password: give it/,
    ],
    [
      'a wrong password',
      { ...tls, key: file('broker.protected.key'), passphrase: 'no' },
      /the password of the key is wrong/,
    ],
    ['a certificate in the place of the key', { cert: tls.cert, key: tls.cert }, /cannot be used/],
  ])('%s is refused, and nothing is left behind', async (_, settings, message) => {
    await expect(serve({ port: 0, dataDir: folder, tls: settings })).rejects.toMatchObject({
      name: 'TlsFailed',
      message: expect.stringMatching(message),
    });
    await (await serve({ port: 0, dataDir: folder })).close();
  });

  test('a certificate that a client does not trust is named to the client, and the client to the broker', async () => {
    const served = await started({ tls });
    for (const untrusting of [true, { ca: file('other.crt') }]) {
      await expect(connect(served.bootstrap, { tls: untrusting })).rejects.toMatchObject({
        name: 'TlsFailed',
        message: expect.stringMatching(
          /is signed by nobody whom this client trusts .*: give the certificate of the authority/,
        ),
      });
    }
    await expect.poll(() => lines.length).toBeGreaterThan(0);
    expect(lines[0]).toMatch(/^the connection from .+ is refused: it .*(trust|left)/);
  });

  test('a certificate for another host is named as such', async () => {
    const served = await started({ tls: { cert: file('other.crt'), key: file('other.key') } });
    expect(await served.admin().listTopics()).toEqual(['ledger']);
    await expect(connect(served.bootstrap, { tls: { ca: file('other.crt') } })).rejects.toMatchObject({
      name: 'TlsFailed',
      message: expect.stringMatching(/is for another host .* or have one made that names 127.0.0.1/),
    });
  });

  test('a plain client on a port with TLS, and the other way round: each side is told what is wrong', async () => {
    const sealed = await started({ tls });
    await expect(connect(sealed.bootstrap)).rejects.toThrow(
      /Somebody is there, .* a port with TLS wants {2}tls {2}in the settings/,
    );
    await expect
      .poll(() => lines.at(-1))
      .toMatch(/127.0.0.1:\d+ is refused: it does not speak TLS, and nothing else is spoken on this port/);
    const plain = await started({});
    await expect(connect(plain.bootstrap, { tls: { ca } })).rejects.toMatchObject({
      name: 'TlsFailed',
      message: expect.stringMatching(/TLS/),
    });
    const why = plain.cluster.trace.events
      .filter(({ what }) => what === 'connection.closed')
      .map(({ detail }) => detail.why);
    expect(why).toContainEqual(expect.stringMatching(/the other side speaks TLS and this one does not/));
    expect(await plain.admin().listTopics()).toEqual(['ledger']);
  });

  test('nobody at the address is still nobody', async () => {
    const gone = await started({ tls });
    await gone.close();
    await expect(connect(gone.bootstrap, { tls: { ca } })).rejects.toMatchObject({ name: 'ConnectionLost' });
  });

  test('clients that leave in the middle of the handshake, or send noise, disturb nobody', async () => {
    const served = await started({ tls });
    const [host, port] = served.bootstrap.split(':');
    for (const noise of ['', '\x16\x03\x01', '\x16\x03\x01\x00\x05hello', 'GET / HTTP/1.1\r\n\r\n']) {
      const socket = rawConnect(Number(port), host);
      const ended = new Promise((resolve) => socket.once('close', resolve));
      socket.on('error', () => {}).resume();
      socket.end(noise, 'latin1');
      await ended;
    }
    expect(await served.admin().listTopics()).toEqual(['ledger']);
  });
});

describe('SASL', () => {
  test('a client that does not log in is told to', async () => {
    const served = await started({ sasl: { users } });
    await expect(connect(served.bootstrap)).rejects.toMatchObject({
      name: 'AuthenticationFailed',
      message: expect.stringMatching(/answers only those who log in: give {2}sasl: { username, password }/),
    });
  });

  test('a client that logs in where nobody asks is told so', async () => {
    const served = await started({});
    const sasl = { username: 'alice', password: 'secret' };
    await expect(connect(served.bootstrap, { sasl })).rejects.toThrow(/it asks nobody who he is on this port/);
  });

  test('a mechanism that is not offered is refused with those that are', async () => {
    const served = await started({ sasl: { users }, config: { 'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256' } });
    const sasl = { mechanism: 'SCRAM-SHA-512', username: 'alice', password: 'secret' } as const;
    await expect(connect(served.bootstrap, { sasl })).rejects.toThrow(
      /it does not offer SCRAM-SHA-512; set the mechanism to one that it does: PLAIN, SCRAM-SHA-256/,
    );
  });

  test('our own clients come in whatever mechanisms are offered', async () => {
    const served = await started({ sasl: { users }, config: { 'sasl.enabled.mechanisms': 'SCRAM-SHA-256' } });
    expect(await served.admin().listTopics()).toEqual(['ledger']);
  });

  test.each([
    ['no user', {}, /sasl names no users/],
    ['a user without a name', { '': 'x' }, /has no name/],
    ['a user without a password', { alice: '' }, /the user alice of sasl has no password/],
  ])('%s is refused at the start', async (_, wrong, message) => {
    await expect(serve({ port: 0, sasl: { users: wrong } })).rejects.toThrow(message);
  });

  test('users and the password of a key are read from files', () => {
    const path = join(folder, 'users');
    writeFileSync(path, '# who may come in\nalice=secret\r\n\n  bob = with=signs \n');
    expect(readUsers(path)).toEqual({ alice: 'secret', bob: ' with=signs ' });
    expect(readPassword(path)).toBe('# who may come in');
    writeFileSync(path, 'alice=secret\nbob\n');
    expect(() => readUsers(path)).toThrow(`line 2 of ${path} is not of the form  name=password`);
    writeFileSync(path, 'alice=secret\nbob=b\n alice =other\n');
    expect(() => readUsers(path)).toThrow(`line 3 of ${path} names alice a second time: give each user one line`);
    expect(() => readUsers(join(folder, 'none'))).toThrow(/the users cannot be read from .* \(ENOENT\)/);
  });
});
