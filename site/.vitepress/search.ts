/**
 * What the search finds. VitePress makes the index, and takes each page as HTML whose headings have links. Rendering every page a second time would
 * colour all code again, so this hands over the words alone. Drawings, outputs and quoted sources are left out: they repeat what the text says.
 */

import type { MarkdownEnv, MarkdownRenderer } from 'vitepress';
import { escapeHtml } from './outputs.ts';

type Token = ReturnType<MarkdownRenderer['parse']>[number];

/** A fence with another name is a list that one of our plugins makes. */
const CODE =
  /^(ts|typescript|js|javascript|mjs|json|sh|bash|console|text|txt|java|python|go|yaml|html|diff)?([ [{].*)?$/;

/** The words of a page with its headings and their anchors, for `_render` of VitePress's local search. */
export function searchableText(source: string, env: MarkdownEnv, md: MarkdownRenderer): string {
  const tokens = md.parse(source, env);
  if (env.frontmatter?.search === false) return '';
  return tokens.map((token, index) => wordsOf(token, index, tokens, env, md)).join('\n');
}

function wordsOf(token: Token, index: number, tokens: Token[], env: MarkdownEnv, md: MarkdownRenderer): string {
  const { type, tag, content, info } = token;
  if (type === 'heading_open') return heading(tag, token.attrGet('id') ?? '', plain(tokens[index + 1].content));
  if (type === 'inline') return tokens[index - 1]?.type === 'heading_open' ? '' : escapeHtml(plain(content));
  if (type === 'html_block') return linked(content);
  if (type !== 'fence') return '';
  if (CODE.test(info.trim())) return escapeHtml(content);
  return linked(md.renderer.rules.fence?.(tokens, index, md.options, env, md.renderer) ?? '');
}

function heading(tag: string, id: string, words: string): string {
  return `<${tag}>${escapeHtml(words)}<a href="#${id}"></a></${tag}>`;
}

/** Headings that stand in the page as HTML get the link by which the index knows one. */
function linked(html: string): string {
  return html.replace(/<(h[2-6]) id="([^"]+)"[^>]*>([\s\S]*?)<\/\1>/g, (_, tag: string, id: string, inner: string) =>
    heading(tag, id, inner.replace(/<[^>]*>/g, '')),
  );
}

/** Markdown's own marks are no words. */
function plain(markdown: string): string {
  return markdown
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[`*]/g, '')
    .replace(/<[^>]*>/g, '');
}
