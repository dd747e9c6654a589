import { describe, expect, test } from 'vitest';
import { CodecUnavailable, simulate } from '../../lib/index.ts';
import { check, inWords } from '../../lib/sim/checker/check.ts';
import { wiretap } from '../../lib/sim/checker/wiretap.ts';
import { scenarios } from './index.ts';
import { failure, stageOn } from './scenario.ts';

describe('scenarios in virtual time', () => {
  for (const [index, { name, run }] of scenarios.filter(({ realTimeOnly }) => !realTimeOnly).entries()) {
    test(name, async () => {
      const kafka = await simulate({ seed: index + 1 });
      wiretap(kafka.cluster);
      await run(stageOn(kafka, 'scenario'));
      await kafka.close();
      const { events } = kafka.cluster.trace;
      expect(check(events).map((violation) => inWords(violation, events))).toEqual([]);
    });
  }

  // Real time has a scenario for it: see produce.ts.
  test('zstd is read in virtual time, and not written: the error says what to use', async () => {
    const kafka = await simulate({ topics: { ledger: 1 } });
    const producer = kafka.producer({ compressionType: 'zstd' });
    const error = await failure(producer.send({ topic: 'ledger', value: 'x' }));
    expect(error).toBeInstanceOf(CodecUnavailable);
    expect(error.message).toContain("set compressionType to 'lz4', 'snappy' or 'gzip'");
    await kafka.close();
  });
});
