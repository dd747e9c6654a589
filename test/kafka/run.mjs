/**
 * `npm run test:kafka`: the tests against Apache Kafka, when Java (17 or later) and Maven are there; otherwise it says
 * what it leaves out and why, and `.ci/run`, which accepts no such reason, turns red.
 * With `-- --download` it only fetches Kafka.
 */
import '../tools/install.mjs';
import { packageScript, runNode } from '../tools/steps.mjs';
import { download, whyNotHere } from './jars.mjs';

const reason = whyNotHere();
if (reason) {
  console.log(`SKIPPED test:kafka: ${reason}`);
  console.log('0 passed, 0 failed');
} else {
  await download();
  const vitest = packageScript('vitest', 'vitest.mjs');
  const tests = () => runNode(vitest, 'run', '--config', 'test/kafka/vitest.config.ts');
  if (!process.argv.includes('--download')) await tests().catch(() => process.exit(1));
}
