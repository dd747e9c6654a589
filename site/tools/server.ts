/**
 * A small web server for the built site, on this machine only unless told otherwise. It answers addresses without `.html`, as the site's links
 * are written, and compresses, so that what the tests weigh is what a reader would load.
 */

import { createReadStream, existsSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, sep } from 'node:path';
import { pipeline } from 'node:stream';
import { createGzip } from 'node:zlib';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.md': 'text/markdown; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.xml': 'application/xml; charset=utf-8',
};

/** Files under `assets/` have a hash in their names, so they never change. */
const FOR_EVER = 'public, max-age=31536000, immutable';

export interface SiteServer {
  /** Such as `http://127.0.0.1:4173`; the base comes behind it. */
  address: string;
  close(): void;
}

/**
 * Serves a folder.
 * @param port 0 for any that is free
 * @param base the path at which the folder is to be found, with a slash at both ends
 * @throws Error with the code EADDRINUSE when the port is taken
 */
export function serveFolder(folder: string, port: number, host = '127.0.0.1', base = '/'): Promise<SiteServer> {
  const server = createServer((request, response) => answer(folder, base, request, response));
  return new Promise((resolve, reject) => {
    // Later ones are not thrown either: a visitor who cannot be let in, where no file can be opened any more, comes again.
    server.on('error', reject);
    server.listen(port, host, () => {
      const { port: chosen } = server.address() as AddressInfo;
      resolve({
        address: `http://${host}:${chosen}`,
        close: () => {
          server.close();
          server.closeAllConnections();
        },
      });
    });
  });
}

function answer(folder: string, base: string, request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? '/';
  if (`${url}/` === base) {
    response.writeHead(301, { location: base }).end();
    return;
  }
  const file = url.startsWith(base) ? findFile(folder, url.slice(base.length - 1)) : undefined;
  const found = file ?? join(folder, '404.html');
  if (!existsSync(found)) {
    response.writeHead(404).end('Not found');
    return;
  }
  const type = TYPES[extname(found)] ?? 'application/octet-stream';
  const isText = /text|json|svg|xml/.test(type);
  const zips = isText && /\bgzip\b/.test(String(request.headers['accept-encoding']));
  const headers = {
    'content-type': type,
    'cache-control': found.startsWith(join(folder, 'assets', sep)) ? FOR_EVER : 'no-cache',
    ...(zips ? { 'content-encoding': 'gzip' } : {}),
  };
  response.writeHead(file === undefined ? 404 : 200, headers);
  const content = createReadStream(found);
  // A reader who goes away, and a file that cannot be read, end their own answer: the file is closed and the server goes on.
  if (zips) pipeline(content, createGzip({ level: 9 }), response, () => {});
  else pipeline(content, response, () => {});
}

/** Nothing outside the folder is ever read. */
function findFile(folder: string, url: string): string | undefined {
  let path: string;
  try {
    path = normalize(decodeURIComponent(new URL(url, 'http://site').pathname));
  } catch {
    return undefined;
  }
  const base = join(folder, path);
  if (base !== folder && !base.startsWith(folder + sep)) return undefined;
  const candidates = [base, `${base}.html`, join(base, 'index.html')];
  return candidates.find((candidate) => existsSync(candidate) && statSync(candidate).isFile());
}
