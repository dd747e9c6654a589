/**
 * The colours of code, as names that style.css gives values to, for light and dark paper. Four are enough: what the language says, what
 * a text says, what a comment says, and everything else. The editor uses the same names.
 */

import type { MarkdownOptions } from 'vitepress';

export const codeTheme = {
  name: 'kafkaito',
  type: 'light' as const,
  fg: 'var(--code-ink)',
  bg: 'transparent',
  settings: [
    { settings: { foreground: 'var(--code-ink)' } },
    { scope: ['comment', 'punctuation.definition.comment'], settings: { foreground: 'var(--code-comment)' } },
    {
      scope: ['string', 'punctuation.definition.string', 'constant.numeric', 'constant.language', 'string.regexp'],
      settings: { foreground: 'var(--code-value)' },
    },
    {
      scope: ['keyword.control', 'keyword.operator.new', 'keyword.operator.expression', 'storage', 'variable.language'],
      settings: { foreground: 'var(--code-keyword)' },
    },
    { scope: ['meta.template.expression', 'keyword.operator.type'], settings: { foreground: 'var(--code-ink)' } },
  ],
};

/** By default a line that takes longer than half a second stays half coloured, and on a busy machine the first one does. */
export const colourWithoutHaste: MarkdownOptions['shikiSetup'] = (highlighter) => {
  const { codeToHtml } = highlighter;
  highlighter.codeToHtml = (code, options) => codeToHtml(code, { ...options, tokenizeTimeLimit: 0 });
};
