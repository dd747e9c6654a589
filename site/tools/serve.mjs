/**
 * `npm run site`: shows the site on this machine. It is built first when there is none, or when anything it is made from is newer.
 * `npm run site -- --port 4173` chooses the port. With KAFKAITO_BASE it stands at that path, as it would on its host.
 */
import { builtSite } from './built.mjs';

const port = readPort(process.argv.slice(2));
const { folder, base } = await builtSite();
const { tsImport } = await import('tsx/esm/api');
/** @type {typeof import('./server.ts')} */
const { serveFolder } = await tsImport('./server.ts', import.meta.url);
const { address } = await serveFolder(folder, port, '127.0.0.1', base).catch(() =>
  serveFolder(folder, 0, '127.0.0.1', base),
);
console.log(`The site is at ${address}${base} (stop it with Ctrl+C)`);

/** @param {string[]} args */
function readPort(args) {
  const [option, value, ...rest] = args;
  if (option === undefined) return 4173;
  const number = Number(value);
  if (option === '--port' && Number.isInteger(number) && rest.length === 0) return number;
  console.error('Usage: npm run site [-- --port NUMBER]');
  process.exit(2);
}
