import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../lib/node/index.ts';
import { fresh } from '../tools/fresh.ts';
import { Command } from './command.ts';

const certificate = (name: string) => fileURLToPath(new URL(`certificates/${name}`, import.meta.url));
let folder = '';
const started: Command[] = [];

function kafkaito(...args: readonly string[]): Command {
  const command = new Command(...args);
  started.push(command);
  return command;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kafkaito cli '));
});
afterAll(async () => {
  await Promise.all(started.map((command) => command.kill('SIGKILL')));
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** One line on the error output, nothing on the other, and an exit code that a script notices. */
async function complaint(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await kafkaito(...args).ended;
  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  return stderr.trimEnd();
}

describe.concurrent('the command kafkaito', () => {
  test('--help tells the options, --version the version', async () => {
    const help = await kafkaito('--help').ended;
    expect(help).toMatchObject({ code: 0, stderr: '' });
    const options = ['--port', '--host', '--brokers', '--data', '--topic', '--config'];
    for (const option of [...options, '--tls-cert', '--tls-key', '--tls-password', '--sasl-users']) {
      expect(help.stdout).toContain(option);
    }
    const manifest = readFileSync(fileURLToPath(new URL('../../package.json', import.meta.url)), 'utf8');
    expect((await kafkaito('--version').ended).stdout.trim()).toBe(JSON.parse(manifest).version);
  });

  test('serves topics on a data folder, stops cleanly, and finds everything again', async () => {
    const data = join(folder, fresh('kept'));
    const options = ['serve', '--port', '0', '--data', data, '--topic', 'ledger:3', '--topic', 'news:1'];
    const first = kafkaito(...options);
    const kafka = await connect(await first.ready());
    expect((await kafka.admin().listTopics()).sort()).toEqual(['ledger', 'news']);
    const sent = await kafka.producer().send({ topic: 'ledger', key: 'Ada', value: '+100' });
    await kafka.close();
    if (process.platform !== 'win32') {
      expect(await first.kill('SIGINT')).toMatchObject({
        code: 0,
        stderr: '',
        stdout: expect.stringContaining('stopped'),
      });
    } else await first.kill('SIGKILL');

    const second = kafkaito(...options);
    const again = await connect(await second.ready());
    const consumer = again.consumer({});
    await consumer.assign([{ topic: 'ledger', partition: sent.partition }]);
    await consumer.seek({ topic: 'ledger', partition: sent.partition, offset: 0 });
    expect(await consumer.poll('10 s')).toMatchObject([{ key: 'Ada', value: '+100', offset: 0 }]);
    await again.close();
    expect((await second.kill('SIGTERM')).code).toBe(process.platform === 'win32' ? null : 0);
  });

  test('serves through TLS to users from a file, and says what clients have to set', async () => {
    const users = join(folder, 'users');
    const password = join(folder, 'password');
    writeFileSync(users, 'alice=secret\n');
    writeFileSync(password, 'opensesame\n');
    const key = ['--tls-key', certificate('broker.protected.key'), '--tls-password', password];
    const tls = ['--tls-cert', certificate('broker.crt'), ...key];
    const command = kafkaito('serve', '--port', '0', '--topic', 'ledger:1', ...tls, '--sasl-users', users);
    const bootstrap = await command.ready();
    const ca = certificate('broker.crt');
    const kafka = await connect(bootstrap, { tls: { ca }, sasl: { username: 'alice', password: 'secret' } });
    expect(await kafka.admin().listTopics()).toEqual(['ledger']);
    await kafka.close();
    const { stdout } = await command.kill('SIGTERM');
    expect(stdout).toContain('(security.protocol=SASL_SSL, logs in memory');
  });

  test('a certificate or a file of users that cannot be read is named, with what to do', async () => {
    const serve = ['serve', '--port', '0'];
    const key = ['--tls-key', certificate('broker.key')];
    expect(await complaint(...serve, '--tls-cert', 'nowhere.crt', ...key)).toBe(
      'kafkaito: the certificate cannot be read from nowhere.crt (ENOENT): give the path of a PEM file that this user may read',
    );
    expect(await complaint(...serve, '--tls-cert', certificate('other.crt'), ...key)).toBe(
      'kafkaito: the key does not belong to the certificate: give the two that were made together',
    );
    expect(await complaint(...serve, '--sasl-users', 'nobody')).toBe(
      'kafkaito: the users cannot be read from nobody (ENOENT): give the path of a file that this user may read',
    );
    expect(await complaint(...serve, '--config', 'ssl.keystore.location=a.jks')).toContain('--tls-cert and --tls-key');
  });

  test('a data folder in use is refused, with its holder', async () => {
    const data = join(folder, fresh('locked'));
    const holder = kafkaito('serve', '--port', '0', '--data', data);
    await holder.ready();
    const line = await complaint('serve', '--port', '0', '--data', data);
    expect(line).toContain(
      `is locked by process ${holder.process.pid}, which is running: stop it, or use another folder`,
    );
  });

  test('a port in use is named, with what to do', async () => {
    const address = await kafkaito('serve', '--port', '0').ready();
    const port = address.slice(address.lastIndexOf(':') + 1);
    expect(await complaint('serve', '--port', port)).toBe(
      `kafkaito: port ${port} on 127.0.0.1 is in use: stop the process that has it, or choose another port (0 takes a free one)`,
    );
  });

  test('a folder that cannot be written is named, with what to do', async () => {
    const file = join(folder, 'a file');
    writeFileSync(file, '');
    const line = await complaint('serve', '--port', '0', '--data', join(file, 'data'));
    expect(line).toContain(file);
    expect(line).toContain('choose another folder');
  });

  test('an address of somewhere else is named, with what to do', async () => {
    expect(await complaint('serve', '--port', '0', '--host', '203.0.113.1')).toContain(
      'kafkaito: 203.0.113.1 is not an address of this machine',
    );
  });

  test('a setting that Kafka does not have is refused, with those that are near', async () => {
    const line = await complaint('serve', '--port', '0', '--config', 'group.min.session.timeout=1000');
    expect(line).toContain('group.min.session.timeout');
    expect(line).toContain('group.min.session.timeout.ms');
  });

  test('a value that makes no sense is refused, with what is accepted', async () => {
    const line = await complaint('serve', '--port', '0', '--config', 'group.min.session.timeout.ms=soon');
    expect(line).toContain('group.min.session.timeout.ms');
    expect(line).toContain('soon');
  });

  test('an unknown option, a bad topic and several brokers are refused', async () => {
    expect(await complaint('serve', '--prot', '1')).toBe('kafkaito: unknown option --prot: did you mean --port?');
    expect(await complaint('serve', '--topic', 'ledger')).toContain('say how many partitions');
    expect(await complaint('serve', '--brokers', '3')).toContain('--brokers 3 is not possible yet');
  });
});
