/**
 * One Apache Kafka broker for all the files of test/kafka/: a test asks for it with `inject('apacheKafka')`. A test that
 * needs other settings starts its own with `startApacheKafka`.
 */
import type { TestProject } from 'vitest/node';
import { startApacheKafka } from './apache.ts';

declare module 'vitest' {
  interface ProvidedContext {
    apacheKafka: { bootstrap: string; version: string };
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { bootstrap, version, logFile, close } = await startApacheKafka({
    // Scenarios let a session end within a second; Kafka's own minimum is six.
    properties: { 'group.min.session.timeout.ms': '1000' },
  });
  console.log(`Apache Kafka ${version} listens on ${bootstrap}; its log is ${logFile}`);
  project.provide('apacheKafka', { bootstrap, version });
  return close;
}
