/** `npm run build:site`: makes the site in dist/site from the chapters, the stored notebooks and the library. */
import '../../test/tools/install.mjs';
import { packageScript, runNode } from '../../test/tools/steps.mjs';

await runNode(packageScript('vitepress', 'bin', 'vitepress.js'), 'build', 'site').catch((error) => {
  console.error(`The site is not built: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
});
