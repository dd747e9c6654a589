/**
 * The end of a chapter, made from its observations and from what Apache Kafka showed: what was seen, where and when, and what the chapter rests on. It is one text
 * for both media, Markdown with the fold that hints have too.
 */
import type { Cell, Chapter } from '../tools/cells.ts';
import { cellsOf } from '../tools/cells.ts';
import { chapters } from './index.ts';
import type { Observation } from './observation.ts';
import { inWords, recording } from './recording.ts';

export interface FooterSettings {
  /** Whether a cell has an address of its own in the medium, to which its number can lead. */
  readonly linkToCells: boolean;
}

/** @returns undefined for a chapter without observations, such as those of the tests */
export function footerOf(chapter: Chapter, settings: FooterSettings): string | undefined {
  const [, name] = /^chapters\/(\w+)-[^/]+\.md$/.exec(chapter.file) ?? [];
  const own = chapters[name];
  const recorded = recording[name];
  if (own === undefined || recorded === undefined) return undefined;
  const { observations, sources } = own;
  const seen = observations.filter(({ id }) => recorded.seen[id] !== undefined);
  const cells = cellsOf(chapter);
  const day = inWords(recorded.verifiedOn);
  return [
    `Held against Apache Kafka ${recorded.kafkaVersion} on ${day}, with the clients of this course: ${verdict(seen)}.`,
    '<details>',
    '<summary>What was seen</summary>',
    seen.map((one) => lineOf(one, cells, settings)).join('\n'),
    '</details>',
    `Sources: ${sources.map(({ name, title, link }) => `[${name}](${link}${title === undefined ? '' : ` "${title}"`})`).join(', ')}.`,
  ].join('\n\n');
}

function lineOf({ says, cell, ours }: Observation, cells: readonly Cell[], { linkToCells }: FooterSettings): string {
  const number = cells.findIndex(({ id }) => id === cell) + 1;
  const place = linkToCells ? `[cell ${number}](#${cell})` : `cell ${number}`;
  const difference = ours === undefined ? '' : ` Ours is not quite the same: ${ours.because}`;
  return `- ${says} (${place})${difference}`;
}

function verdict(seen: readonly Observation[]): string {
  const differing = seen.filter(({ ours }) => ours !== undefined).length;
  const observations = seen.length === 1 ? '1 observation' : `${seen.length} observations`;
  if (differing === 0) return `${observations}, alike there and here`;
  return `${observations}, of which ${differing} ${differing === 1 ? 'is' : 'are'} not quite alike`;
}
