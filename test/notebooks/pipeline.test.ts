import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseChapter } from '../../chapters/tools/cells.ts';
import type { ChapterFile } from '../../notebooks/tools/chapters.ts';
import { readChapters } from '../../notebooks/tools/chapters.ts';
import { differences } from '../../notebooks/tools/differences.ts';
import { executeChapter } from '../../notebooks/tools/execute.ts';
import { learnersCopies } from '../../notebooks/tools/mine.mjs';
import { buildNotebook, forJupyter, printNotebook } from '../../notebooks/tools/notebook.ts';
import { typeErrors } from '../../notebooks/tools/types.ts';

const [fixture] = readChapters(['00'], 'test/notebooks/fixture');

/** A chapter that exists in this test only. */
function chapterOf(markdown: string): ChapterFile {
  const path = 'chapters/98-here.md';
  return { name: '98-here', path, markdown, chapter: parseChapter(markdown, path, () => undefined), notebookPath: '' };
}
const cell = (code: string, info = 'ts everywhere') => `\`\`\`${info}\n${code}\n\`\`\`\n\n`;

describe('A chapter that is executed', () => {
  test('gives the same notebook, byte for byte, every time', async () => {
    const texts: string[] = [];
    for (let time = 0; time < 2; time += 1) {
      const { runs, problems } = await executeChapter(fixture);
      expect(problems).toEqual([]);
      texts.push(printNotebook(buildNotebook(fixture.chapter, runs)));
    }
    expect(texts[1]).toBe(texts[0]);
    const { cells } = JSON.parse(texts[0]);
    const printed = cells.map(({ id, outputs }: { id: string; outputs?: { text?: string[] }[] }) => [
      id,
      outputs?.[0]?.text?.[0],
    ]);
    expect(Object.fromEntries(printed)).toMatchObject({
      first: '100 150\n',
      sum: '250\n',
      again: 'Ada has 130\n',
      'sum-again': 'ALL IN ALL 3\n',
      socket: 'number\n',
    });
  }, 120_000);

  test('is refused when a cell fails, leaves a rejection to nobody or shows a folder of this machine, with the line of the cell', async () => {
    const file = chapterOf(
      `# T\n\n${cell('Promise.reject(new Error("unheard"));\nawait new Promise((go) => setTimeout(go, 20));')}` +
        `${cell('console.log(process.cwd());')}${cell('console.log("right");', 'ts everywhere exercise')}` +
        `${cell('missing();')}${cell('console.log("never reached");')}`,
    );
    const { problems, runs } = await executeChapter(file);
    expect(problems).toEqual([
      expect.stringMatching(
        /^chapters\/98-here\.md:3: cell cell-1 leaves an error that nobody catches:\n {4}Unhandled.*unheard/,
      ),
      expect.stringMatching(/^chapters\/98-here\.md:8: cell cell-2 shows a folder of this machine/),
      expect.stringMatching(
        /^chapters\/98-here\.md:12: cell cell-3 is the starter of an exercise, and its check does not refuse it/,
      ),
      expect.stringMatching(/^chapters\/98-here\.md:16: cell cell-4 fails:\n {4}1:1 - Cannot find name 'missing'/),
    ]);
    expect([...runs.keys()]).toEqual(['cell-1', 'cell-2', 'cell-3', 'cell-4']);
  }, 60_000);
});

describe('The types of cells', () => {
  test('are right in the fixture, whose cells declare names again and save a file twice', async () => {
    expect(await typeErrors([fixture])).toEqual([]);
  });

  test('are wrong with their line in the chapter when a cell uses a name wrongly that an earlier one declared', async () => {
    const file = chapterOf(`# T\n\n${cell('let owner = "Ada";')}${cell('owner = "Bob";\n\nowner = 3;')}`);
    expect(await typeErrors([file])).toEqual([expect.stringMatching(/^chapters\/98-here\.md:10: TS2322: /)]);
  });

  test('are wrong when only the compiler of the kernel refuses them, in the starter of an exercise too', async () => {
    const modern = 'const first = <T>(all: T[], or: NoInfer<T>) => all[0] ?? or;\nfirst([1], 2);';
    const file = chapterOf(`# T\n\n${cell(modern, 'ts everywhere exercise')}${cell(modern)}`);
    expect(await typeErrors([file])).toEqual([]);
    const { problems } = await executeChapter(file);
    expect(problems).toEqual([
      expect.stringMatching(/^chapters\/98-here\.md:3: cell cell-1 fails:\n.*Cannot find name 'NoInfer'/),
      expect.stringMatching(/^chapters\/98-here\.md:8: cell cell-2 fails:\n.*Cannot find name 'NoInfer'/),
    ]);
  });

  test('are wrong in the version of a saved file that a cell imports, and only there', async () => {
    const save = (text: string) => cell(`// file: ledger.ts\n${text}`, 'ts everywhere file=ledger.ts');
    const use = cell("import { sum } from './ledger.ts';\nconst total: number = sum;");
    const file = chapterOf(`# T\n\n${save('export const sum = 1;')}${use}${save('export const sum = "1";')}${use}`);
    expect(await typeErrors([file])).toEqual([expect.stringMatching(/^chapters\/98-here\.md:20: TS2322: /)]);
  });
});

