import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createMarkdownRenderer, disposeMdItInstance } from 'vitepress';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, readSource } from '../../site/.vitepress/book.ts';
import { piecesOf, shownLines } from '../../site/.vitepress/pieces.ts';
import { sourcePlugin } from '../../site/.vitepress/sourcePlugin.ts';

const FOLDER = join(ROOT, 'site/source');
const PAGES = readdirSync(FOLDER).filter((name) => name.endsWith('.md'));

describe('the annotated source pages', () => {
  it.each(PAGES)('%s shows whole files, each line once and in its place', (page) => {
    const pieces = piecesOf(readSource(`site/source/${page}`) ?? '', readSource);
    expect(pieces).not.toEqual([]);
    for (const path of new Set(pieces.map((piece) => piece.path))) {
      const ofFile = pieces.filter((piece) => piece.path === path);
      expect(ofFile.map(({ lines }) => `${lines.join('\n')}\n`).join('')).toBe(readSource(path));
      expect(ofFile[0].firstLine).toBe(1);
    }
  });

  it.each(PAGES)('%s shows its files in pieces that fit on a screen, with prose behind each', (page) => {
    const markdown = readSource(`site/source/${page}`) ?? '';
    for (const piece of piecesOf(markdown, readSource)) {
      const where = `${page}:${piece.line}`;
      expect(shownLines(piece).length, where).toBeGreaterThanOrEqual(4);
      expect(shownLines(piece).length, where).toBeLessThanOrEqual(40);
      expect(markdown.split('\n')[piece.line + 1], where).toMatch(/^[`"\w]/);
    }
  });
});

describe('links to the chapters', () => {
  const links = PAGES.flatMap((page) => {
    const markdown = readSource(`site/source/${page}`) ?? '';
    return [...markdown.matchAll(/\]\(\/([^)#]+)#([^)]+)\)/g)].map(([, chapter, cell]) => ({ page, chapter, cell }));
  });

  it('lead to a cell', () => {
    expect(links.length).toBeGreaterThan(10);
    const wrong = links.filter(({ chapter, cell }) => {
      const markdown = readSource(`chapters/${chapter}.md`) ?? '';
      return !new RegExp(`^\`\`\`ts .*\\bid=${cell}(\\s|$)`, 'm').test(markdown);
    });
    expect(wrong).toEqual([]);
  });
});

describe('a page asks for pieces of a file', () => {
  const FILE = [
    '/** A head. */',
    'import a;',
    '',
    '/** One. */',
    'one();',
    '',
    '// #region two',
    'two();',
    '// #endregion two',
    '',
  ];
  const files = new Map([
    ['lib/a.ts', FILE.join('\n')],
    ['lib/b.ts', 'one();\none();\n'],
  ]);
  const pieces = (...lines: string[]) => piecesOf(lines.join('\n'), (path) => files.get(path));
  const refusal = (...lines: string[]) => {
    try {
      return String(pieces(...lines));
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };

  it('and a piece takes the comment above its words with it, and ends where the next begins', () => {
    const asked = pieces('<<< lib/a.ts', '', 'Prose.', '', '<<< lib/a.ts: one(', '<<< lib/a.ts: two(');
    expect(asked.map(({ firstLine, lines }) => [firstLine, lines.length])).toEqual([
      [1, 3],
      [4, 3],
      [7, 3],
    ]);
    expect(asked.map(({ line }) => line)).toEqual([1, 5, 6]);
  });

  it('and sees neither marks of regions nor blank lines around, while the numbers stay those of the file', () => {
    const [, , last] = pieces('<<< lib/a.ts', '<<< lib/a.ts: one', '<<< lib/a.ts: two');
    expect(shownLines(last)).toEqual([{ number: 8, text: 'two();' }]);
  });

  it('and is refused when the pieces are not the whole file once and in order', () => {
    expect(refusal('<<< lib/a.ts: one')).toContain('1: the first piece of a file begins at its top');
    expect(refusal('<<< lib/a.ts', '<<< lib/a.ts')).toContain('2: the first piece of a file begins at its top');
    expect(refusal('<<< lib/a.ts', '<<< lib/a.ts: two', '<<< lib/a.ts: one')).toBe(
      '3: "one" comes before "two" in the file',
    );
    expect(refusal('<<< lib/a.ts', '<<< lib/a.ts: one', '<<< lib/a.ts: one')).toContain('3: "one" comes before "one"');
    expect(refusal('<<< lib/a.ts', '<<< lib/b.ts', '<<< lib/a.ts: two')).toContain('3: lib/a.ts was interrupted');
    expect(refusal('<<< lib/a.ts', '<<< lib/a.ts: three')).toContain('2: of the lines of lib/a.ts, 0 begin with');
    expect(refusal('<<< lib/b.ts', '<<< lib/b.ts: one')).toContain('2: of the lines of lib/b.ts, 2 begin with');
    expect(refusal('', '<<< lib/c.ts')).toBe('2: there is no file lib/c.ts');
    expect(refusal('<<< lib/a.ts#two')).toBe('1: there is no file lib/a.ts#two');
    expect(refusal('<<< lib/a.ts:two')).toContain('1: a piece is asked for by');
  });
});

const ENTITIES: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&amp;': '&', '&quot;': '"', '&#39;': "'" };

function textOf(html: string): string {
  const text = html
    .replace(/<[^>]+>/g, '')
    .replace(/&#x([0-9A-F]+);/gi, (_, code) => String.fromCodePoint(Number.parseInt(code, 16)));
  return text.replace(/&[a-z#0-9]+;/g, (entity) => ENTITIES[entity] ?? entity);
}

describe('the page of a source', () => {
  let html: string;

  beforeAll(async () => {
    const markdown = '# A\n\n<<< lib/log/errors.ts\n\nProse.\n\n<<< lib/log/errors.ts: export class StorageError\n';
    // VitePress keeps one reader for the whole process, whatever it was made with.
    disposeMdItInstance();
    const renderer = await createMarkdownRenderer(FOLDER, { config: sourcePlugin });
    html = await renderer.render(markdown, {
      path: join(FOLDER, 'a.md'),
      relativePath: 'site/source/a.md',
      cleanUrls: true,
    });
  });

  afterAll(disposeMdItInstance);

  it('says before each line its number in the file', () => {
    const numbers = [...html.matchAll(/data-line="(\d+)"/g)].map((match) => Number(match[1]));
    const source = readSource('lib/log/errors.ts') ?? '';
    expect(numbers[0]).toBe(1);
    expect(numbers[numbers.length - 1]).toBe(source.split('\n').length - 1);
    expect(html).toMatch(/<figcaption><code>lib\/log\/errors.ts<\/code>, lines 1 to \d+<\/figcaption>/);
  });

  it('has the lines of the file under these numbers, and nothing that Vue would take for its own', () => {
    const source = (readSource('lib/log/errors.ts') ?? '').split('\n');
    const lines = [...html.matchAll(/<span class="line" data-line="(\d+)">(.*)<\/span>/g)];
    expect(lines.length).toBeGreaterThan(20);
    for (const [, number, coloured] of lines) expect(textOf(coloured)).toBe(source[Number(number) - 1]);
    expect(html.match(/<figure class="quote piece" v-pre>/g)).toHaveLength(2);
  });
});
