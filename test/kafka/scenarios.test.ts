/** The scenarios that our broker passes, on Apache Kafka: what is asserted there is what Kafka does. */
import { describe, inject, test } from 'vitest';
import { connect } from '../../lib/node/index.ts';
import { scenarios } from '../scenarios/index.ts';
import { stageOn } from '../scenarios/scenario.ts';
import { fresh } from '../tools/fresh.ts';

const { bootstrap } = inject('apacheKafka');

describe.concurrent('scenarios on Apache Kafka', () => {
  for (const { name, run } of scenarios) {
    test(name, async () => {
      const kafka = await connect(bootstrap);
      await run(stageOn(kafka, fresh('scenario')));
      await kafka.close();
    });
  }
});
