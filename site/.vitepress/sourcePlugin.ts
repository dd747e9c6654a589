/** Shows the pieces of annotated source pages: each a figure with the name of the file, and before every line its number there. */

import { relative } from 'node:path';
import type { MarkdownEnv, MarkdownRenderer } from 'vitepress';
import { ROOT, readSource } from './book.ts';
import { escapeHtml } from './outputs.ts';
import { type Piece, piecesOf, shownLines } from './pieces.ts';

type Token = ReturnType<MarkdownRenderer['parse']>[number];

export function sourcePlugin(md: MarkdownRenderer): void {
  /** The lines of a file in colour, by the file's text: one file has many pieces. */
  const coloured = new Map<string, string[]>();
  // Before the reader's own `<<<`, which shows a missing file as text instead of failing.
  md.block.ruler.before('snippet', 'kafkaito_piece', (state, startLine, _endLine, silent) => {
    const start = state.bMarks[startLine] + state.tShift[startLine];
    if (!isSourcePage(state.env) || !state.src.startsWith('<<<', start)) return false;
    if (silent) return true;
    const token = state.push('kafkaito_piece', '', 0);
    token.map = [startLine, startLine + 1];
    state.line = startLine + 1;
    return true;
  });
  md.core.ruler.push('kafkaito_pieces', (state) => {
    if (!isSourcePage(state.env) || state.inlineMode) return;
    const places: Token[] = state.tokens.filter(({ type }) => type === 'kafkaito_piece');
    const page = pageOf(state.env);
    const pieces = piecesIn(state.src, page);
    if (places.length !== pieces.length) throw new Error(`${page}: a line with <<< stands inside something else`);
    for (const [index, piece] of pieces.entries()) places[index].meta = piece;
  });
  md.renderer.rules.kafkaito_piece = (tokens, index) => {
    const piece: Piece = tokens[index].meta;
    const source = readSource(piece.path) ?? '';
    const lines = coloured.get(source) ?? colouredLines(md, source);
    coloured.set(source, lines);
    return figure(piece, lines);
  };
}

function piecesIn(markdown: string, page: string): Piece[] {
  try {
    return piecesOf(markdown, readSource);
  } catch (error) {
    throw new Error(`${page}:${error instanceof Error ? error.message : error}`);
  }
}

function isSourcePage(env: MarkdownEnv): boolean {
  return /^site\/source\/[^/]+\.md$/.test(pageOf(env));
}

function pageOf(env: MarkdownEnv & { realPath?: string }): string {
  const path = env.realPath ?? env.path;
  return path === undefined ? '' : relative(ROOT, path).replaceAll('\\', '/');
}

/** A piece from the middle of a class means nothing by itself: the whole file is coloured, and then taken apart. */
function colouredLines(md: MarkdownRenderer, source: string): string[] {
  const html = md.options.highlight?.(source.replace(/\n$/, ''), 'ts', '') ?? '';
  const [, code] = /<code[^>]*>([\s\S]*)<\/code>/.exec(html) ?? [];
  if (code === undefined) return source.split('\n').map(escapeHtml);
  return code.split('\n').map((line) => line.replace(/^<span class="line">([\s\S]*)<\/span>$/, '$1'));
}

function figure(piece: Piece, coloured: readonly string[]): string {
  const shown = shownLines(piece);
  const [first, last] = [shown[0].number, shown[shown.length - 1].number];
  const lines = shown.map(({ number }) => `<span class="line" data-line="${number}">${coloured[number - 1]}</span>`);
  const caption = `<figcaption><code>${escapeHtml(piece.path)}</code>, lines ${first} to ${last}</figcaption>`;
  const code = `<pre tabindex="0"><code>${lines.join('\n')}</code></pre>`;
  return `<figure class="quote piece" v-pre>${caption}${code}</figure>\n`;
}
