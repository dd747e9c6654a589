/**
 * One Apache Kafka broker for all the files of test/kafka/: a test asks for it with `inject('apacheKafka')`. A test that
 * needs other settings starts its own with `startApacheKafka`.
 */
import type { TestProject } from 'vitest/node';
import { startApacheKafka } from './apache.ts';
import { observedProperties } from './observations/book.ts';

declare module 'vitest' {
  interface ProvidedContext {
    apacheKafka: { bootstrap: string; version: string };
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { bootstrap, version, logFile, close } = await startApacheKafka({
    properties: {
      ...observedProperties,
      // The tests write records of 1970, which retention would take away half a minute after the start.
      'log.initial.task.delay.ms': '3600000',
    },
  });
  console.log(`Apache Kafka ${version} listens on ${bootstrap}; its log is ${logFile}`);
  project.provide('apacheKafka', { bootstrap, version });
  return close;
}
