import { describe, expect, test } from 'vitest';
import { budgetOf } from '../../chapters/tools/budget.ts';
import { cellsOf, parseChapter } from '../../chapters/tools/cells.ts';
import { findRegion } from '../../chapters/tools/regions.ts';

const files: { [path: string]: string } = {
  'lib/log/segment.ts': `class Segment {
  // #region append
  append(bytes: Uint8Array): void {
    // #region check
    this.check(bytes);
    // #endregion check
    this.size += bytes.length;
  }
  // #endregion append
  // #region empty
  // #endregion empty
}
`,
};
const parse = (markdown: string) => parseChapter(markdown, 'chapters/07-x.md', (path) => files[path]);
const fence = (info: string, code: string) => `\`\`\`${info}\n${code}\n\`\`\`\n`;

describe('A chapter is read into segments', () => {
  const chapter = parse(
    `# A title\n\nSome words.\n\n${fence('ts everywhere', 'const a = 1;')}\nMore.\n\n${fence('ts jupyter predict id=bet', 'a;')}\n` +
      `<<< lib/log/segment.ts#append\n\n${fence('ts everywhere file=ledger.ts', '// file: ledger.ts\nexport {};')}`,
  );

  test('in the order of the file, each with its line', () => {
    expect(chapter.title).toBe('A title');
    expect(chapter.segments.map(({ kind, line }) => `${kind} ${line}`)).toEqual([
      'prose 1',
      'cell 5',
      'prose 9',
      'cell 11',
      'quote 15',
      'cell 17',
    ]);
  });

  test('with ids that count all cells, unless a cell has a name of its own', () => {
    expect(cellsOf(chapter).map(({ id }) => id)).toEqual(['cell-1', 'bet', 'cell-3']);
  });

  test('with the mark and the options of every cell', () => {
    expect(cellsOf(chapter)[1]).toMatchObject({ mark: 'jupyter', predict: true, exercise: false, file: undefined });
    expect(cellsOf(chapter)[2]).toMatchObject({ mark: 'everywhere', predict: false, file: 'ledger.ts' });
  });

  test('with quotes of the source, free of inner marks and of shared indentation', () => {
    expect(chapter.segments[4]).toMatchObject({
      path: 'lib/log/segment.ts',
      region: 'append',
      firstLine: 3,
      lastLine: 8,
      code: 'append(bytes: Uint8Array): void {\n  this.check(bytes);\n  this.size += bytes.length;\n}',
    });
  });

  test('the same with the line ends of Windows', () => {
    const unix = `# T\n\nWords.\n\n${fence('ts everywhere', 'const a = 1;\na;')}`;
    expect(parse(unix.replaceAll('\n', '\r\n'))).toEqual(parse(unix));
  });

  test('with hints in <details> and other languages left as prose', () => {
    const { segments } = parse(
      `# T\n\n<details>\n<summary>Hint</summary>\n\n${fence('typescript', 'a();')}\n</details>\n`,
    );
    expect(segments.map(({ kind }) => kind)).toEqual(['prose']);
  });
});

describe('What would look different in the two media stops the build, with its place', () => {
  const cell = fence('ts everywhere', 'a;');
  const cases: [what: string, markdown: string, message: RegExp][] = [
    ['no title', 'Words.\n', /^chapters\/07-x\.md:1: .*# Title/],
    ['a fence without a mark', `# T\n\n${fence('ts', 'a;')}`, /:3: say where the cell runs/],
    ['an unknown mark', `# T\n\n${fence('ts browser', 'a;')}`, /:3: say where the cell runs/],
    ['an unknown option', `# T\n\n${fence('ts everywhere predicted', 'a;')}`, /:3: "predicted" is no option/],
    ['an id of strange characters', `# T\n\n${fence('ts everywhere id=A_b', 'a;')}`, /:3: "id=A_b" is no option/],
    ['a file in another folder', `# T\n\n${fence('ts everywhere file=../a.ts', 'a;')}`, /:3: "file=\.\.\/a\.ts" is no/],
    [
      'an id used twice',
      `# T\n\n${fence('ts everywhere id=a', 'a;')}\n${fence('ts everywhere id=a', 'b;')}`,
      /:7: .*line 3/,
    ],
    ['an empty cell', `# T\n\n${fence('ts everywhere', ' ')}`, /:3: the cell is empty/],
    ['a file cell without its first line', `# T\n\n${fence('ts everywhere file=a.ts', 'x;')}`, /:4: the first line/],
    ['a file line without the option', `# T\n\n${fence('ts everywhere', '// file: a.ts\nx;')}`, /:3: .*option file/],
    ['a cell in a container', `# T\n\n::: tip\n\n${cell}\n:::\n`, /:5: .*::: container \(opened in line 3\)/],
    ['a cell in <details>', `# T\n\n<details>\n\n${cell}\n</details>\n`, /:5: .*<details> \(opened in line 3\)/],
    ['a cell in a list', `# T\n\n- one\n\n  ${cell.replaceAll('\n', '\n  ')}\n`, /:3: .*not inside a list/],
    ['a cell in a quotation', `# T\n\n> ${cell.replaceAll('\n', '\n> ')}\n`, /:3: .*not inside a blockquote/],
    ['a container left open', '# T\n\n::: tip\nWords.\n', /:3: ::: container is never closed/],
    ['a container closed twice', '# T\n\n::: tip\nWords.\n:::\n\n:::\n', /:7: .*not open/],
    ['a quote of a missing file', '# T\n\n<<< lib/none.ts#a\n', /:3: there is no file lib\/none\.ts/],
    ['a quote of a missing region', '# T\n\n<<< lib/log/segment.ts#gone\n', /:3: .*no line "\/\/ #region gone"/],
    ['a quote of an empty region', '# T\n\n<<< lib/log/segment.ts#empty\n', /:3: .*"empty" is empty/],
    [
      'a quote within a paragraph',
      '# T\n\nSee\n<<< lib/log/segment.ts#append\n',
      /:3: a quote is a paragraph of its own/,
    ],
  ];
  test.each(cases)('%s', (_what, markdown, message) => {
    expect(() => parse(markdown)).toThrow(message);
  });
});

describe('A region', () => {
  test('that is opened twice or ends before it begins is refused', () => {
    expect(() => findRegion('// #region a\n// #region a\n1;\n// #endregion a\n', 'a')).toThrow('is there 2 times');
    expect(() => findRegion('// #endregion a\n1;\n// #region a\n', 'a')).toThrow('ends before it begins');
  });
});

describe('The budget of a chapter', () => {
  test('counts words of prose, and neither code nor tags nor addresses', () => {
    const { words } = budgetOf(
      parse(`# One two\n\nThree [four](five.md) <em>five</em> — 6.\n\n${fence('typescript', 'no words here')}`),
    );
    expect(words).toBe(6);
  });

  test('names what is over it, and leaves exercises out', () => {
    const long = Array.from({ length: 16 }, (_, index) => `f(${index});`).join('\n');
    const chapter = parse(`# T\n\n${fence('ts everywhere exercise', long)}\n${fence('ts everywhere id=slow', long)}`);
    expect(budgetOf(chapter)).toMatchObject({
      coreCells: 1,
      excesses: ['cell slow (line 22) has 16 lines, where 15 is the limit'],
    });
  });
});
