/**
 * `npm run test:kafka`: the tests against Apache Kafka, when Java (17 or later) and Maven are there; otherwise it says
 * what it leaves out and why, and `.ci/run`, which accepts no such reason, turns red.
 * With `-- --download` it only fetches Kafka. With `-- --record` it writes down what Kafka answers to the book of observations. Anything else picks files, as in
 * `-- observations`.
 *
 * `npm run verify` is the same with `--verify`: it asks Apache Kafka for what the chapters say, all of them or those that are named (`-- 08 12`), and writes down what it
 * has seen and the day (chapters/observations/recorded.json). With `-- --check` it only compares.
 */
import { parseArgs } from 'node:util';
import '../tools/install.mjs';
import { packageScript, runNode } from '../tools/steps.mjs';
import { download, whyNotHere } from './jars.mjs';

const { values: options, positionals: picked } = parseArgs({
  options: Object.fromEntries(['download', 'record', 'verify', 'check'].map((name) => [name, { type: 'boolean' }])),
  allowPositionals: true,
});
const reason = whyNotHere();
if (reason) {
  console.log(`SKIPPED ${options.verify ? 'verify' : 'test:kafka'}: ${reason}`);
  console.log('0 passed, 0 failed');
} else {
  await download();
  const vitest = packageScript('vitest', 'vitest.mjs');
  const { download: only, record, verify, check } = options;
  if (record) process.env.KAFKAITO_RECORD = '1';
  if (verify) process.env.KAFKAITO_CHAPTERS = picked.join(' ');
  if (verify && !check) process.env.KAFKAITO_VERIFY = 'record';
  const files = verify ? ['test/kafka/verify.test.ts'] : record ? ['test/kafka/observations.test.ts'] : picked;
  const tests = () => runNode(vitest, 'run', '--config', 'test/kafka/vitest.config.ts', ...files);
  if (!only) await tests().catch(() => process.exit(1));
}
