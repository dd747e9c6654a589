/** The scenarios of old records on an Apache Kafka that looks for them often, which the one of the other scenarios must not. */
import { afterAll, beforeAll, describe, test } from 'vitest';
import { connect } from '../../lib/node/index.ts';
import { keepingOften, keepingSoon } from '../scenarios/keeping.ts';
import { stageOn } from '../scenarios/scenario.ts';
import { fresh } from '../tools/fresh.ts';
import { type ApacheKafka, startApacheKafka } from './apache.ts';

let apache: ApacheKafka;

beforeAll(async () => {
  // Apache Kafka waits for half a minute before it looks for the first time.
  apache = await startApacheKafka({ properties: { ...keepingOften, 'log.initial.task.delay.ms': '500' } });
}, 120_000);

afterAll(() => apache.close());

describe.concurrent('old records on Apache Kafka', () => {
  for (const { name, run } of keepingSoon) {
    test(name, async () => {
      const kafka = await connect(apache.bootstrap);
      await run(stageOn(kafka, fresh('keeping')));
      await kafka.close();
    });
  }
});
