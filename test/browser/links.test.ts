import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './visit.ts';

/** A link on a page of the built site. */
interface Link {
  readonly page: string;
  readonly href: string;
}

/** The appendices lead to chapters of the course, which the small book of the other tests does not have. */
const isCourse = process.env.KAFKAITO_TEST_COURSE !== 'no';
const SITE = join(ROOT, 'dist/site');
const ORIGIN = 'http://book';
const files = isCourse ? filesBelow(SITE) : [];
const pages = new Map(
  files.filter((file) => file.endsWith('.html')).map((file) => [file, readFileSync(join(SITE, file), 'utf8')]),
);

const unescaped = (text: string) => text.replaceAll('&amp;', '&').replaceAll('&quot;', '"');
const links: Link[] = [...pages].flatMap(([page, html]) =>
  [...html.matchAll(/<(?:a|link|img|script)\b[^>]*?\s(?:href|src)="([^"]*)"/g)].map(([, href]) => ({
    page,
    href: unescaped(href),
  })),
);
const addresses = new Map(
  [...pages].map(([page, html]) => [
    page,
    new Set([...html.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => unescaped(id))),
  ]),
);

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/'));
}

/** The file that a path of the site is answered with; undefined when there is none. */
function fileAt(path: string): string | undefined {
  const name = decodeURIComponent(path).slice(1);
  const candidates = name === '' ? ['index.html'] : [name, `${name}.html`, `${name}/index.html`];
  return candidates.find((candidate) => files.includes(candidate) && !candidate.endsWith('/'));
}

/** What is wrong with a link; undefined when nothing is. */
function faultOf({ page, href }: Link): string | undefined {
  const here = `${ORIGIN}/${page.replace(/(?:index)?\.html$/, '')}`;
  if (!URL.canParse(href, here)) return `${page}: ${href} is no address`;
  const url = new URL(href, here);
  if (url.protocol === 'data:' || url.protocol === 'https:') return undefined;
  if (url.origin !== ORIGIN) return `${page}: ${href} is not safe to follow: https is`;
  const file = fileAt(url.pathname);
  if (file === undefined) return `${page}: ${href} leads nowhere`;
  const id = decodeURIComponent(url.hash.slice(1));
  if (id === '' || addresses.get(file)?.has(id)) return undefined;
  return `${page}: ${href} leads to a page that has no ${id}`;
}

/** Every page as it is served, without a browser: what the links of the theme, of Markdown and of the appendices lead to. */
describe.runIf(isCourse)('links', () => {
  it('lead to a page that is there, and on it to a place that is there', () => {
    expect(links.length).toBeGreaterThan(20);
    expect(links.map(faultOf).filter((fault) => fault !== undefined)).toEqual([]);
  });

  it('have addresses of which each stands once on its page', () => {
    for (const [page, html] of pages) {
      const all = [...html.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
      expect([...new Set(all.filter((id, index) => all.indexOf(id) !== index))], page).toEqual([]);
    }
  });
});
