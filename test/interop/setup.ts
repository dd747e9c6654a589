/**
 * One broker and one set of clients for all the files of test/interop/: our broker as a process of its own with its data on
 * disk, or Apache Kafka with `INTEROP_BROKER=apache`, so that what the tests expect can be held against the original.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { BrokerProcess } from '../demo/brokerProcess.ts';
import { startApacheKafka } from '../kafka/apache.ts';
import { type Client, prepareClients } from './clients.ts';

declare module 'vitest' {
  interface ProvidedContext {
    interop: { bootstrap: string; nodeId: number; clients: Client[] };
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const broker = process.env.INTEROP_BROKER === 'apache' ? await apacheKafka() : await ours();
  const clients = await prepareClients(broker.bootstrap);
  project.provide('interop', { bootstrap: broker.bootstrap, nodeId: broker.nodeId, clients });
  return broker.close;
}

interface Broker {
  readonly bootstrap: string;
  readonly nodeId: number;
  close(): Promise<void>;
}

async function ours(): Promise<Broker> {
  const folder = mkdtempSync(join(tmpdir(), 'kafkaito-interop-'));
  const complain = (line: string) => {
    // That it is ready and has stopped is no news.
    if (!line.startsWith('kafkaito ')) console.log(`broker: ${line}`);
  };
  // Kafka waits 3 s for more members before it forms a new group; tests bring theirs.
  const broker = new BrokerProcess(['--data', folder, '--config', 'group.initial.rebalance.delay.ms=0'], complain);
  await broker.start();
  const close = async () => {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  return { bootstrap: broker.bootstrap, nodeId: 0, close };
}

async function apacheKafka(): Promise<Broker> {
  const { bootstrap, version, close } = await startApacheKafka();
  console.log(`Apache Kafka ${version} listens on ${bootstrap}`);
  return { bootstrap, nodeId: 1, close };
}