test('What only the page understands is written anew for Jupyter', () => {
  const page =
    'Before.\n\n::: warning\nTwo\n\nlines.\n:::\n\n::: details More\nHidden.\n:::\nSee [next](./01-the-log.md#offsets) and [out](https://x.org/a.md).';
  expect(forJupyter(page)).toBe(
    'Before.\n\n> **Warning**\n>\n> Two\n>\n> lines.\n\n\n<details>\n<summary>More</summary>\n\nHidden.\n</details>\n' +
      'See [next](01-the-log.ipynb#offsets) and [out](https://x.org/a.md).',
  );
});

test('A stale notebook is told with the cell and the lines that differ', () => {
  const { chapter } = chapterOf(`# T\n\n${cell('a;')}${cell('b;')}`);
  const run = (text: string) => ({
    executionCount: 1,
    outputs: [{ output_type: 'stream' as const, name: 'stdout' as const, text }],
  });
  const stored = buildNotebook(chapter, new Map([['cell-1', run('one\ntwo\n')]]));
  const today = buildNotebook(chapter, new Map([['cell-1', run('one\nthree\n')]]));
  expect(differences(stored, today)).toEqual([
    'cell cell-1 shows something else:\n    - stored: two\n    - stored: \n    + today:  three\n    + today:  ',
  ]);
  expect(differences(stored, buildNotebook(chapterOf(`# T\n\n${cell('c;')}`).chapter, new Map()))).toEqual([
    'cell cell-1 has another text:\n    - stored: a;\n    + today:  c;',
    'cell cell-2 is gone',
  ]);
});

test('A stale drawing is told by its words, and by the place in it only when these are the same', () => {
  const { chapter } = chapterOf(`# T\n\n${cell('a;')}`);
  const drawn = (words: string, colour: string) => {
    const data = { 'text/plain': words, 'image/svg+xml': `<svg>${'x'.repeat(300)}<path fill="${colour}"/></svg>` };
    return buildNotebook(
      chapter,
      new Map([['cell-1', { executionCount: 1, outputs: [{ output_type: 'display_data', data, metadata: {} }] }]]),
    );
  };
  expect(differences(drawn('one', 'red'), drawn('two', 'blue'))).toEqual([expect.not.stringContaining('<path')]);
  const [told] = differences(drawn('one', 'red'), drawn('one', 'blue'));
  expect(told).toMatch(/- stored: … .*fill="red".* …\n.*today: {2}… .*fill="blue"/);
  expect(told.length).toBeLessThan(500);
});

describe("The learner's copies", () => {
  let notebooks: string;
  let mine: string;
  const write = (code: string) => {
    const { chapter } = chapterOf(
      `# T\n\n${cell(`// file: ledger.ts\n${code}`, 'ts everywhere file=ledger.ts')}${cell('b;')}`,
    );
    const outputs = [{ output_type: 'stream' as const, name: 'stdout' as const, text: 'saved' }];
    const notebook = buildNotebook(chapter, new Map([['cell-1', { executionCount: 1, outputs }]]));
    writeFileSync(join(notebooks, '98-here.ipynb'), printNotebook(notebook));
  };
  beforeEach(() => {
    notebooks = mkdtempSync(join(tmpdir(), 'notebooks-'));
    mine = join(notebooks, 'mine');
    write('export const version = 1;');
  });
  afterEach(() => rmSync(notebooks, { recursive: true, force: true }));

  test('carry no outputs, and lie beside the files that the chapter saves', () => {
    expect(learnersCopies(notebooks).make()).toEqual([]);
    expect(readdirSync(mine).sort()).toEqual(['98-here.ipynb', 'ledger.ts']);
    const copy = JSON.parse(readFileSync(join(mine, '98-here.ipynb'), 'utf8'));
    expect(copy.cells[1]).toMatchObject({ id: 'cell-1', outputs: [], execution_count: null });
    expect(readFileSync(join(mine, 'ledger.ts'), 'utf8')).toBe('// file: ledger.ts\nexport const version = 1;\n');
  });

  test('are never overwritten; a chapter that has changed is named', () => {
    const copies = learnersCopies(notebooks);
    copies.make();
    writeFileSync(join(mine, 'ledger.ts'), 'my work');
    write('export const version = 2;');
    expect(copies.make()).toEqual(['98-here']);
    expect(readFileSync(join(mine, 'ledger.ts'), 'utf8')).toBe('my work');
    expect(readFileSync(join(mine, '98-here.ipynb'), 'utf8')).toContain('version = 1');
  });

  test('come back on a reset, and what the learner had is kept, however often', () => {
    const copies = learnersCopies(notebooks);
    mkdirSync(mine);
    for (const work of ['first', 'second']) {
      writeFileSync(join(mine, 'ledger.ts'), work);
      writeFileSync(join(mine, '98-here.ipynb'), work);
      copies.reset('98-here');
    }
    expect(readFileSync(join(mine, 'ledger.ts'), 'utf8')).toContain('version = 1');
    expect(readdirSync(join(mine, 'kept')).sort()).toEqual([
      '98-here-1.ipynb',
      '98-here-2.ipynb',
      'ledger-1.ts',
      'ledger-2.ts',
    ]);
    expect(readFileSync(join(mine, 'kept', 'ledger-2.ts'), 'utf8')).toBe('second');
    expect(copies.make()).toEqual([]);
  });
});
