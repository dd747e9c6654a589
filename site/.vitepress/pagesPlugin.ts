/**
 * What the pages beside the chapters have beyond Markdown: the messages of the wire, where a fence has the name `messages`, and names of files over code
 * that the reader is to write into them.
 */

import type { MarkdownRenderer } from 'vitepress';
import { escapeHtml } from './outputs.ts';
import { messagesHtml } from './wire.ts';

export function pagesPlugin(md: MarkdownRenderer): void {
  const fence = md.renderer.rules.fence;
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    const { info } = tokens[index];
    if (info.trim() === 'messages') return messagesHtml();
    const html = fence?.(tokens, index, options, env, self) ?? '';
    const [, file] = /^\w+ \[(.+)\]$/.exec(info) ?? [];
    if (file === undefined) return html;
    return `<figure class="quote"><figcaption><code>${escapeHtml(file)}</code></figcaption>${html}</figure>\n`;
  };
}
