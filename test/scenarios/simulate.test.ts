import { describe, test } from 'vitest';
import { simulate } from '../../lib/index.ts';
import { scenarios } from './index.ts';
import { stageOn } from './scenario.ts';

describe('scenarios in virtual time', () => {
  for (const [index, { name, run }] of scenarios.entries()) {
    test(name, async () => {
      const kafka = await simulate({ seed: index + 1 });
      await run(stageOn(kafka, 'scenario'));
      await kafka.close();
    });
  }
});
