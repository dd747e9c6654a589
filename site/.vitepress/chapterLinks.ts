/**
 * Links to chapters in a book of the tests (KAFKAITO_BOOK), which has other chapters than the course: the pages beside the chapters are in it all the same,
 * and what they link to and is not there is shown as plain words. In the course itself a link that leads nowhere fails the build.
 */

import type { MarkdownRenderer } from 'vitepress';
import { bookFolder, chapterNames } from './book.ts';

type Token = ReturnType<MarkdownRenderer['parse']>[number];

export function chapterLinks(md: MarkdownRenderer): void {
  if (bookFolder() === '') return;
  const chapters = new Set(chapterNames());
  md.core.ruler.push('kafkaito_chapter_links', (state) => {
    for (const { children } of state.tokens) unlinkAllBut(chapters, children ?? []);
  });
}

function unlinkAllBut(chapters: ReadonlySet<string>, tokens: Token[]): void {
  for (const [index, token] of tokens.entries()) {
    if (token.type !== 'link_open') continue;
    const [, chapter] = /^(?:\.?\/)([0-9A-Z][0-9]?-[^/#]*?)(?:\.md)?(?:#.*)?$/.exec(token.attrGet('href') ?? '') ?? [];
    if (chapter === undefined || chapters.has(chapter)) continue;
    const end = tokens.findIndex(({ type }, at) => at > index && type === 'link_close');
    for (const mark of [token, tokens[end]]) Object.assign(mark, { type: 'text', tag: '', nesting: 0, content: '' });
  }
}
