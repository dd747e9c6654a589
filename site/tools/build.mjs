/**
 * `npm run build:site`: makes the site in dist/site from the chapters, the stored notebooks and the library.
 *
 * `npm run build:site -- --base /kafkaito/`, or KAFKAITO_BASE, makes it for a path of its host, as GitHub Pages needs it. With a whole address, such as
 * `https://example.org/kafkaito/`, the pages also say where they stand, and there is a sitemap.
 */
import '../../test/tools/install.mjs';
import { packageScript, runNode } from '../../test/tools/steps.mjs';

const [option, base, ...rest] = process.argv.slice(2);
if (option !== undefined && (option !== '--base' || base === undefined || rest.length > 0)) {
  console.error('Usage: npm run build:site [-- --base PATH-OR-ADDRESS]');
  process.exit(2);
}
if (base !== undefined) process.env.KAFKAITO_BASE = base;

await runNode(packageScript('vitepress', 'bin', 'vitepress.js'), 'build', 'site').catch((error) => {
  console.error(`The site is not built: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
});
