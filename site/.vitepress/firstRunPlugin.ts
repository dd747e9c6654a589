/**
 * The fence `first-run` of the front page names a chapter, and becomes the program that runs when somebody arrives (theme/FirstRun.vue). Its first line says
 * why that matters, its second is a question that leads to the chapter. A book that has no such chapter has a front page without it.
 */

import type { MarkdownRenderer } from 'vitepress';
import { cellsOf } from '../../chapters/tools/cells.ts';
import { chapterNames, readChapter } from './book.ts';
import { FIRST_RUN_IDS, type FirstRunCell, firstRunResult, loopOf } from './firstRun.ts';
import { escapeHtml, StoredOutputs } from './outputs.ts';

export function firstRunPlugin(md: MarkdownRenderer): void {
  const fence = md.renderer.rules.fence;
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    const { info, content } = tokens[index];
    const [kind, name] = info.trim().split(' ');
    if (kind !== 'first-run') return fence?.(tokens, index, options, env, self) ?? '';
    return chapterNames().includes(name) ? firstRunHtml(md, name, content.trim()) : '';
  };
}

function firstRunHtml(md: MarkdownRenderer, name: string, content: string): string {
  const [why, question] = content.split('\n').map(escapeHtml);
  const stored = new StoredOutputs(name);
  const cells = cellsOf(readChapter(name)).filter(({ id }) => FIRST_RUN_IDS.includes(id));
  const [program] = cells;
  const outputs = new Map(cells.map(({ id, code }) => [id, stored.of(id, code)]));
  const sources = cells.map(({ id, file, code }): FirstRunCell => ({ id, file, source: code }));
  const loop = md.options.highlight?.(loopOf(program.code), 'ts', '') ?? '';
  return [
    `<FirstRun :cells="${escapeHtml(JSON.stringify(sources))}" :stored="${escapeHtml(JSON.stringify(firstRunResult(outputs)))}">`,
    `<template #code><div class="code" v-pre>${loop}</div></template>`,
    `<template #way-in><p>${why}</p><p><a class="way-in" href="./${name}">${question}</a></p></template>`,
    '</FirstRun>\n',
  ].join('');
}
