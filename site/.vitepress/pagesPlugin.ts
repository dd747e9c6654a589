/**
 * What the pages beside the chapters have beyond Markdown: fences that are made into something else, and names of files over code that the reader is to write into
 * them. A fence that has the name `messages` becomes the messages of the wire; in the fences of the appendices stands what was written by hand, and what the library
 * and the chapters know comes to it.
 */

import type { MarkdownRenderer } from 'vitepress';
import { errorsHtml } from './errorCodes.ts';
import { termsHtml } from './glossary.ts';
import { escapeHtml } from './outputs.ts';
import { settingsHtml } from './settings.ts';
import { thingsHtml } from './things.ts';
import { messagesHtml } from './wire.ts';

const made: Record<string, (text: string, name: string) => string> = {
  messages: messagesHtml,
  things: thingsHtml,
  terms: termsHtml,
  settings: settingsHtml,
  errors: errorsHtml,
};

export function pagesPlugin(md: MarkdownRenderer): void {
  const fence = md.renderer.rules.fence;
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    const { info, content } = tokens[index];
    const [kind, name = ''] = info.trim().split(' ');
    if (Object.hasOwn(made, kind)) return made[kind](content, name);
    const html = fence?.(tokens, index, options, env, self) ?? '';
    const [, file] = /^\w+ \[(.+)\]$/.exec(info) ?? [];
    if (file === undefined) return html;
    return `<figure class="quote"><figcaption><code>${escapeHtml(file)}</code></figcaption>${html}</figure>\n`;
  };
}
