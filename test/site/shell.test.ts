import { describe, expect, it } from 'vitest';
import { parseChapter } from '../../chapters/tools/cells.ts';
import { editAddress, siteAddress } from '../../site/.vitepress/address.ts';
import { chapterNames, frontMatter, pages, readChapter, withoutFrontMatter } from '../../site/.vitepress/book.ts';
import { firstRunResult, loopOf } from '../../site/.vitepress/firstRun.ts';
import { minutesOf } from '../../site/.vitepress/minutes.ts';
import { chapterText } from '../../site/.vitepress/texts.ts';
import type { CellOutput } from '../../site/kernel/protocol.ts';

describe('where the site stands', () => {
  it.each([
    ['', '/', undefined],
    ['kafkaito', '/kafkaito/', undefined],
    ['/kafkaito/', '/kafkaito/', undefined],
    ['https://example.org', '/', 'https://example.org'],
    ['https://someone.example.org/a/b', '/a/b/', 'https://someone.example.org'],
    ['http://127.0.0.1:4173/x//', '/x/', 'http://127.0.0.1:4173'],
  ])("is read out of '%s'", (value, base, origin) => {
    expect(siteAddress(value)).toEqual({ base, origin });
  });

  it('says what it takes when it is told something else', () => {
    expect(() => siteAddress('C:\\Program Files\\kafkaito')).toThrow('KAFKAITO_BASE');
    expect(() => siteAddress('/kafkaito/?a=b')).toThrow('KAFKAITO_BASE');
  });

  it.each([
    ['ada/bank', 'https://github.com/ada/bank/edit/main/'],
    ['github:ada/bank', 'https://github.com/ada/bank/edit/main/'],
    ['git+https://github.com/ada/bank.js.git', 'https://github.com/ada/bank.js/edit/main/'],
    [{ type: 'git', url: 'ssh://git@github.com/ada/bank.git' }, 'https://github.com/ada/bank/edit/main/'],
    ['https://example.org/ada/bank', undefined],
    [undefined, undefined],
  ])('can be edited at the address that the package names: %j', (repository, address) => {
    expect(editAddress(repository)).toBe(address);
  });
});

describe('the minutes of a chapter', () => {
  const minutes = (text: string) => minutesOf(parseChapter(text, 'a.md', () => undefined));

  it('are its words at 200 a minute without its hints, a minute for each cell, and what the exercises say', () => {
    const hint = `<details>\n<summary>A hint</summary>\n\n${'word '.repeat(500)}\n\n</details>`;
    const cells = '```ts everywhere\none()\n```\n\n```ts jupyter\ntwo()\n```';
    const exercise = 'Five minutes: do it.\n\n```ts everywhere exercise\nthree()\n```\n\nFifteen minutes. Do it again.';
    expect(minutes(`# Title\n\n${'word '.repeat(400)}\n\n${hint}\n\n${cells}\n\n${exercise}`)).toEqual({
      reading: 3,
      running: 2,
      exercise: 20,
    });
  });

  it('count ten for an exercise that does not say', () => {
    expect(minutes('# Title\n\n```ts everywhere exercise\none()\n```').exercise).toBe(10);
  });

  it('stay near one sitting of forty for every chapter of the course', () => {
    for (const name of chapterNames()) {
      const { reading, running, exercise } = minutesOf(readChapter(name));
      expect.soft(reading + running + exercise, name).toBeLessThanOrEqual(45);
    }
  });
});

describe('the pages beside the chapters', () => {
  it('are found where they lie, each with a title', () => {
    const links = pages().map(({ link }) => link);
    expect(links).toContain('/wire');
    expect(links).toContain('/source/segment');
    for (const { title, link } of pages()) expect(title, link).toMatch(/^[A-Z]/);
  });

  it('may say things in their first lines, in quotation marks or not', () => {
    const text = '---\r\ntitle: "A: title"\r\norder: 3\r\n---\r\n\r\n# A\n';
    expect(frontMatter(text)).toEqual({ title: 'A: title', order: '3' });
    expect(withoutFrontMatter(text)).toBe('# A\n');
    expect(frontMatter('# No first lines\n\n---\n')).toEqual({});
  });
});

describe('a chapter as text', () => {
  it('has its code, what the code printed, and its quotes in full', () => {
    const text = chapterText('00-a-balance-goes-wrong');
    expect(text).toContain('It prints:\n\n```text\nAda has 90\n```');
    expect(text).toMatch(/From `lib\/client\/kafka\.ts`, lines \d+ to \d+:\n\n```typescript\n/);
    expect(text).not.toMatch(/^<<<|^```ts /m);
  });
});

describe('the first run', () => {
  const text = (line: string): CellOutput[] => [{ kind: 'text', stream: 'stdout', text: `${line}\n` }];
  const story = ['One crash', '  3.1 s  the program: begins', '▶  4.0 s  the program: killed', '         ⋮  45 s pass'];
  const drawing: CellOutput = {
    kind: 'display',
    bundle: { 'text/plain': story.join('\n'), 'image/svg+xml': '<svg/>' },
  };

  it('is read out of what the cells gave', () => {
    const outputs = new Map([
      ['run', text('Ada has 130')],
      ['kill', text('Ada has 90')],
      ['story', [drawing]],
    ]);
    expect(firstRunResult(outputs)).toEqual({
      calm: '130',
      killed: '90',
      svg: '<svg/>',
      steps: [
        { when: '3.1 s', what: 'the program: begins', decisive: false },
        { when: '4.0 s', what: 'the program: killed', decisive: true },
        { when: '', what: '45 s pass', decisive: false },
      ],
    });
  });

  it('says what is missing when the cells gave something else', () => {
    const outputs = new Map([
      ['run', text('Ada has 130')],
      ['kill', text('nothing')],
      ['story', [drawing]],
    ]);
    expect(() => firstRunResult(outputs)).toThrow("expects a balance, and finds 'nothing");
    outputs.set('kill', text('Ada has 90')).set('story', []);
    expect(() => firstRunResult(outputs)).toThrow('expects a drawing');
  });

  it('shows the loop of the program alone, without its comments', () => {
    const program = 'async function f() {\n  for await (const a of b) {\n    await c(a); // why\n  }\n  d();\n}';
    expect(loopOf(program)).toBe('for await (const a of b) {\n  await c(a);\n}');
    expect(() => loopOf('while (true) {}')).toThrow('no loop');
  });
});
