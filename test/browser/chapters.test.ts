import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ShownOutput } from './visit.ts';
import { Library, ROOT } from './visit.ts';

/** What a chapter may weigh, gzipped: all that a reader loads before the first Run, the kernel that it loads, and the parts that cells name. */
const PAGE_BYTES = 100_000;
const KERNEL_BYTES = 150_000;
/** Stock kafkajs takes most of it. */
const PARTS_BYTES = 100_000;

const chapters = readdirSync(join(ROOT, 'notebooks'))
  .filter((name) => name.endsWith('.ipynb'))
  .map((name) => name.slice(0, -'.ipynb'.length));

interface NotebookCell {
  source: string[];
  cell_type: string;
  id: string;
  metadata: { kafkaito?: { mark: string } };
  outputs: { output_type: string; name?: string; text?: string[]; data?: Record<string, string[]> }[];
}

function cellsOnPage(chapter: string): NotebookCell[] {
  const { cells } = JSON.parse(readFileSync(join(ROOT, 'notebooks', `${chapter}.ipynb`), 'utf8')) as {
    cells: NotebookCell[];
  };
  return cells.filter(({ cell_type, metadata }) => cell_type === 'code' && metadata.kafkaito?.mark === 'everywhere');
}

/** What the notebook stores for the cells that run on the page, by id. */
function storedOutputs(chapter: string): Record<string, ShownOutput[]> {
  return Object.fromEntries(cellsOnPage(chapter).map(({ id, outputs }) => [id, outputs.map(readOutput)]));
}

function readOutput({ output_type, name, text, data }: NotebookCell['outputs'][number]): ShownOutput {
  if (output_type === 'stream') return { stream: name ?? '', text: (text ?? []).join('') };
  const words = (data?.['text/plain'] ?? []).join('');
  const svg = data?.['image/svg+xml'];
  return svg === undefined
    ? { stream: 'stdout', text: words }
    : { stream: 'display', text: words, drawing: summary(svg.join('')) };
}

/** How many shapes a drawing has, and its words: as CellOnPage.shown reads them from the page. */
function summary(svg: string): string {
  const shapes = [...svg.matchAll(/<[a-z]/gi)].length - 1;
  const words = svg.replace(/<[^>]+>/g, '').replace(/\s+/g, '');
  const decoded = words.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));
  return `${shapes} ${decoded.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')}`;
}

describe.runIf(process.env.KAFKAITO_TEST_COURSE !== 'no')('the course', () => {
  let library: Library;

  beforeAll(async () => {
    library = await Library.open('site');
  });

  afterAll(() => library.close());

  it('lists every chapter that has a notebook', async () => {
    const visit = await library.visit('/');
    const links = await visit.page.locator('.contents a').all();
    const addresses = await Promise.all(links.map((link) => link.getAttribute('href')));
    expect(addresses).toEqual(chapters.map((chapter) => `/${chapter}`));
    await visit.leave();
  });

  for (const chapter of chapters) {
    it(`${chapter}: every cell prints what the notebook stores, within the weight; axe finds nothing, and it fits a phone`, async () => {
      const visit = await library.visit(`/${chapter}`, { colorScheme: 'light' });
      const page = await visit.received();
      await visit.runAll();
      const run = await visit.received();
      const shown: Record<string, ShownOutput[]> = {};
      for (const cell of await visit.cells()) shown[await cell.id()] = await cell.shown();
      expect(shown).toEqual(storedOutputs(chapter));
      console.log(`${chapter}: ${page.rest} bytes to read it, ${run.kernel} of kernel, ${run.rest} of parts`);
      expect(page.kernel).toBe(0);
      expect(page.rest).toBeLessThan(PAGE_BYTES);
      expect(run.kernel).toBeLessThan(KERNEL_BYTES);
      expect(run.kernel).toBeGreaterThan(100_000);
      expect(run.rest).toBeLessThan(PARTS_BYTES);
      await visit.page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })");
      expect(await visit.axeOnBothPapers()).toEqual([]);
      await visit.page.setViewportSize({ width: 390, height: 844 });
      await expect.poll(() => visit.overflow()).toBe(0);
      await visit.leave();
      expect(visit.surprises).toEqual([]);
    });

    it(`${chapter}: is read without JavaScript`, async () => {
      const visit = await library.visit(`/${chapter}`, { javaScriptEnabled: false });
      const stored = Object.values(storedOutputs(chapter)).filter((outputs) => outputs.length > 0);
      await expect.poll(() => visit.page.locator('.stored').count()).toBeGreaterThanOrEqual(stored.length);
      await expect.poll(() => visit.page.getByRole('button').count()).toBe(0);
      await visit.leave();
    });
  }
});
