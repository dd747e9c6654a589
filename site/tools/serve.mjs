/**
 * `npm run site`: shows the site on this machine. It is built first when there is none, or when anything it is made from is newer.
 * `npm run site -- --port 4173` chooses the port. With KAFKAITO_BASE it stands at that path, as it would on its host.
 */
import { parseArgs } from 'node:util';
import { readOptions, runMain, wholeNumber } from '../../test/tools/usage.mjs';
import { builtSite } from './built.mjs';

const HOST = '127.0.0.1';

const port = readOptions('Usage: npm run site [-- --port NUMBER]', () => {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '4173' } } });
  return wholeNumber('--port', values.port, 0, 65_535);
});
await runMain(main);

async function main() {
  const { folder, base } = await builtSite();
  const { tsImport } = await import('tsx/esm/api');
  /** @type {typeof import('./server.ts')} */
  const { serveFolder } = await tsImport('./server.ts', import.meta.url);
  const { address } = await serveFolder(folder, port, HOST, base).catch((error) => {
    if (error.code !== 'EADDRINUSE') throw error;
    console.log(`Port ${port} is taken, so that the site gets another one.`);
    return serveFolder(folder, 0, HOST, base);
  });
  console.log(`The site is at ${address}${base} (stop it with Ctrl+C)`);
}
