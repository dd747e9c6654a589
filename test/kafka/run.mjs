/**
 * `npm run test:kafka`: the tests against Apache Kafka, when Java (17 or later) and Maven are there; otherwise it says
 * what it leaves out and why, and `.ci/run`, which accepts no such reason, turns red.
 * With `-- --download` it only fetches Kafka. With `-- --record` it writes down what Kafka answers to the book of observations. Anything else picks files, as in
 * `-- observations`.
 *
 * `npm run verify` is the same with `--verify`: it asks Apache Kafka for what the chapters say, all of them or those that are named (`-- 08 12`), and writes down what it
 * has seen and the day (chapters/observations/recorded.json). With `-- --check` it only compares.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import '../tools/install.mjs';
import { packageScript, root, runNode } from '../tools/steps.mjs';
import { readOptions } from '../tools/usage.mjs';
import { download, whyNotHere } from './jars.mjs';

const USAGE = process.argv.includes('--verify')
  ? 'Usage: npm run verify [-- [--check] [08 12 …]]'
  : 'Usage: npm run test:kafka [-- [--download] [--record] [FILE …]]';
const { values: options, positionals: picked } = readOptions(USAGE, () => {
  const parsed = parseArgs({
    options: Object.fromEntries(['download', 'record', 'verify', 'check'].map((name) => [name, { type: 'boolean' }])),
    allowPositionals: true,
  });
  if (parsed.values.verify) requireObserved(parsed.positionals);
  return parsed;
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

/** Chapters are named before Apache Kafka is started for them. @param {string[]} chapters */
function requireObserved(chapters) {
  const files = readdirSync(join(root, 'chapters', 'observations'));
  const observed = files.flatMap((file) => /^(\d\d|[A-Z])\.ts$/.exec(file)?.[1] ?? []).sort();
  const unknown = chapters.filter((name) => !observed.includes(name));
  if (unknown.length === 0) return;
  throw new Error(`nothing is tried of chapter ${unknown.join(', ')}: there are ${observed.join(', ')}`);
}
