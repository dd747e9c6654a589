/** The scenarios of old records, on brokers that look for them often. */
import { afterAll, beforeAll, describe, test } from 'vitest';
import { simulate } from '../../lib/index.ts';
import { connect, type ServedKafka, serve } from '../../lib/node/index.ts';
import { fresh } from '../tools/fresh.ts';
import { keepingOften, keepingSoon } from './keeping.ts';
import { stageOn } from './scenario.ts';

describe('old records in virtual time', () => {
  for (const [index, { name, run }] of keepingSoon.entries()) {
    test(name, async () => {
      const kafka = await simulate({ seed: index + 1, config: keepingOften });
      await run(stageOn(kafka, 'scenario'));
      await kafka.close();
    });
  }
});

describe.concurrent('old records on our broker, over TCP', () => {
  let served: ServedKafka;

  beforeAll(async () => {
    served = await serve({ port: 0, config: keepingOften });
  });

  afterAll(() => served.close());

  for (const { name, run } of keepingSoon) {
    test(name, async () => {
      const kafka = await connect(served.bootstrap);
      await run(stageOn(kafka, fresh('keeping')));
      await kafka.close();
    });
  }
});
