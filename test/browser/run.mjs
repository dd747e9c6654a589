/**
 * `npm run test:browser`: the built site in a real Chromium. Where there is none it says what to install; `.ci/run`, which accepts no such
 * reason, then turns red. `-- --book` leaves out the course and tests the small book in fixtures/ only.
 */
import '../tools/install.mjs';
import { builtSite } from '../../site/tools/built.mjs';
import { packageScript, runNode } from '../tools/steps.mjs';
import { BOOK, BOOK_BASE, chromiumPath } from './places.mjs';

const vitepress = packageScript('vitepress', 'bin', 'vitepress.js');
const vitest = packageScript('vitest', 'vitest.mjs');

if (chromiumPath() === undefined) {
  console.log(
    'SKIPPED test:browser: there is no Chromium. Debian and Ubuntu: apt-get install chromium. macOS: brew install --cask chromium.' +
      ' Elsewhere: install Chromium or Chrome, and set CHROMIUM to the path of its program.',
  );
  console.log('0 passed, 0 failed');
} else {
  try {
    const isFixtureOnly = process.argv.includes('--book');
    process.env.KAFKAITO_BOOK = BOOK;
    process.env.KAFKAITO_BASE = `https://example.org${BOOK_BASE}`;
    await runNode(vitepress, 'build', 'site');
    delete process.env.KAFKAITO_BOOK;
    delete process.env.KAFKAITO_BASE;
    if (!isFixtureOnly) await builtSite();
    process.env.KAFKAITO_TEST_COURSE = isFixtureOnly ? 'no' : 'yes';
  } catch (error) {
    console.log(`The site is not built: ${error instanceof Error ? error.message : error}`);
    console.log('0 passed, 1 failed');
    process.exit(1);
  }
  await runNode(vitest, 'run', '--config', 'test/browser/vitest.config.ts').catch(() => process.exit(1));
}
