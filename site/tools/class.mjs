/**
 * `npm run class`: serves the built site to a room, so that the learners need a browser and nothing else.
 *
 * It is the only command of the project that listens on all networks of the machine, and so it says which addresses these are, who can reach them, and how to
 * stop it. What it serves is files that were built before; nothing that a learner types comes here, since cells run in the learner's browser.
 *
 * Options, after `--`: `--port N` (8080), `--host ADDRESS` listens on one address alone.
 */
import { networkInterfaces } from 'node:os';
import { parseArgs } from 'node:util';
import { readOptions, runMain, wholeNumber } from '../../test/tools/usage.mjs';
import { builtSite } from './built.mjs';

const { port, host } = readOptions('Usage: npm run class [-- --port NUMBER] [--host ADDRESS]', () => {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '8080' }, host: { type: 'string' } } });
  return { port: wholeNumber('--port', values.port, 1, 65_535), host: values.host };
});
await runMain(main);

async function main() {
  const found = addresses();
  if (host !== undefined && !found.some(({ address }) => address === host) && host !== '127.0.0.1') {
    throw new Error(
      `This machine has no address ${host}. It has: ${found.map(({ address }) => address).join(', ') || 'none'}.`,
    );
  }
  if (host === undefined && found.length === 0) {
    throw new Error('This machine is in no network, so nobody could reach it. For yourself there is  npm run site.');
  }
  const { folder, base } = await builtSite();
  const { tsImport } = await import('tsx/esm/api');
  /** @type {typeof import('./server.ts')} */
  const { serveFolder } = await tsImport('./server.ts', import.meta.url);
  const { close } = await serveFolder(folder, port, host ?? '0.0.0.0', base).catch((error) => {
    throw error.code === 'EADDRINUSE'
      ? new Error(`Port ${port} is taken. Choose another:  npm run class -- --port ${port + 1}`)
      : error;
  });
  const shown = host === undefined ? found : found.filter(({ address }) => address === host);
  console.log('\nThe course is open to everybody in the networks of this machine, without a password:\n');
  for (const { address, name } of shown) console.log(`    http://${address}:${port}${base}    (${name})`);
  console.log(`
Give the room the address whose network it is in. Cells run in each learner's browser; this
machine only hands out the pages, and takes nothing. If nobody gets through, a firewall on this
machine is in the way, or a network that keeps its guests apart, as those for visitors often do.

Stop it with Ctrl+C. Pages that are open then go on working until they are loaded again.`);
  process.once('SIGINT', () => {
    close();
    console.log('\nStopped. Nobody can reach it any more.');
  });
}

/** The addresses by which others may find this machine; not those that begin with 169.254, which nobody gave it. */
function addresses() {
  return Object.entries(networkInterfaces()).flatMap(([name, all = []]) =>
    all
      .filter(({ family, internal, address }) => family === 'IPv4' && !internal && !address.startsWith('169.254.'))
      .map(({ address }) => ({ name, address })),
  );
}
