import { afterAll, beforeAll, describe, test } from 'vitest';
import { connect, type ServedKafka, serve } from '../../lib/node/index.ts';
import { fresh } from '../tools/fresh.ts';
import { scenarios } from './index.ts';
import { stageOn } from './scenario.ts';

let served: ServedKafka;

beforeAll(async () => {
  served = await serve({ port: 0, config: { 'group.initial.rebalance.delay.ms': '0' } });
});

afterAll(() => served.close());

describe.concurrent('scenarios on our broker, over TCP', () => {
  for (const { name, run } of scenarios) {
    test(name, async () => {
      const kafka = await connect(served.bootstrap);
      await run(stageOn(kafka, fresh('scenario')));
      await kafka.close();
    });
  }
});
