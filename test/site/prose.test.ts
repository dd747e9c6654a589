/** The spelling of what readers read: British, as far as a short list of words can tell. A whole dictionary would be another dependency. */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const folder = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const pages = ['chapters', 'site', 'site/source'].flatMap((path) =>
  readdirSync(folder(path)).flatMap((file) => (file.endsWith('.md') ? [`${path}/${file}`] : [])),
);

/** Words as they are spelled in America, or how they begin. */
const american = new RegExp(
  `\\b(?:${[
    ...['analyz', 'artifact', 'behavior', 'canceled', 'canceling', 'catalog\\b', 'center', 'color', 'defense', 'favor'],
    ...['flavor', 'fulfill\\b', 'gray', 'harbor', 'honor(?!ar)', 'labeled', 'labeling', 'labor(?!at)', 'modeled'],
    ...['modeling', 'neighbor', 'offense', 'paralyz', 'signaled', 'signaling', 'skeptic', 'theater', 'traveled'],
  ].join('|')})\\w*`,
  'gi',
);

test.each([...pages, 'README.md'])('%s is spelled in the British way', (page) => {
  const prose = readFileSync(folder(page), 'utf8')
    .replace(/^```(?!things|terms|settings|errors)\w.*?^```/gms, '')
    .replace(/`[^`]*`/g, '');
  expect(prose.match(american) ?? []).toEqual([]);
});
