/**
 * A small web server for the built site, on this machine only unless told otherwise. It answers addresses without `.html`, as the site's links
 * are written, and compresses, so that what the tests weigh is what a reader would load.
 */

import { createReadStream, type Stats, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, sep } from 'node:path';
import { pipeline } from 'node:stream';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

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

/** How many compressed texts are held, more than the site has files; and how large one may be. Larger ones, of which no page has any, go out as they are. */
const MAX_ZIPPED = 1000;
const MAX_ZIPPED_BYTES = 4 * 1024 * 1024;

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
  const zipper = new Zipper();
  const server = createServer((request, response) => answer(folder, base, zipper, request, response));
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

const zip = promisify(gzip);

/** Compresses each text once, since a whole class asks for the same ones. Of a file that has changed only the last state is held. */
class Zipper {
  readonly #known = new Map<string, { changedMs: number; size: number; zipped: Promise<Uint8Array> }>();

  /** @param file as it is now: when it has changed, it is read and compressed anew */
  zipped(file: string, { mtimeMs: changedMs, size }: Stats): Promise<Uint8Array> {
    const known = this.#known.get(file);
    if (known?.changedMs === changedMs && known.size === size) return known.zipped;
    const zipped = readFile(file).then((bytes) => zip(bytes, { level: 9 }));
    if (this.#known.size === MAX_ZIPPED) this.#known.clear();
    this.#known.set(file, { changedMs, size, zipped });
    zipped.catch(() => this.#known.delete(file));
    return zipped;
  }
}

function answer(
  folder: string,
  base: string,
  zipper: Zipper,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const url = request.url ?? '/';
  if (`${url}/` === base) {
    response.writeHead(301, { location: base }).end();
    return;
  }
  const file = url.startsWith(base) ? findFile(folder, url.slice(base.length - 1)) : undefined;
  const found = file ?? join(folder, '404.html');
  const state = statSync(found, { throwIfNoEntry: false });
  if (!state) {
    response.writeHead(404).end('Not found');
    return;
  }
  const type = TYPES[extname(found)] ?? 'application/octet-stream';
  const isText = /text|json|svg|xml/.test(type);
  const zips =
    isText &&
    state.isFile() &&
    state.size <= MAX_ZIPPED_BYTES &&
    /\bgzip\b/.test(String(request.headers['accept-encoding']));
  const headers = {
    'content-type': type,
    'cache-control': found.startsWith(join(folder, 'assets', sep)) ? FOR_EVER : 'no-cache',
    ...(zips ? { 'content-encoding': 'gzip' } : {}),
  };
  response.writeHead(file === undefined ? 404 : 200, headers);
  // A reader who goes away, and a file that cannot be read, end their own answer: the file is closed and the server goes on.
  if (!zips) {
    pipeline(createReadStream(found), response, () => {});
    return;
  }
  zipper.zipped(found, state).then(
    (bytes) => response.end(bytes),
    () => response.destroy(),
  );
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
  return candidates.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile());
}
