/**
 * The site: VitePress with a theme of its own (theme/). Its pages are the chapters, which lie outside `site/`, so the whole project is the
 * source folder and everything else in it is left out.
 */

import { basename, join } from 'node:path';
import { defineConfigWithTheme } from 'vitepress';
import { editAddress, siteAddress } from './address.ts';
import type { BookTheme } from './book.ts';
import { bookFolder, contents, pages, ROOT, readSource } from './book.ts';
import { cellsPlugin } from './cellsPlugin.ts';
import { chapterLinks } from './chapterLinks.ts';
import { codeTheme, colourWithoutHaste } from './codeTheme.ts';
import { firstRunPlugin } from './firstRunPlugin.ts';
import { descriptionOf, headOf, withStyle } from './head.ts';
import { kernelPlugin } from './kernelPlugin.ts';
import { writeServiceWorker } from './offline.ts';
import { pagesPlugin } from './pagesPlugin.ts';
import { searchableText } from './search.ts';
import { sourcePlugin } from './sourcePlugin.ts';
import { writeTexts } from './texts.ts';

const BOOK = bookFolder();
const TITLE = 'One Consumer per Partition';
const DESCRIPTION = "Kafka's consumer groups, taken apart in TypeScript";
const ADDRESS = siteAddress(process.env.KAFKAITO_BASE ?? '');
/** The folders of pages. A page of `site/source` keeps its folder in its address, the others lie side by side. */
const PAGES = ['site', 'site/source', `${BOOK}chapters`];

/** A partition of three records, the last one being read. */
const ICON = [
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="none" stroke="#0072B2" stroke-width="1.5" ',
  'd="M1 5h14v6H1zM6 5v6M10.5 5v6"/><path fill="#0072B2" d="M10.5 5H15v6h-4.5z"/></svg>',
].join('');

export default defineConfigWithTheme<BookTheme>({
  lang: 'en-GB',
  title: TITLE,
  description: DESCRIPTION,
  base: ADDRESS.base,
  srcDir: ROOT,
  srcExclude: besides(PAGES),
  outDir: join(ROOT, 'dist', BOOK === '' ? 'site' : `site-${basename(BOOK)}`),
  cacheDir: join(ROOT, '.cache/site'),
  rewrites: {
    'site/:page.md': ':page.md',
    'site/source/:page.md': 'source/:page.md',
    [`${BOOK}chapters/:page.md`]: ':page.md',
  },
  head: [
    ['link', { rel: 'icon', href: `data:image/svg+xml,${encodeURIComponent(ICON)}` }],
    ['meta', { name: 'theme-color', content: '#fffefb', media: '(prefers-color-scheme: light)' }],
    ['meta', { name: 'theme-color', content: '#161614', media: '(prefers-color-scheme: dark)' }],
  ],
  cleanUrls: true,
  // There are no transitions to be held back, and to do so would compute every style of a page once more.
  appearance: { disableTransition: false },
  // By default every page that a link in sight leads to is loaded: the contents and the last lines of a page lead to all of them.
  router: { prefetchLinks: false },
  themeConfig: {
    contents: contents(),
    pages: pages().map(({ path: _, ...page }) => page),
    editAddress: editAddress(JSON.parse(readSource('package.json') ?? '{}').repository),
    search: { provider: 'local', options: { _render: searchableText } },
  },
  sitemap: ADDRESS.origin === undefined ? undefined : { hostname: ADDRESS.origin + ADDRESS.base },
  transformPageData(page, { siteConfig }) {
    return { description: descriptionOf(page, join(siteConfig.srcDir, page.filePath)) };
  },
  transformHead: ({ pageData }) => headOf(pageData, TITLE, ADDRESS),
  transformHtml: (html, _file, { siteConfig: { outDir } }) => withStyle(html, outDir, ADDRESS.base),
  async buildEnd({ outDir }) {
    writeTexts(outDir, { base: ADDRESS.base, title: TITLE, description: DESCRIPTION });
    await writeServiceWorker(outDir, ADDRESS.base);
  },
  markdown: {
    theme: codeTheme,
    config(md) {
      cellsPlugin(md);
      pagesPlugin(md);
      sourcePlugin(md);
      chapterLinks(md);
      firstRunPlugin(md);
    },
    shikiSetup: colourWithoutHaste,
  },
  vite: {
    plugins: [kernelPlugin()],
    optimizeDeps: { entries: [] },
    server: { host: '127.0.0.1', watch: { ignored: ['**/.venv/**', '**/dist/**', '**/notebooks/mine/**'] } },
    build: { chunkSizeWarningLimit: 1000 },
    publicDir: join(ROOT, 'site/public'),
  },
});

/** Everything that is not right in one of the folders of pages, level by level. */
function besides(folders: string[]): string[] {
  const parts = folders.map((folder) => folder.split('/'));
  const levels = parts.flatMap((names) =>
    [...names.keys(), names.length].map((depth) => names.slice(0, depth).join('/')),
  );
  return [...new Set(levels)].flatMap((parent) => {
    const depth = parent === '' ? 0 : parent.split('/').length;
    const below = parts.filter((names) => names.length > depth && names.slice(0, depth).join('/') === parent);
    const kept = [...new Set(below.map((names) => names[depth]))];
    const prefix = parent === '' ? '' : `${parent}/`;
    const otherFolders = kept.length === 0 ? `${prefix}*/**/*.md` : `${prefix}!(${kept.join('|')})/**/*.md`;
    return folders.includes(parent) ? [otherFolders] : [`${prefix}*.md`, otherFolders];
  });
}
