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

const BOOK = bookFolder();
const PAGES = ['site', `${BOOK}chapters`];

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
  rewrites: { 'site/:page.md': ':page.md', [`${BOOK}chapters/:page.md`]: ':page.md' },
  head: [['link', { rel: 'icon', href: `data:image/svg+xml,${encodeURIComponent(ICON)}` }]],
  cleanUrls: true,
  appearance: true,
  themeConfig: { contents: contents() },
  markdown: {
    theme: codeTheme,
    config(md) {
      cellsPlugin(md);
      pagesPlugin(md);
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

/** Everything beside the folders of pages, level by level, and everything below them. */
function besides(folders: string[]): string[] {
  const parts = folders.map((folder) => folder.split('/'));
  const levels = parts.flatMap((names) => names.map((_, depth) => names.slice(0, depth).join('/')));
  const siblings = [...new Set(levels)].map((parent) => {
    const depth = parent === '' ? 0 : parent.split('/').length;
    const kept = parts.filter((names) => names.slice(0, depth).join('/') === parent).map((names) => names[depth]);
    const prefix = parent === '' ? '' : `${parent}/`;
    return [`${prefix}*.md`, `${prefix}!(${[...new Set(kept)].join('|')})/**`];
  });
  return [...siblings.flat(), ...folders.map((folder) => `${folder}/*/**`)];
}
