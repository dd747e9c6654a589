/**
 * The chapters as plain Markdown beside their pages, and `llms.txt`, which lists them: for programs, and for people who would rather read text. A chapter
 * has its cells as code, what each printed behind it, and its quotes of the library in full.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Segment } from '../../chapters/tools/cells.ts';
import { chapterNames, contents, pages, readChapter } from './book.ts';
import { StoredOutputs } from './outputs.ts';

/** Writes all of it into the folder of the built site. */
export function writeTexts(
  folder: string,
  { base, title, description }: { base: string; title: string; description: string },
): void {
  for (const name of chapterNames()) writeFileSync(join(folder, `${name}.md`), chapterText(name));
  const others = pages();
  const lines = [`# ${title}`, '', `> ${description}`, '', '## Chapters', ''];
  for (const chapter of contents())
    lines.push(`- [${chapter.number} ${chapter.title}](${base}${chapter.link.slice(1)}.md)`);
  for (const section of new Set(others.map((page) => page.section))) {
    lines.push('', `## ${section}`, '');
    for (const page of others.filter((each) => each.section === section)) {
      const about = page.description === '' ? '' : `: ${page.description}`;
      lines.push(`- [${page.title}](${base}${page.link.slice(1)})${about}`);
    }
  }
  writeFileSync(join(folder, 'llms.txt'), `${lines.join('\n')}\n`);
}

/** A chapter as Markdown that needs nothing else to be read. */
export function chapterText(name: string): string {
  const stored = new StoredOutputs(name);
  const texts = readChapter(name).segments.map((segment) => segmentText(segment, stored));
  return `${texts.join('\n\n')}\n`;
}

function segmentText(segment: Segment, stored: StoredOutputs): string {
  if (segment.kind === 'prose') return segment.text;
  if (segment.kind === 'quote') {
    return `From \`${segment.path}\`, lines ${segment.firstLine} to ${segment.lastLine}:\n\n${fence('typescript', segment.code)}`;
  }
  const printed = stored
    .of(segment.id, segment.code)
    .map((output) => (output.kind === 'text' ? output.text : output.bundle['text/plain']))
    .join('');
  const code = fence('typescript', segment.code);
  return printed.trim() === '' ? code : `${code}\n\nIt prints:\n\n${fence('text', printed)}`;
}

function fence(language: string, text: string): string {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
}
