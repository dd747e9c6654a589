/** Java's own command-line tools at work on our broker. What they print is for people, so only the words that matter are looked at. groupCommand.test.ts has ConsumerGroupCommand. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ServedKafka, serve } from '../../lib/node/serve.ts';
import { fresh } from '../tools/fresh.ts';
import { classPath } from './jars.mjs';

const java = [
  '-XX:TieredStopAtLevel=1',
  '-XX:+UseSerialGC',
  '-Xmx256m',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
];
const folder = mkdtempSync(join(tmpdir(), 'kafkaito-tools-'));
let kafka: ServedKafka;

beforeAll(async () => {
  kafka = await serve({ port: 0, config: { 'group.initial.rebalance.delay.ms': '0' } });
});

afterAll(async () => {
  await kafka.close();
  rmSync(folder, { recursive: true });
});

/** Everything that the tool prints. A tool that fails says so there, and not always in its exit code. */
function run(tool: string, ...options: string[]): Promise<string> {
  const args = [...java, '-cp', classPath, tool, '--bootstrap-server', kafka.bootstrap, ...options];
  return new Promise((resolve) => {
    execFile('java', args, { timeout: 60_000 }, (_, stdout, stderr) => resolve(stdout + stderr));
  });
}

const topics = (...options: string[]) => run('org.apache.kafka.tools.TopicCommand', ...options);
const configs = (...options: string[]) => run('kafka.admin.ConfigCommand', ...options);
const offsets = (...options: string[]) => run('org.apache.kafka.tools.GetOffsetShell', ...options);

test('TopicCommand creates, lists, describes, grows and deletes topics', { timeout: 120_000 }, async () => {
  const name = fresh('made');
  const created = await topics('--create', '--topic', name, '--partitions', '2', '--config', 'segment.bytes=2000000');
  expect(created).toContain(`Created topic ${name}.`);
  expect((await topics('--list')).split(/\s+/)).toContain(name);
  expect(await topics('--alter', '--topic', name, '--partitions', '4')).toBe('');
  const described = await topics('--describe', '--topic', name);
  expect(described).toMatch(/PartitionCount: 4\s+ReplicationFactor: 1\s+Configs: segment.bytes=2000000/);
  expect(described).toMatch(/Partition: 3\s+Leader: 0\s+Replicas: 0\s+Isr: 0/);
  expect(await topics('--alter', '--topic', name, '--partitions', '3')).toContain('InvalidPartitionsException');
  expect(await topics('--delete', '--topic', name)).toBe('');
  expect((await topics('--list')).split(/\s+/)).not.toContain(name);
});

test('ConfigCommand shows and changes settings of topics and brokers', { timeout: 120_000 }, async () => {
  const name = fresh('configured');
  await kafka.admin().createTopics({ [name]: 1 });
  const topic = ['--entity-type', 'topics', '--entity-name', name];
  const changed = await configs(
    '--alter',
    ...topic,
    '--add-config',
    'segment.bytes=2000000,cleanup.policy=[compact,delete]',
  );
  expect(changed).toContain(`Completed updating config for topic ${name}.`);
  const described = await configs('--describe', ...topic);
  expect(described).toContain(
    'segment.bytes=2000000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:segment.bytes=2000000',
  );
  expect(described).toContain('cleanup.policy=compact,delete');
  await configs('--alter', ...topic, '--delete-config', 'segment.bytes,cleanup.policy');
  expect(await configs('--describe', ...topic)).not.toContain('=');
  expect(await configs('--alter', ...topic, '--add-config', 'segment.bytes=many')).toContain(
    'InvalidConfigurationException',
  );
  await configs('--alter', '--entity-type', 'brokers', '--entity-default', '--add-config', 'message.max.bytes=3000000');
  const broker = await configs('--describe', '--all', '--entity-type', 'brokers', '--entity-name', '0');
  expect(broker).toContain('message.max.bytes=3000000 sensitive=false synonyms={DYNAMIC_DEFAULT_BROKER_CONFIG');
  expect(broker).toContain('group.initial.rebalance.delay.ms=0 sensitive=false synonyms={STATIC_BROKER_CONFIG');
});

test('records go in and out, offsets are listed, and the oldest records deleted', { timeout: 120_000 }, async () => {
  const name = fresh('verified');
  await kafka.admin().createTopics({ [name]: 1 });
  const topic = ['--topic', name];
  const produced = await run('org.apache.kafka.tools.VerifiableProducer', ...topic, '--max-messages', '300');
  expect(produced).toContain('"acked":300');
  const group = ['--group-id', name, '--reset-policy', 'earliest', '--max-messages', '200'];
  const consumed = await run('org.apache.kafka.tools.VerifiableConsumer', ...topic, ...group);
  expect(consumed).toContain('"name":"shutdown_complete"');
  expect(await kafka.admin().listConsumerGroupOffsets(name)).toMatchObject([{ offset: 200 }]);
  const file = join(folder, 'offsets.json');
  writeFileSync(file, JSON.stringify({ partitions: [{ topic: name, partition: 0, offset: 120 }], version: 1 }));
  const deleted = await run('org.apache.kafka.tools.DeleteRecordsCommand', '--offset-json-file', file);
  expect(deleted).toContain(`partition: ${name}-0\tlow_watermark: 120`);
  expect(await offsets(...topic, '--time', 'earliest')).toContain(`${name}:0:120`);
  expect(await offsets(...topic)).toContain(`${name}:0:300`);
});
