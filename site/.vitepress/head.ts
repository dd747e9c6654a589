/** What stands in the head of a page: its look, and what search engines, those who share a link, and machines want to know. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HeadConfig, PageData } from 'vitepress';
import type { SiteAddress } from './address.ts';
import { chapterNames, chapterOfFile, readChapter, readSource, withoutFrontMatter } from './book.ts';

/** Longer ones are cut off where they are shown. */
const DESCRIPTION_CHARACTERS = 160;

/** What the front matter says of the page, or the sentences with which its text begins. */
export function descriptionOf({ filePath, frontmatter }: PageData, file: string): string {
  if (frontmatter.description) return frontmatter.description;
  const name = chapterOfFile(file);
  const segments = name === undefined ? [] : readChapter(name).segments;
  const text =
    name === undefined
      ? withoutFrontMatter(readSource(filePath) ?? '')
      : segments.map((each) => (each.kind === 'prose' ? each.text : '')).join('\n\n');
  return firstSentences(text);
}

function firstSentences(markdown: string): string {
  const paragraphs = markdown
    .replace(/<details>[\s\S]*?<\/details>|^#.*$|^(:::|<<<|```).*$/gm, '')
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s+/g, ' ').trim());
  const words = (paragraphs.find((paragraph) => /^[A-Z`*[].{39}/.test(paragraph)) ?? '')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[`*]/g, '');
  let description = '';
  for (const sentence of words.split(/(?<=[.:?]) (?=[A-Z])/)) {
    if (description !== '' && description.length + sentence.length >= DESCRIPTION_CHARACTERS) break;
    description = `${description} ${sentence}`.trim();
  }
  return description;
}

/** The tags of one page. */
export function headOf(
  { title, description, relativePath, isNotFound }: PageData,
  siteTitle: string,
  { base, origin }: SiteAddress,
): HeadConfig[] {
  if (isNotFound || relativePath === '404.md') return [['meta', { name: 'robots', content: 'noindex' }]];
  const path = relativePath.replace(/(^|\/)index\.md$/, '$1').replace(/\.md$/, '');
  const tags: HeadConfig[] = [
    ['meta', { property: 'og:type', content: path === '' ? 'website' : 'article' }],
    ['meta', { property: 'og:site_name', content: siteTitle }],
    ['meta', { property: 'og:title', content: title }],
    ['meta', { property: 'og:description', content: description }],
  ];
  if (chapterNames().includes(path))
    tags.push(['link', { rel: 'alternate', type: 'text/markdown', href: `${base}${path}.md` }]);
  if (origin === undefined) return tags;
  const address = origin + base + path;
  return [...tags, ['meta', { property: 'og:url', content: address }], ['link', { rel: 'canonical', href: address }]];
}

/**
 * Puts the style into the page itself: it weighs 6 kB, and as a file of its own it would keep every first page waiting for another answer. The other file
 * that a page would name is for icons, of which this theme has none.
 */
export function withStyle(html: string, folder: string, base: string): string {
  return html.replace(/\s*<link rel="preload stylesheet" href="([^"]+)" as="style">/g, (_, href: string) => {
    if (!href.startsWith(`${base}assets/`)) return '';
    return `<style>${readFileSync(join(folder, href.slice(base.length)), 'utf8').trim()}</style>`;
  });
}
