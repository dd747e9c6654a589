import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Library, textOf } from './visit.ts';

/** A server that gives anything to anybody, and writes down who came. */
async function openOutside() {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(request.url ?? '');
    response.writeHead(200, { 'access-control-allow-origin': '*', 'content-type': 'text/javascript' }).end('1;');
  });
  server.on('upgrade', (request, socket) => {
    seen.push(`upgrade ${request.url}`);
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}`, seen, close: () => server.close() };
}

/** Code from a link may be anybody's. What it could reach, tried from inside a cell. */
describe('the sandbox of a cell', () => {
  let library: Library;

  beforeAll(async () => {
    library = await Library.open('site-book');
  });

  afterAll(() => library.close());

  it('lets nothing out and nothing in', async () => {
    const visit = await library.visit('/00-a-fixture');
    const outside = await openOutside();
    const cell = visit.cell('first');
    await cell.write(`
      const outside = ${JSON.stringify(outside.address)};
      const tries: Record<string, () => unknown> = {
        fetch: () => fetch(outside + '/fetch'),
        'fetch of data': () => fetch('data:text/plain,hello'),
        beacon: () => { if (!navigator.sendBeacon?.(outside + '/beacon')) throw 0; },
        XMLHttpRequest: () => { const r = new XMLHttpRequest(); r.open('GET', outside + '/xhr', false); r.send(); },
        WebSocket: () => new Promise((resolve, reject) => { const s = new WebSocket(outside.replace('http', 'ws')); s.onopen = resolve; s.onerror = reject; }),
        EventSource: () => new Promise((resolve, reject) => { const s = new EventSource(outside); s.onopen = resolve; s.onerror = reject; }),
        importScripts: () => importScripts(outside + '/script.js'),
        'import of an address': () => new Function('outside', 'return import(outside + "/module.js")')(outside),
        'a worker of an address': () => new Promise((resolve, reject) => { const w = new Worker(outside + '/worker.js'); w.onmessage = resolve; w.onerror = reject; }),
        'a fetch of a worker': () => new Promise((resolve, reject) => {
          const code = "fetch('" + outside + "/nested').then(() => postMessage(1), () => { throw 0 })";
          const w = new Worker(URL.createObjectURL(new Blob([code])));
          w.onmessage = resolve;
          w.onerror = reject;
          setTimeout(reject, 500);
        }),
        indexedDB: () => new Promise((resolve, reject) => { const r = indexedDB.open('x'); r.onsuccess = resolve; r.onerror = reject; }),
        caches: () => caches.open('x'),
        'storage of files': () => navigator.storage.getDirectory(),
        localStorage: () => (globalThis as any).localStorage.length,
        document: () => (globalThis as any).document.cookie,
      };
      for (const [name, attempt] of Object.entries(tries)) {
        try { await attempt(); console.log(name, 'WORKED'); } catch { console.log(name, 'refused'); }
      }
      console.log('origin', self.origin);`);
    await cell.run();
    const lines = (await textOf(cell.output())).split('\n');
    expect(lines.filter((line) => line.includes('WORKED'))).toEqual([]);
    expect(lines.filter((line) => line.includes('refused'))).toHaveLength(15);
    expect(lines.at(-1)).toBe('origin null');
    expect(outside.seen).toEqual([]);
    await visit.page.evaluate(`fetch(${JSON.stringify(outside.address)} + '/from-the-page')`);
    expect(outside.seen).toEqual(['/from-the-page']);
    outside.close();
    await visit.leave();
  });

  it('lets no message of a channel reach the page, another tab or another sandbox', async () => {
    const visit = await library.visit('/00-a-fixture');
    const listen = `window.heard = []; new BroadcastChannel('kafka').onmessage = (event) => window.heard.push(event.data);`;
    await visit.page.evaluate(listen);
    await visit.page.evaluate(`new Promise((resolve) => {
      const frame = document.createElement('iframe');
      frame.setAttribute('sandbox', 'allow-scripts');
      frame.srcdoc = "<script>new BroadcastChannel('kafka').onmessage = (event) => parent.postMessage({ overheard: event.data }, '*')</scr" + 'ipt>';
      frame.onload = resolve;
      addEventListener('message', (event) => event.data?.overheard && window.heard.push('frame: ' + event.data.overheard));
      document.body.append(frame);
    })`);
    const cell = visit.cell('first');
    await cell.write(`
      new BroadcastChannel('kafka').postMessage('from the cell');
      await new Promise((resolve) => setTimeout(resolve, 200));
      console.log('sent');`);
    await cell.run();
    await expect.poll(() => textOf(cell.output())).toContain('sent');
    const tab = await visit.page.context().newPage();
    await tab.goto(library.address);
    await tab.evaluate(`new BroadcastChannel('kafka').postMessage('from a tab')`);
    await visit.page.waitForFunction('window.heard.length > 0');
    await expect.poll(() => visit.page.evaluate('window.heard')).toEqual(['from a tab']);
    await visit.leave();
  });

  it('keeps the port of the kernel from the cells', async () => {
    const visit = await library.visit('/00-a-fixture');
    const cell = visit.cell('first');
    await cell.write(`
      MessagePort.prototype.postMessage = () => { throw new Error('caught'); };
      globalThis.postMessage = () => { throw new Error('caught'); };
      console.log(Object.values(globalThis).filter((value) => value instanceof MessagePort).length, 'ports in sight');`);
    await cell.run();
    await expect.poll(() => textOf(cell.output())).toContain('0 ports in sight');
    await visit.cell('exercise').run();
    await visit.leave();
  });
});
