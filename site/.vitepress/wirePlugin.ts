/** Puts the messages of the wire where the wire reference has a fence of the name `messages`. */

import type { MarkdownRenderer } from 'vitepress';
import { messagesHtml } from './wire.ts';

export function wirePlugin(md: MarkdownRenderer): void {
  const fence = md.renderer.rules.fence;
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    if (tokens[index].info.trim() === 'messages') return messagesHtml();
    return fence?.(tokens, index, options, env, self) ?? '';
  };
}
