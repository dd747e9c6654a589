/**
 * `npm run test:interop`: five clients that others publish, in four languages, on our broker. Installs those that are
 * missing; says which it leaves out, and why, where their language is missing, and `.ci/run`, which accepts no such reason,
 * turns red. With `-- --download` it only installs. With `-- --apache` the same tests run on Apache Kafka. Anything else picks files, as in `-- records`.
 */
import { parseArgs } from 'node:util';
import '../tools/install.mjs';
import { packageScript, runNode } from '../tools/steps.mjs';
import { readOptions } from '../tools/usage.mjs';
import { installable, installers, whyNotHere } from './install.mjs';

const { values: options, positionals: picked } = readOptions(
  'Usage: npm run test:interop [-- [--download] [--apache] [FILE …]]',
  () => parseArgs({ options: { download: { type: 'boolean' }, apache: { type: 'boolean' } }, allowPositionals: true }),
);

try {
  for (const client of installable) {
    const reason = whyNotHere(client);
    if (reason) console.log(`SKIPPED ${client}: ${reason}`);
    else await installers[client]();
  }
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\nIs the package registry reachable?`);
  process.exit(1);
}
if (options.apache) process.env.INTEROP_BROKER = 'apache';
if (!options.download) {
  const vitest = packageScript('vitest', 'vitest.mjs');
  await runNode(vitest, 'run', '--config', 'test/interop/vitest.config.ts', ...picked).catch(() => process.exit(1));
}
