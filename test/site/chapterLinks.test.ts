import { join } from 'node:path';
import { createMarkdownRenderer, disposeMdItInstance } from 'vitepress';
import { afterEach, expect, it, vi } from 'vitest';
import { ROOT } from '../../site/.vitepress/book.ts';
import { chapterLinks } from '../../site/.vitepress/chapterLinks.ts';

const LINKS = '[a](/00-a-fixture#one), [b](/12-rebalances#eager), [c](./W-the-wire.md), [d](/wire), [*e*](#here).';

async function links(): Promise<string[]> {
  // VitePress keeps one reader for the whole process, whatever it was made with.
  disposeMdItInstance();
  const renderer = await createMarkdownRenderer(ROOT, { config: chapterLinks });
  const html = await renderer.render(LINKS, {
    path: join(ROOT, 'site/a.md'),
    relativePath: 'site/a.md',
    cleanUrls: true,
  });
  expect(html.replace(/<[^>]+>/g, '').trim()).toBe('a, b, c, d, e.');
  return [...html.matchAll(/<a [^>]*>(?:<em>)?(\w)/g)].map(([, letter]) => letter);
}

afterEach(() => {
  vi.unstubAllEnvs();
  disposeMdItInstance();
});

it('a book of the tests links to its own chapters, and names those of the course', async () => {
  vi.stubEnv('KAFKAITO_BOOK', 'test/browser/fixtures/book');
  expect(await links()).toEqual(['a', 'd', 'e']);
});

it('the course keeps every link, so that one that leads nowhere is found', async () => {
  vi.stubEnv('KAFKAITO_BOOK', '');
  expect(await links()).toEqual(['a', 'b', 'c', 'd', 'e']);
});
