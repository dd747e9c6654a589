/**
 * The site: VitePress with a theme of its own (theme/). Its pages are the chapters, which lie outside `site/`, so the whole project is the
 * source folder and everything else in it is left out.
 */

import { basename, join } from 'node:path';
import { defineConfigWithTheme } from 'vitepress';
import type { ContentsEntry } from './book.ts';
import { bookFolder, contents, ROOT } from './book.ts';
import { cellsPlugin } from './cellsPlugin.ts';
import { codeTheme, colourWithoutHaste } from './codeTheme.ts';
import { kernelPlugin } from './kernelPlugin.ts';
import { pagesPlugin } from './pagesPlugin.ts';
import { sourcePlugin } from './sourcePlugin.ts';

const BOOK = bookFolder();
/** The folders of pages. A page of `site/source` keeps its folder in its address, the others lie side by side. */
const PAGES = ['site', 'site/source', `${BOOK}chapters`];

/** A partition of three records, the last one being read. */
const ICON = [
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="none" stroke="#0072B2" stroke-width="1.5" ',
  'd="M1 5h14v6H1zM6 5v6M10.5 5v6"/><path fill="#0072B2" d="M10.5 5H15v6h-4.5z"/></svg>',
].join('');

export default defineConfigWithTheme<{ contents: ContentsEntry[] }>({
  lang: 'en-GB',
  title: 'One Consumer per Partition',
  description: "Kafka's consumer groups, taken apart in TypeScript",
  srcDir: ROOT,
  srcExclude: besides(PAGES),
  outDir: join(ROOT, 'dist', BOOK === '' ? 'site' : `site-${basename(BOOK)}`),
  cacheDir: join(ROOT, '.cache/site'),
  rewrites: {
    'site/:page.md': ':page.md',
    'site/source/:page.md': 'source/:page.md',
    [`${BOOK}chapters/:page.md`]: ':page.md',
  },
  head: [['link', { rel: 'icon', href: `data:image/svg+xml,${encodeURIComponent(ICON)}` }]],
  cleanUrls: true,
  appearance: true,
  themeConfig: { contents: contents() },
  markdown: {
    theme: codeTheme,
    config(md) {
      cellsPlugin(md);
      pagesPlugin(md);
      sourcePlugin(md);
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
