/**
 * A visit to the built site: a server, a browser and a page, and what a reader does there. Tests look at what a reader could see: roles,
 * labels and text.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import type { SiteServer } from '../../site/tools/server.ts';
import { serveFolder } from '../../site/tools/server.ts';
import { BOOK_BASE, chromiumPath } from './places.mjs';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Chromium loads two pages of its own for every new window, to have them at hand below the address bar: they take more of the processor than the page of the
 * visit, and nobody sees them. This list takes the place of Playwright's, from which it keeps what would otherwise ask a network.
 */
const WITHOUT_FEATURES = [
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'AimEnabled',
  'HttpsUpgrades',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PreconnectToSearch',
];

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--disable-features=${WITHOUT_FEATURES.join(',')}`,
];

const AXE = readFileSync(join(ROOT, 'node_modules/axe-core/axe.min.js'), 'utf8');

/** As in browsers that have no service workers. */
const WITHOUT_WORKER = "Object.defineProperty(Navigator.prototype, 'serviceWorker', { get: () => undefined });";

export type VisitOptions = BrowserContextOptions & { keeps?: boolean; early?: string };

/** A built site being served, and a browser to read it with. */
export class Library {
  readonly #server: SiteServer;
  readonly #browser: Browser;

  constructor(server: SiteServer, browser: Browser) {
    this.#server = server;
    this.#browser = browser;
  }

  /** @param site the folder in dist/: `site`, the course, or `site-book`, the small book, which does not stand at the root of its host */
  static async open(site: 'site' | 'site-book'): Promise<Library> {
    const base = site === 'site' ? '/' : BOOK_BASE;
    const { address, close } = await serveFolder(join(ROOT, 'dist', site), 0, '127.0.0.1', base);
    const server = { address: address + base.slice(0, -1), close };
    return new Library(server, await chromium.launch({ executablePath: chromiumPath(), args: FLAGS }));
  }

  get address(): string {
    return this.#server.address;
  }

  /**
   * Opens a page in a fresh profile.
   * @param keeps whether the page may keep itself for a day without a network, which makes it fetch more than the reader has asked for
   * @param early a script that runs before those of the page
   */
  async visit(path: string, { keeps = false, early, ...options }: VisitOptions = {}): Promise<Visit> {
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    if (!keeps) await context.addInitScript(WITHOUT_WORKER);
    if (early !== undefined) await context.addInitScript(early);
    const visit = new Visit(await context.newPage(), this.address, options.javaScriptEnabled !== false);
    await visit.go(path);
    return visit;
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.close();
  }
}

/** The text of an element, spaces as they are shown. */
export async function textOf(locator: Locator): Promise<string> {
  return ((await locator.textContent()) ?? '').trim();
}

/** One reader at one page. */
export class Visit {
  readonly page: Page;
  /** What went wrong without anybody having asked for it, and requests to other hosts. */
  readonly surprises: string[] = [];
  /** Bytes received, as they came over the wire. */
  #received: Promise<{ url: string; bytes: number }>[] = [];
  readonly #site: string;
  readonly #runsScripts: boolean;

  constructor(page: Page, site: string, runsScripts: boolean) {
    this.page = page;
    this.#site = site;
    this.#runsScripts = runsScripts;
    page.on('pageerror', (error) => this.surprises.push(`error: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.surprises.push(message.text());
    });
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(site) && !/^(?:data|blob|about):/.test(url)) this.surprises.push(`request to ${url}`);
    });
    page.on('requestfinished', (request) => {
      const url = request.url();
      const received = request.sizes().then(({ responseBodySize }) => ({ url, bytes: responseBodySize }));
      // When the page is left, what is still being asked fails, and nobody wants to know it any more.
      received.catch(() => {});
      this.#received.push(received);
    });
  }

  /** Opens a page. Until the network is silent, its scripts are at work: where there are none, nothing comes after what it names itself. */
  async go(path: string): Promise<void> {
    await this.page.goto(this.#site + path, { waitUntil: this.#runsScripts ? 'networkidle' : 'load' });
  }

  /** Waits until the browser has kept this page, and what runs its cells. */
  async kept(): Promise<void> {
    const paths: () => Promise<string[]> = () =>
      this.page.evaluate(`(async () => {
        const stores = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
        const requests = await Promise.all(stores.map((store) => store.keys()));
        return requests.flat().map(({ url }) => url.slice(location.origin.length));
      })()`);
    const names = [new URL(this.page.url()).pathname, '/virtual_kafkaito-kernel', '/virtual_kafkaito-parts'];
    const isThere = (kept: string[]) => names.every((name) => kept.some((path) => path.includes(name)));
    while (!isThere(await paths())) await this.page.waitForTimeout(50);
  }

  /** Bytes received since the last time this was asked: of the kernel's own files, and of all others. */
  async received(): Promise<{ kernel: number; rest: number }> {
    const files = await Promise.all(this.#received);
    this.#received = [];
    const sum = (some: typeof files) => some.reduce((total, { bytes }) => total + bytes, 0);
    const isKernel = ({ url }: { url: string }) => /\/[^/]*kernel[^/]*\.js$/.test(url);
    return { kernel: sum(files.filter(isKernel)), rest: sum(files.filter((file) => !isKernel(file))) };
  }

  cell(id: string): CellOnPage {
    return new CellOnPage(this.page.locator(`section.cell#${id}`));
  }

  /** The cells that can be run, in order. */
  async cells(): Promise<CellOnPage[]> {
    const sections = await this.page.locator('section.cell:has(.run)').all();
    return sections.map((section) => new CellOnPage(section));
  }

  /** Runs all cells and waits until nothing runs. */
  async runAll(): Promise<void> {
    const [first] = await this.cells();
    await first.button('Run').focus();
    await first.button('Run all').click();
    await this.page
      .locator('section.cell:has(.run)')
      .last()
      .locator('.state')
      .filter({ hasText: /Done|Failed/ })
      .waitFor();
  }

  /** What a screen reader is told. */
  announcement(): Locator {
    return this.page.locator('[role=status]');
  }

  /** How far the page could be moved sideways, in pixels. */
  async overflow(): Promise<number> {
    return this.page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  }

  /**
   * What axe finds, one line each.
   * @param within a selector; all of the page unless told
   * @param rules the names of those to try; all unless told
   */
  async axe(within?: string, rules?: readonly string[]): Promise<string[]> {
    if (await this.page.evaluate("typeof axe === 'undefined'")) await this.page.evaluate(AXE);
    const options = { resultTypes: ['violations'], ...(rules && { runOnly: { type: 'rule', values: rules } }) };
    return this.page.evaluate(`axe.run(${JSON.stringify(within) ?? 'document'}, ${JSON.stringify(options)})
      .then(({ violations }) => violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => id + ' at ' + target.join(' ') + ': ' + failureSummary)))`);
  }

  /** What axe finds on light paper, on which the visit has begun, and then on dark, where nothing is new but colours. */
  async axeOnBothPapers(within?: string): Promise<string[]> {
    const onLight = await this.axe(within);
    await this.page.emulateMedia({ colorScheme: 'dark' });
    await this.page.locator('html.dark').waitFor({ state: 'attached' });
    const onDark = await this.axe(within, ['color-contrast', 'link-in-text-block']);
    await this.page.emulateMedia({ colorScheme: 'light' });
    await this.page.locator('html:not(.dark)').waitFor({ state: 'attached' });
    return [...onLight, ...onDark];
  }

  async leave(): Promise<void> {
    await this.page.context().close();
  }
}

/** Something a cell shows: text, or a drawing given by its twin in words, its marks counted and its words joined. */
export interface ShownOutput {
  stream: string;
  text: string;
  drawing?: string;
}

/** One cell, as a reader meets it. */
export class CellOnPage {
  readonly section: Locator;

  constructor(section: Locator) {
    this.section = section;
  }

  button(name: string): Locator {
    return this.section.getByRole('button', { name, exact: true });
  }

  state(): Locator {
    return this.section.locator('.state');
  }

  output(): Locator {
    return this.section.locator('.live');
  }

  stored(): Locator {
    return this.section.locator('.stored');
  }

  error(): Locator {
    return this.section.locator('.error');
  }

  async id(): Promise<string> {
    return (await this.section.getAttribute('id')) ?? '';
  }

  /** Presses Run and waits for the end. */
  async run(): Promise<void> {
    await this.button('Run').click();
    await this.state()
      .filter({ hasText: /^(?:Done|Failed|Stopped|Not run.*|Read it.*)$/ })
      .waitFor();
  }

  /** Opens the editor and replaces the text. */
  async write(text: string): Promise<void> {
    await this.section.hover();
    await this.button('Edit').click();
    await this.section.locator('.cm-content').focus();
    await this.section.page().keyboard.press('ControlOrMeta+A');
    await this.section.page().keyboard.insertText(text);
  }

  /** What the last run has shown, in order. */
  async shown(): Promise<ShownOutput[]> {
    return this.section.locator('.live .outputs > *').evaluateAll(readShown);
  }
}

/** The little of an element that is read here: the types at hand are Node's. */
interface ElementOfPage {
  readonly classList: { contains(name: string): boolean };
  readonly textContent: string | null;
  querySelector(selector: string): ElementOfPage | null;
  querySelectorAll(selector: string): { length: number };
}

/** Runs in the page, once for all that a cell shows: to ask for each text alone would cross to the browser hundreds of times. */
function readShown(elements: ElementOfPage[]): ShownOutput[] {
  return elements.map((element) => {
    if (!element.classList.contains('drawing')) {
      return { stream: element.classList.contains('stderr') ? 'stderr' : 'stdout', text: element.textContent ?? '' };
    }
    const text = element.querySelector('.twin pre')?.textContent ?? '';
    const shapes = element.querySelectorAll('.picture svg *').length;
    const words = (element.querySelector('.picture')?.textContent ?? '').replace(/\s+/g, '');
    return { stream: 'display', text, drawing: `${shapes} ${words}` };
  });
}
