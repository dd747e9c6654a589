/**
 * `npm run test:kafka`: the tests against Apache Kafka, when Java (17 or later) and Maven are there; otherwise it says
 * what it leaves out and why, and `.ci/run`, which accepts no such reason, turns red.
 * With `-- --download` it only fetches Kafka. With `-- --record` it writes down what Kafka answers to the book of observations. Anything else picks files, as in
 * `-- observations`.
 */
import { parseArgs } from 'node:util';
import '../tools/install.mjs';
import { packageScript, runNode } from '../tools/steps.mjs';
import { download, whyNotHere } from './jars.mjs';

const { values: options, positionals: picked } = parseArgs({
  options: { download: { type: 'boolean' }, record: { type: 'boolean' } },
  allowPositionals: true,
});
const reason = whyNotHere();
if (reason) {
  console.log(`SKIPPED test:kafka: ${reason}`);
  console.log('0 passed, 0 failed');
} else {
  await download();
  const vitest = packageScript('vitest', 'vitest.mjs');
  const { download: only, record } = options;
  if (record) process.env.KAFKAITO_RECORD = '1';
  const files = record ? ['test/kafka/observations.test.ts'] : picked;
  const tests = () => runNode(vitest, 'run', '--config', 'test/kafka/vitest.config.ts', ...files);
  if (!only) await tests().catch(() => process.exit(1));
}
