/** A broker process that is killed between append and answer: what it had acknowledged is there when it is started again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { connect } from '../../lib/node/index.ts';
import { fresh } from '../tools/fresh.ts';
import { Command } from './command.ts';

const folder = mkdtempSync(join(tmpdir(), 'kafkaito kill '));
let broker: Command | undefined;

afterAll(async () => {
  await broker?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function start(port: string, data: string): Promise<string> {
  broker = new Command('serve', '--port', port, '--data', data, '--topic', 'ledger:1');
  return broker.ready();
}

test('killed three times while a producer writes, it has lost nothing that it acknowledged', {
  timeout: 60_000,
}, async () => {
  // What a first try has left runs on.
  await broker?.kill('SIGKILL');
  const data = join(folder, fresh('data'));
  const bootstrap = await start('0', data);
  const port = bootstrap.slice(bootstrap.lastIndexOf(':') + 1);
  const kafka = await connect(bootstrap);
  const producer = kafka.producer({ lingerMs: 0 });
  const acknowledged: string[] = [];
  let sent = 0;
  let stop = false;
  // Eight sends are on their way at any time, so a kill always finds some between append and answer.
  const writers = Array.from({ length: 8 }, async () => {
    while (!stop) {
      const value = String(sent++);
      await producer.send({ topic: 'ledger', value: value.padEnd(200, '.') });
      acknowledged.push(value);
    }
  });
  for (let kill = 0; kill < 3; kill++) {
    const before = acknowledged.length;
    await kafka.world.until(() => acknowledged.length > before + 100);
    await broker?.kill('SIGKILL');
    await start(port, data);
    expect(broker?.stderr).toContain('took over');
  }
  stop = true;
  await Promise.all(writers);

  const consumer = kafka.consumer({});
  await consumer.assign([{ topic: 'ledger', partition: 0 }]);
  await consumer.seek({ topic: 'ledger', partition: 0, offset: 0 });
  const found: string[] = [];
  while (found.length < acknowledged.length) {
    const records = await consumer.poll('10 s');
    if (records.length === 0) break;
    found.push(...records.map(({ value }) => String(value).replace(/\.+$/, '')));
  }
  expect(acknowledged.filter((value) => !found.includes(value))).toEqual([]);
  // The producer is idempotent: what it had to send again was not written again, and its order is kept.
  expect(found.map(Number)).toEqual(found.map((_, index) => index));
  await kafka.close();
});
