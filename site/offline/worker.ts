/**
 * The service worker: keeps what a reader has visited, and what runs the cells, so that the book works without a network.
 *
 * A page comes from the network when there is one, so that a new version is seen at the next load, and from the store when there is none. Files under
 * `assets/` have a hash in their name: whatever the store has under that name is right. The front page and the page of things not found are kept at
 * once, others when they are visited, and the kernel, its parts and the search when the page says that it is idle (theme/offline.ts).
 *
 * Each version of the site has a store of its own. When a new one takes over, it fetches anew the pages that the old one kept, and drops the old.
 */

import type { OfflineMessage } from './message.ts';

declare const self: ServiceWorkerGlobalScope;
/** Put in when the site is built (../.vitepress/offline.ts). */
declare const VERSION: string;
declare const BASE: string;
declare const CHUNKS: string[];

const PREFIX = `kafkaito ${BASE} `;
const STORE = PREFIX + VERSION;
const NOT_FOUND = `${BASE}404.html`;

self.addEventListener('install', (event) => {
  event.waitUntil(Promise.all([keepPage(BASE), keepPage(NOT_FOUND)]).then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => event.waitUntil(takeOver()));

self.addEventListener('message', (event) => {
  const message: OfflineMessage = event.data;
  const done = 'keep' in message ? keepPage(message.keep) : keepAssets(CHUNKS);
  // A page that cannot be kept now is kept at the next visit.
  event.waitUntil(done.catch(() => undefined));
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== location.origin || !url.pathname.startsWith(BASE)) return;
  if (event.request.mode === 'navigate') event.respondWith(pageFor(event.request));
  else if (url.pathname.startsWith(`${BASE}assets/`)) event.respondWith(assetFor(event.request));
  else event.respondWith(fetch(event.request).catch(() => kept(event.request)));
});

async function takeOver(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== STORE);
  for (const name of old) {
    const requests = await (await caches.open(name)).keys();
    const pages = requests.map(({ url }) => new URL(url).pathname).filter((path) => !path.startsWith(`${BASE}assets/`));
    await Promise.allSettled(pages.map(keepPage));
    await caches.delete(name);
  }
}

async function pageFor(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch {
    return (await stored(pathOf(request.url))) ?? (await stored(NOT_FOUND)) ?? Response.error();
  }
}

async function assetFor(request: Request): Promise<Response> {
  const known = await stored(request.url);
  if (known !== undefined) return known;
  const response = await fetch(request);
  if (response.ok) await keep(request.url, response.clone());
  return response;
}

/** A browser that has no room left still shows what has come. */
async function keep(url: string, response: Response): Promise<void> {
  const store = await caches.open(STORE);
  await store.put(url, response).catch(() => undefined);
}

async function kept(request: Request): Promise<Response> {
  return (await stored(pathOf(request.url))) ?? Response.error();
}

async function stored(url: string): Promise<Response | undefined> {
  return (await caches.open(STORE)).match(url);
}

/** What stands behind `?` and `#` chooses a moment of a page, not another page. */
function pathOf(url: string): string {
  return new URL(url).pathname;
}

/** Keeps a page and every file that it names; of its text also the longer form, which it is read from when a link leads there. */
async function keepPage(path: string): Promise<void> {
  const response = await fetch(path, { cache: 'no-cache' });
  const isExpected = response.ok || path === NOT_FOUND;
  if (!isExpected || response.redirected) return;
  const html = await response.clone().text();
  const named = [...html.matchAll(/(?:href|src)="([^"]+\.(?:js|css))"/g)].map(([, file]) => file);
  const long = named.filter((file) => file.endsWith('.lean.js')).map((file) => file.replace(/\.lean\.js$/, '.js'));
  await keepAssets([...named, ...long].filter((file) => file.startsWith(BASE)));
  await (await caches.open(STORE)).put(path, response);
}

async function keepAssets(files: string[]): Promise<void> {
  const store = await caches.open(STORE);
  for (const file of files) {
    if ((await store.match(file)) === undefined) await store.add(file);
  }
}
