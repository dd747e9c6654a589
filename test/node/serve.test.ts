import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect as rawConnect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connect, type ServedKafka, serve } from '../../lib/node/index.ts';
import { memoryDisk } from '../../lib/node/memoryDisk.ts';
import { hostIn, realTrace, realWorld } from '../../lib/node/world.ts';
import { Metadata } from '../../lib/protocol/apis/index.ts';
import { Connection } from '../../lib/wire/connection.ts';

let folder = '';
const open: ServedKafka[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kafkaito serve '));
});
afterEach(async () => {
  for (const served of open.splice(0)) await served.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function started(settings: Parameters<typeof serve>[0]): Promise<ServedKafka> {
  const served = await serve({ port: 0, ...settings });
  open.push(served);
  return served;
}

describe('serve', () => {
  test('after close nothing is left open, and the program ends by itself', async () => {
    const script = fileURLToPath(new URL('openAndClose.ts', import.meta.url));
    for (const args of [[], [folder]]) {
      const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
      const code = await new Promise((resolve) => child.once('close', resolve));
      expect(code).toBe(0);
      expect(JSON.parse(output)).toEqual([]);
    }
  });

  test('closing ends the connections of clients, frees the port and gives back the folder', async () => {
    const served = await started({ dataDir: folder });
    const [host, port] = served.bootstrap.split(':');
    const client = rawConnect(Number(port), host);
    await new Promise((resolve) => client.once('connect', resolve));
    const ended = new Promise((resolve) => client.once('close', resolve));
    client.on('error', () => {}).resume();
    await served.close();
    await ended;
    const again = await started({ dataDir: folder, port: Number(port) });
    expect(again.bootstrap).toBe(served.bootstrap);
  });

  test('two brokers on one folder: the second is refused, and the first goes on', async () => {
    const first = await started({ dataDir: folder, topics: { ledger: 1 } });
    await expect(serve({ port: 0, dataDir: folder })).rejects.toMatchObject({
      name: 'DiskLocked',
      message: expect.stringContaining('in use by this very process'),
    });
    expect(await first.producer().send({ topic: 'ledger', value: 'x' })).toMatchObject({ offset: 0 });
  });

  test('a start that fails leaves nothing behind: neither lock nor port', async () => {
    const first = await started({});
    const port = Number(first.bootstrap.split(':')[1]);
    await expect(serve({ port, dataDir: folder })).rejects.toMatchObject({ name: 'AddressInUse' });
    await expect(serve({ port: 0, dataDir: folder, config: { 'no.such.thing': '1' } })).rejects.toMatchObject({
      name: 'ConfigError',
    });
    await started({ dataDir: folder });
  });

  test('without a folder the logs live in memory, and two brokers share nothing', async () => {
    const first = await started({ topics: { ledger: 1 } });
    const second = await started({});
    expect(await first.admin().listTopics()).toEqual(['ledger']);
    expect(await second.admin().listTopics()).toEqual([]);
    expect(existsSync(join(folder, 'broker-0'))).toBe(false);
  });

  test('topics that exist already are left as they are', async () => {
    const first = await started({ dataDir: folder, topics: { ledger: 2 } });
    await first.producer().send({ topic: 'ledger', partition: 1, value: 'kept' });
    await first.close();
    const second = await started({ dataDir: folder, topics: { ledger: 2, news: 1 } });
    expect((await second.admin().listTopics()).sort()).toEqual(['ledger', 'news']);
    const consumer = second.consumer({});
    await consumer.assign([{ topic: 'ledger', partition: 1 }]);
    await consumer.seek({ topic: 'ledger', partition: 1, offset: 0 });
    expect(await consumer.poll('10 s')).toMatchObject([{ value: 'kept' }]);
  });

  test('a log with half a batch at its end is made whole, and its owner is told', async () => {
    const first = await started({ dataDir: folder, topics: { ledger: 1 } });
    await first.producer().send({ topic: 'ledger', value: 'kept' });
    await first.close();
    const logs = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const log = logs.find((path) => path.endsWith('.log') && statSync(join(folder, path)).size > 0);
    appendFileSync(join(folder, String(log)), readFileSync(join(folder, String(log))).subarray(0, 50));

    const lines: string[] = [];
    const second = await started({ dataDir: folder, say: (line) => lines.push(line) });
    expect(lines).toEqual([expect.stringMatching(/: cut off 50 bytes behind offset 1, which no client was promised/)]);
    expect(await second.producer().send({ topic: 'ledger', value: 'next' })).toMatchObject({ offset: 1 });
  });

  test('clients are told of the advertised host, and our own need no way to it', async () => {
    const advertisedHost = 'broker.invalid';
    const served = await started({
      advertisedHost,
      topics: { ledger: { partitions: 1, records: [{ value: 'sown' }] } },
    });
    const [host, port] = served.bootstrap.split(':');
    expect(host).toBe(advertisedHost);
    expect(await served.producer().send({ topic: 'ledger', value: 'next' })).toMatchObject({ offset: 1 });
    const theirs = hostIn(realWorld(memoryDisk()), realTrace(), 'theirs');
    const connection = await Connection.open(theirs, { host: '127.0.0.1', port: Number(port) }, { clientId: null });
    const { brokers } = await connection.send(Metadata, { topics: [] });
    connection.close();
    expect(brokers).toMatchObject([{ host: advertisedHost, port: Number(port) }]);
  });

  test.each(['', 'broker.example:9092', 'a,b', 'http://broker'])(
    '%j is no host to advertise',
    async (advertisedHost) => {
      const error = { name: 'ConfigError', message: expect.stringContaining('give a name or an address alone') };
      await expect(serve({ port: 0, advertisedHost })).rejects.toMatchObject(error);
    },
  );

  test('more than one broker is refused for now, and says so', async () => {
    await expect(serve({ port: 0, brokers: 3 })).rejects.toThrow('one broker');
  });
});

describe('connect', () => {
  test('an address that is none is refused, with an example', async () => {
    for (const bootstrap of ['', 'localhost', 'localhost:', ':9092', 'localhost:99999', 'a:1,,b:2']) {
      await expect(connect(bootstrap)).rejects.toThrow('as in  localhost:9092');
    }
  });

  test('of several addresses one that answers is enough', async () => {
    const served = await started({ topics: { ledger: 1 } });
    const nobody = await started({});
    await nobody.close();
    const kafka = await connect(`${nobody.bootstrap}, ${served.bootstrap}`);
    expect(await kafka.admin().listTopics()).toEqual(['ledger']);
    await kafka.close();
  });

  test('a spawned task has clients of its own, under its own name', async () => {
    const served = await started({ topics: { ledger: 1 } });
    const kafka = await connect(served.bootstrap, { clientId: 'bank' });
    for (const world of [served.world, kafka.world]) {
      await world.spawn('writer', async (own) => {
        await own.producer().send({ topic: 'ledger', value: 'from a task' });
        await own.producer({ clientId: 'named' }).send({ topic: 'ledger', value: 'from another' });
      }).done;
    }
    await kafka.close();
    const { counts } = served.cluster.requests;
    const names = ['writer/producer-1', 'named', 'bank-writer/producer-1', 'bank-named'];
    expect(names.map((name) => counts[name]?.Produce)).toEqual([1, 1, 1, 1]);
  });

  test('a member that crashes in the real world runs no further line', async () => {
    const served = await started({ topics: { ledger: 1 } });
    let sent = 0;
    const victim = served.world.spawn('victim', async (kafka) => {
      const producer = kafka.producer();
      for (;;) sent = (await producer.send({ topic: 'ledger', value: 'x' })).offset;
    });
    await served.world.until(() => sent > 3);
    victim.crash();
    const asLeft = sent;
    await served.world.pass('200 ms');
    expect(sent).toBe(asLeft);
    expect(victim.state).toBe('crashed');
  });
});
