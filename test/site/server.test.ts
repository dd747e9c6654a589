/** The server of the built site, which a whole class uses at a time: what one visitor does, and one file, is nothing to the others. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type SiteServer, serveFolder } from '../../site/tools/server.ts';

const folder = mkdtempSync(join(tmpdir(), 'kafkaito server '));
/** What this process has open; Windows has no such folder, and there only the answers are looked at. */
const openFiles = () => (existsSync('/dev/fd') ? readdirSync('/dev/fd').length : 0);
let server: SiteServer;

beforeAll(async () => {
  writeFileSync(join(folder, 'index.html'), 'welcome');
  // More than a connection takes at once, so that whoever goes away leaves something unread.
  writeFileSync(join(folder, 'large.png'), new Uint8Array(20_000_000));
  writeFileSync(join(folder, 'large.js'), new Uint8Array(20_000_000));
  // Nothing that can be read as a file, on any system.
  mkdirSync(join(folder, '404.html'));
  server = await serveFolder(folder, 0);
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Goes away as soon as something has come. */
function breakOff(file: string): Promise<void> {
  const { hostname, port } = new URL(server.address);
  return new Promise((resolve, reject) => {
    const visitor = connect(Number(port), hostname, () => {
      visitor.write(`GET /${file} HTTP/1.1\r\nHost: site\r\nAccept-Encoding: gzip\r\n\r\n`);
    });
    visitor.once('error', reject).once('data', () => visitor.destroy());
    visitor.once('close', () => resolve());
  });
}

test.each(['large.png', 'large.js'])('a download of %s that is broken off leaves no file open', async (file) => {
  const before = openFiles();
  for (let times = 0; times < 10; times++) await breakOff(file);
  await vi.waitFor(() => expect(openFiles()).toBeLessThan(before + 5), { timeout: 20_000 });
  expect(await (await fetch(server.address)).text()).toBe('welcome');
});

test('a text goes out compressed, and once its file has changed, as it is now', async () => {
  for (const text of ['{ "version": 1 }', '{ "version": 2, "of": "the same file" }']) {
    writeFileSync(join(folder, 'version.json'), text);
    for (let visitor = 0; visitor < 2; visitor++) {
      const response = await fetch(`${server.address}/version.json`);
      expect(response.headers.get('content-encoding')).toBe('gzip');
      expect(await response.text()).toBe(text);
    }
  }
});

test('a file that cannot be read breaks its own answer, and the server goes on', async () => {
  await expect(fetch(`${server.address}/nowhere`).then((response) => response.text())).rejects.toThrow();
  expect(await (await fetch(server.address)).text()).toBe('welcome');
});
