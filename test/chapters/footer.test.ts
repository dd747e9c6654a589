/** The end of a chapter says what was seen on Apache Kafka, in the notebook and on the page. */
import { createMarkdownRenderer } from 'vitepress';
import { expect, test } from 'vitest';
import { footerOf } from '../../chapters/observations/footer.ts';
import { chapters } from '../../chapters/observations/index.ts';
import { recording } from '../../chapters/observations/recording.ts';
import { readChapters, root } from '../../notebooks/tools/chapters.ts';
import { buildNotebook } from '../../notebooks/tools/notebook.ts';
import { cellsPlugin } from '../../site/.vitepress/cellsPlugin.ts';

const [{ chapter, markdown, name }] = readChapters(['08']);
const { observations, sources } = chapters['08'];

test('it has the version, the day, every observation with its cell, what differs, and the sources', () => {
  const footer = footerOf(chapter, { linkToCells: true }) ?? '';
  expect(footer).toMatch(
    /^Held against Apache Kafka 4\.3\.1 on \d+ [A-Z][a-z]+ \d{4}, .*: 4 observations, of which 1 is not quite alike\.\n/,
  );
  for (const { says, cell, ours } of observations) {
    expect(footer).toContain(`- ${says} ([cell `);
    expect(footer).toContain(
      `](#${cell}))${ours === undefined ? '\n' : ` Ours is not quite the same: ${ours.because}\n`}`,
    );
  }
  for (const { link } of sources) expect(footer).toContain(`](${link}`);
});

test('in the notebook it is the last cell, and names cells by their numbers', () => {
  const footer = footerOf(chapter, { linkToCells: false });
  const last = buildNotebook(chapter, new Map(), footer).cells.at(-1);
  expect(last).toMatchObject({ cell_type: 'markdown', id: 'footer' });
  expect(last?.source.join('')).toBe(`---\n\n${footer}`);
  expect(footer).toContain(
    '- The topic `__consumer_offsets` has fifty partitions, is compacted, and is left out of the list of topics. (cell 2)',
  );
});

test('on the page it stands below the text', async () => {
  const renderer = await createMarkdownRenderer(root, {
    config: cellsPlugin,
    highlight: (code) => `<pre>${code}</pre>`,
  });
  const relativePath = `chapters/${name}.md`;
  const html = await renderer.render(markdown, { path: `${root}/${relativePath}`, relativePath, cleanUrls: true });
  const [text, footer] = html.split('<footer class="verified">');
  expect(text).toContain('In production');
  expect(footer).toMatch(
    /^\s*<p>Held against Apache Kafka 4\.3\.1 [\s\S]*<li>The topic <code>__consumer_offsets<\/code>[\s\S]*<a href="#topics"/,
  );
  expect(footer).toMatch(/<p>Sources: <a href="https:[\s\S]*<\/p>\s*<\/footer>\s*$/);
});

test('a chapter without observations has none', () => {
  const [fixture] = readChapters(['00'], 'test/notebooks/fixture');
  expect(footerOf(fixture.chapter, { linkToCells: false })).toBeUndefined();
});

test('it is about what was recorded', () => {
  expect(Object.keys(recording).sort()).toEqual(Object.keys(chapters).sort());
});
