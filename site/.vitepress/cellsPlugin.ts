/**
 * Teaches the site's Markdown reader what a chapter has beyond Markdown: cells, which become the component Cell.vue with their code and
 * their stored outputs, quotes of source regions, and a footer. Which cells a chapter has is decided by `chapters/tools/cells.ts`, for the
 * notebooks too; a reader that sees other cells than that fails the build.
 */

import type { MarkdownEnv, MarkdownRenderer } from 'vitepress';
import { footerOf } from '../../chapters/observations/footer.ts';
import type { Cell, Chapter, Quote } from '../../chapters/tools/cells.ts';
import { cellsOf } from '../../chapters/tools/cells.ts';
import { chapterOfFile, readChapter } from './book.ts';
import { escapeHtml, outputsHtml, StoredOutputs } from './outputs.ts';

/** What is known while one page is rendered. */
interface PageEnv extends MarkdownEnv {
  chapter?: Chapter;
}

type Token = ReturnType<MarkdownRenderer['parse']>[number];

/** Adds cells and quotes to the reader. */
export function cellsPlugin(md: MarkdownRenderer): void {
  readChapterFirst(md);
  readQuotes(md);
  compareCells(md);
  renderCells(md);
}

function readChapterFirst(md: MarkdownRenderer): void {
  md.core.ruler.before('block', 'kafkaito_chapter', (state) => {
    const env: PageEnv = state.env;
    const name = chapterOf(env);
    if (name === undefined || state.inlineMode) return;
    env.chapter = readChapter(name);
    const footer = footerOf(env.chapter, { linkToCells: true });
    if (footer !== undefined) state.src += `\n\n<footer class="verified">\n\n${footer}\n\n</footer>\n`;
  });
}

/** Titles are rendered alone too, for the outline, and then belong to no file. */
function chapterOf(env: PageEnv): string | undefined {
  const path: string | undefined = env.realPath ?? env.path;
  return path === undefined ? undefined : chapterOfFile(path);
}

/** Before the reader's own `<<<`, which shows a missing file as text instead of failing. */
function readQuotes(md: MarkdownRenderer): void {
  md.block.ruler.before('snippet', 'kafkaito_quote', (state, startLine, _endLine, silent) => {
    const quote = quoteAt((state.env as PageEnv).chapter, startLine + 1);
    if (quote === undefined) return false;
    if (silent) return true;
    const token = state.push('kafkaito_quote', '', 0);
    token.meta = quote;
    token.map = [startLine, startLine + 1];
    state.line = startLine + 1;
    return true;
  });
  md.renderer.rules.kafkaito_quote = (tokens, index) => {
    const quote: Quote = tokens[index].meta;
    const lines = `lines ${quote.firstLine} to ${quote.lastLine}`;
    const caption = `<figcaption><code>${escapeHtml(quote.path)}</code>, ${lines}</figcaption>`;
    return `<figure class="quote" v-pre>${caption}${highlight(md, quote.code)}</figure>\n`;
  };
}

function quoteAt(chapter: Chapter | undefined, line: number): Quote | undefined {
  return chapter?.segments.find((segment): segment is Quote => segment.kind === 'quote' && segment.line === line);
}

function compareCells(md: MarkdownRenderer): void {
  md.core.ruler.push('kafkaito_cells', (state) => {
    const env: PageEnv = state.env;
    if (env.chapter === undefined) return;
    const expected = cellsOf(env.chapter);
    const fences = state.tokens.filter(isCell);
    for (const [index, cell] of expected.entries()) {
      const fence: Token | undefined = fences[index];
      const line = fence?.map ? fence.map[0] + 1 : 0;
      if (line === cell.line && fence.content.trimEnd() === cell.code.trimEnd()) continue;
      throw new Error(`${env.chapter.file}:${cell.line}: the page does not see the cell that the notebook has here`);
    }
    if (fences.length !== expected.length) {
      const line = (fences[expected.length].map?.[0] ?? 0) + 1;
      throw new Error(`${env.chapter.file}:${line}: the page sees a cell here that the notebook does not have`);
    }
    const stored = new StoredOutputs(chapterOf(env) ?? '');
    for (const [index, cell] of expected.entries()) {
      fences[index].meta = { cell, number: index + 1, outputs: outputsHtml(stored.of(cell.id, cell.code)) };
    }
  });
}

function isCell(token: Token): boolean {
  return token.type === 'fence' && /^ts(\s|$)/.test(token.info);
}

function renderCells(md: MarkdownRenderer): void {
  const fence = md.renderer.rules.fence;
  md.renderer.rules.fence = (tokens, index, options, env: PageEnv, self) => {
    const { meta, content } = tokens[index];
    if (env.chapter === undefined || meta?.cell === undefined) return fence?.(tokens, index, options, env, self) ?? '';
    const { cell, number, outputs }: { cell: Cell; number: number; outputs: string } = meta;
    const attributes = [
      `cell-id="${cell.id}"`,
      `mark="${cell.mark}"`,
      `:number="${number}"`,
      cell.predict ? 'predict' : '',
      cell.exercise ? 'exercise' : '',
      cell.file === undefined ? '' : `file="${cell.file}"`,
    ];
    return [
      `<Cell ${attributes.filter((attribute) => attribute !== '').join(' ')}>`,
      `<template #code><div v-pre>${highlight(md, content)}</div></template>`,
      outputs === '' ? '' : `<template #stored><div class="outputs" v-pre>${outputs}</div></template>`,
      '</Cell>\n',
    ].join('');
  };
}

function highlight(md: MarkdownRenderer, code: string): string {
  return md.options.highlight?.(code.replace(/\n$/, ''), 'ts', '') ?? `<pre><code>${escapeHtml(code)}</code></pre>`;
}
