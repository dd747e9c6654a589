/** The scenarios that our broker passes, on Apache Kafka: what is asserted there is what Kafka does. */
import { describe, inject, test } from 'vitest';
import { connect } from '../../lib/node/index.ts';
import { scenarios } from '../scenarios/index.ts';
import { stageOn } from '../scenarios/scenario.ts';

const { bootstrap } = inject('apacheKafka');

describe.concurrent('scenarios on Apache Kafka', () => {
  for (const [index, { name, run }] of scenarios.entries()) {
    test(name, async () => {
      const kafka = await connect(bootstrap);
      await run(stageOn(kafka, `scenario-${index}`));
      await kafka.close();
    });
  }
});
