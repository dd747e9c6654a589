import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createMarkdownRenderer } from 'vitepress';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cellsPlugin } from '../../site/.vitepress/cellsPlugin.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What the site makes of a chapter, and when it refuses to. */
describe('a chapter as a page', () => {
  let book: string;

  beforeEach(() => {
    book = mkdtempSync(join(tmpdir(), 'kafkaito-book-'));
    mkdirSync(join(book, 'chapters'));
    mkdirSync(join(book, 'notebooks'));
    vi.stubEnv('KAFKAITO_BOOK', relative(ROOT, book));
  });

  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(book, { recursive: true, force: true });
  });

  /** @param stored the code of the cells in the notebook and what they printed, by id */
  async function render(
    markdown: string,
    stored?: Record<string, { code: string; outputs: object[] }>,
  ): Promise<string> {
    const file = join(book, 'chapters', '00-a-test.md');
    writeFileSync(file, markdown);
    if (stored) {
      const cells = Object.entries(stored).map(([id, { code, outputs }]) => ({
        cell_type: 'code',
        id,
        source: [code],
        outputs,
      }));
      writeFileSync(join(book, 'notebooks', '00-a-test.ipynb'), JSON.stringify({ cells }));
    }
    const renderer = await createMarkdownRenderer(book, { config: cellsPlugin });
    return await renderer.render(markdown, { path: file, relativePath: 'chapters/00-a-test.md', cleanUrls: true });
  }

  const printed = (text: string) => [{ output_type: 'stream', name: 'stdout', text: [text] }];
  const one = '# Title\n\n```ts everywhere predict id=one\nconsole.log(1 < 2)\n```\n';

  it('shows each cell with its stored output', async () => {
    const html = await render(one, { one: { code: 'console.log(1 < 2)', outputs: printed('true & <b>\n') } });
    expect(html).toContain('<Cell cell-id="one" mark="everywhere" :number="1" predict>');
    expect(html).toContain('<pre class="printed stdout">true &amp; &lt;b&gt;\n</pre>');
  });

  it('shows a drawing beside its twin in words', async () => {
    const data = { 'image/svg+xml': ['<svg></svg>'], 'text/plain': ['a | b'] };
    const outputs = [{ output_type: 'display_data', data, metadata: {} }];
    const html = await render(one, { one: { code: 'console.log(1 < 2)', outputs } });
    expect(html).toContain('<div class="picture" tabindex="0"><svg></svg></div>');
    expect(html).toContain('<summary>In words</summary><pre tabindex="0">a | b</pre>');
  });

  it('quotes a region with its place', async () => {
    const html = await render('# Title\n\n<<< test/site/region.txt#answer\n', {});
    expect(html).toContain('<code>test/site/region.txt</code>, lines 3 to 4');
    expect(html.replace(/<[^>]+>/g, '')).toContain('const answer = 42;\nanswer;');
  });

  it('refuses a quote of a region or a file that is gone', async () => {
    const missing = '# Title\n\nText.\n\n<<< test/site/region.txt#question\n';
    await expect(render(missing, {})).rejects.toThrow(/00-a-test\.md:5: test\/site\/region\.txt: .*question/);
    await expect(render('# Title\n\n<<< test/site/gone.txt#a\n', {})).rejects.toThrow(
      'there is no file test/site/gone.txt',
    );
  });

  it('refuses a chapter without a notebook, without a cell in it, or with another one', async () => {
    await expect(render(one)).rejects.toThrow(/There is no .*00-a-test\.ipynb: build the notebooks/);
    await expect(render(one, {})).rejects.toThrow('has no cell one');
    const other = { one: { code: 'console.log(1 > 2)', outputs: printed('false\n') } };
    await expect(render(one, other)).rejects.toThrow('is not that of the chapter');
  });

  it('refuses a cell that only the notebook has', async () => {
    const hidden = '# Title\n\n``` ts everywhere id=one\n1\n```\n';
    await expect(render(hidden, { one: { code: '1', outputs: [] } })).rejects.toThrow(
      /00-a-test\.md:3: the page does not see the cell/,
    );
  });
});
