import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Visit } from './visit.ts';
import { Library, textOf } from './visit.ts';

const PAGE = '/00-a-fixture';

/** What a reader can do with the cells of a page, on the small book in fixtures/. */
describe('a cell on the page', () => {
  let library: Library;
  let visit: Visit;

  beforeAll(async () => {
    library = await Library.open('site-book');
  });

  afterAll(() => library.close());

  beforeEach(async () => {
    visit = await library.visit(PAGE);
  });

  afterEach(async () => {
    await visit.leave();
    expect(visit.surprises).toEqual([]);
  });

  it('shows the stored output until it is run, and then its own', async () => {
    const cell = visit.cell('first');
    await expect.poll(() => cell.stored().isVisible()).toBe(true);
    await cell.run();
    await expect.poll(() => cell.stored().isVisible()).toBe(false);
    await expect.poll(() => textOf(cell.output())).toBe('balance 130\n[ 100, 150, -120 ]');
    await expect.poll(() => textOf(visit.announcement())).toContain('Cell 1: balance 130');
  });

  it('first runs the cells before it that have not run', async () => {
    await visit.cell('use').run();
    await expect.poll(() => textOf(visit.cell('use').output())).toContain('total 130');
    await expect.poll(() => textOf(visit.cell('first').state())).toBe('Done');
    await expect.poll(() => textOf(visit.cell('exercise').state())).toBe('');
  });

  it('keeps a bet covered until the reader runs that cell, or looks', async () => {
    const bet = visit.cell('second');
    const answer = bet.section.getByText("{ owner: 'Ada', amount: 100 } 130").last();
    await expect.poll(() => answer.isVisible()).toBe(false);
    await visit.cell('use').run();
    await expect.poll(() => answer.isVisible()).toBe(false);
    await bet.section.locator('.live summary').click();
    await expect.poll(() => answer.isVisible()).toBe(true);
    await visit.go(PAGE);
    await bet.run();
    await expect.poll(() => textOf(bet.output())).toContain("{ owner: 'Ada', amount: 100 } 130");
  });

  it('is changed, run and brought back', async () => {
    const cell = visit.cell('first');
    await cell.write('const amounts = [1, 2];\nlet balance = 3;\nconsole.log("mine");');
    await cell.run();
    await expect.poll(() => textOf(cell.output())).toContain('mine');
    await visit.cell('second').run();
    await expect.poll(() => textOf(visit.cell('second').output())).toContain("{ owner: 'Ada', amount: 1 } 3");
    await cell.section.hover();
    await cell.button('Reset').click();
    await expect.poll(() => cell.section.locator('.cm-editor').count()).toBe(0);
    await cell.run();
    await expect.poll(() => textOf(cell.output())).toContain('balance 130');
  });

  it('marks what comes after a change as out of date, and runs it anew when asked', async () => {
    await visit.runAll();
    await visit.cell('first').write('const amounts = [5];\nconst balance = 5;');
    const later = visit.cell('use');
    await expect.poll(() => textOf(later.state())).toBe('Out of date: run again');
    await later.run();
    await expect.poll(() => textOf(later.output())).toContain('total 5');
    await expect.poll(() => textOf(visit.cell('second').state())).toBe('Done');
    await expect.poll(() => textOf(visit.cell('exercise').state())).toBe('Out of date: run again');
  });

  it('packs records with every codec that it names, and loads the codecs only for such a cell', async () => {
    const cell = visit.cell('first');
    await cell.write(
      [
        "const { simulate } = await import('kafkaito');",
        'const kafka = await simulate({ seed: 1, topics: { ledger: 1 } });',
        "for (const compressionType of ['gzip', 'snappy', 'lz4'] as const) {",
        "  await kafka.producer({ compressionType }).send({ topic: 'ledger', value: compressionType.repeat(100) });",
        '}',
        "const consumer = kafka.consumer({ groupId: 'bank', autoOffsetReset: 'earliest' });",
        "await consumer.subscribe(['ledger']);",
        'const values: (string | null)[] = [];',
        "while (values.length < 3) values.push(...(await consumer.poll('1 s')).map(({ value }) => value));",
        'console.log(values.map((value) => value?.length));',
      ].join('\n'),
    );
    await visit.received();
    await cell.run();
    await expect.poll(() => textOf(cell.output())).toBe('[ 400, 600, 300 ]');
    const withCodecs = (await visit.received()).rest;
    await visit.leave();
    visit = await library.visit(PAGE);
    await visit.received();
    await visit.cell('first').run();
    expect((await visit.received()).rest).toBeLessThan(withCodecs - 8000);
  });

  it('shows an error at its line, in the code and in the editor', async () => {
    const cell = visit.cell('first');
    await cell.write('const amounts = [1];\n\nmissing();');
    await cell.run();
    await expect.poll(() => textOf(cell.error())).toMatch(/Line 3: ReferenceError: missing is not defined/);
    await expect.poll(() => textOf(cell.section.locator('.cm-line.error-line'))).toBe('missing();');
    await expect.poll(() => textOf(visit.announcement())).toContain('failed in line 3');
    await cell.write('const amounts: = 1;');
    await cell.run();
    await expect.poll(() => textOf(cell.error())).toContain('SyntaxError');
    await visit.cell('second').button('Run').click();
    await expect.poll(() => textOf(visit.cell('second').state())).toBe('Not run: cell 1 failed.');
  });

  it('is stopped in an endless loop, and the page goes on with a new kernel', async () => {
    await visit.cell('use').run();
    const cell = visit.cell('second');
    await cell.write('for (;;) {}');
    await cell.button('Run').click();
    await cell.state().filter({ hasText: 'Running, 1 s' }).waitFor();
    await cell.button('Stop').click();
    await cell.state().filter({ hasText: 'Stopped' }).waitFor();
    await expect.poll(() => visit.page.locator('iframe').count()).toBe(0);
    await expect.poll(() => textOf(visit.cell('first').state())).toBe('Out of date: run again');
    await cell.write('const movement = { owner: "Ada" };\nconsole.log(amounts.length);');
    await cell.run();
    await expect.poll(() => textOf(cell.output())).toContain('3');
  });

  it('is cut short when it prints without end', async () => {
    const cell = visit.cell('first');
    await cell.write('for (let n = 0; n < 100_000; n += 1) console.log("a line of text", n);');
    await cell.run();
    const text = await textOf(cell.output());
    expect(text).toContain('longer than 200 kB');
    expect(text.length).toBeLessThan(201_000);
  });

  it('tells of an error that nobody waited for', async () => {
    const cell = visit.cell('first');
    await cell.write('Promise.reject(new Error("late"));\nawait new Promise((resolve) => setTimeout(resolve, 50));');
    await cell.run();
    await cell.output().getByText('UnhandledPromiseRejection: Error: late').waitFor();
  });

  it('holds a module that other cells import, and that the browser keeps', async () => {
    const ledger = visit.cell('ledger');
    await ledger.write('// file: ledger.ts\nexport const total = () => "mine";');
    await ledger.run();
    await expect.poll(() => textOf(ledger.output())).toContain('saved ledger.ts');
    await visit.cell('use').run();
    await expect.poll(() => textOf(visit.cell('use').output())).toContain('total mine');
    await visit.go(PAGE);
    await ledger.section.getByText('This is your own ledger.ts').waitFor();
    await visit.cell('use').run();
    await expect.poll(() => textOf(visit.cell('use').output())).toContain('total mine');
    await ledger.section.hover();
    await ledger.button('Reset').click();
    await visit.cell('use').run();
    await expect.poll(() => textOf(visit.cell('use').output())).toContain('total 130');
  });

  it('keeps what the reader has run, until it is the text of the chapter again', async () => {
    const cell = visit.cell('exercise');
    const original = await cell.section.locator('pre code').first().textContent();
    await cell.write('console.log("my answer");');
    await cell.run();
    await visit.go(PAGE);
    await cell.section.getByText('This is your own version').waitFor();
    await cell.run();
    await expect.poll(() => textOf(cell.output())).toContain('my answer');
    await cell.write((original ?? '').trimEnd());
    await cell.run();
    await visit.go(PAGE);
    await expect.poll(() => cell.section.locator('.cm-editor').count()).toBe(0);
  });

  it('names the line of the module in which something is wrong', async () => {
    await visit.cell('ledger').write('// file: ledger.ts\nexport function total() {\n  throw new Error("no");\n}');
    await visit.cell('use').run();
    await expect.poll(() => textOf(visit.cell('use').error())).toMatch(/ledger\.ts, line 3: Error: no/);
  });

  it('can be shared, and shared code is shown and not run', async () => {
    const code = 'console.log("from a link, with ü and 字");';
    await visit.cell('first').write(code);
    await visit.cell('first').section.hover();
    await visit.cell('first').button('Share').click();
    await visit.cell('first').section.getByText('The link to this code is copied').waitFor();
    await visit.page.context().grantPermissions(['clipboard-read']);
    const link: string = await visit.page.evaluate('navigator.clipboard.readText()');
    const other = await library.visit(link.slice(library.address.length));
    const cell = other.cell('first');
    await cell.section.getByText('Read it before you run it').first().waitFor();
    await expect.poll(() => textOf(cell.section.locator('.cm-content'))).toContain(code);
    await expect.poll(() => other.page.locator('iframe').count()).toBe(0);
    await other.cell('second').button('Run').click();
    await other.cell('second').section.getByText('cell 1 holds code from a link').waitFor();
    await expect.poll(() => other.page.locator('iframe').count()).toBe(0);
    await cell.run();
    await expect.poll(() => textOf(cell.output())).toContain('from a link, with ü and 字');
    await other.leave();
    expect(other.surprises).toEqual([]);
  });

  it('lets only the shapes of a drawing into the page', async () => {
    const cell = visit.cell('drawing');
    const svg = [
      '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" onload="top.found = 1" viewBox="0 0 9 9" style="position:fixed">',
      '<script>top.found = 2</script><foreignObject><img xmlns="http://www.w3.org/1999/xhtml" src="x" onerror="top.found = 3"/></foreignObject>',
      '<image href="http://127.0.0.1:1/x.png"/><use xlink:href="#a"/><a href="javascript:top.found = 4"><text>in a link</text></a>',
      '<style>body { display: none }</style><animate attributeName="href"/><rect id="r" fill="url(http://127.0.0.1:1/y)" width="5"/>',
      '<circle id="c" r="1" fill="url(#r)"/><text>kept</text></svg>',
    ].join('');
    await cell.write(`import { show } from 'course';\nshow({ svg: ${JSON.stringify(svg)}, text: 'words' });`);
    await cell.run();
    const picture = cell.section.locator('.live .picture');
    await expect.poll(() => textOf(picture)).toBe('kept');
    const markup = await picture.innerHTML();
    expect(markup).not.toMatch(/script|onload|onerror|image|foreign|href|style|animate|http:\/\/127/);
    expect(markup).toMatch(/<circle id="(c-drawing-\d+)" r="1" fill="url\(#r-drawing-\d+\)"/);
    await expect.poll(() => visit.page.evaluate('window.found')).toBeUndefined();
  });
});
