import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Visit } from './visit.ts';
import { Library, ROOT, textOf } from './visit.ts';

const PAGE = '/00-a-fixture';

/** What a reader with an own way of reading is: all of these are told to the page before it begins. */
const SAVES_DATA = "Object.defineProperty(navigator, 'connection', { value: { saveData: true } });";

async function focused(visit: Visit): Promise<string> {
  return visit.page.evaluate('document.activeElement.textContent.trim() || document.activeElement.tagName');
}

describe.runIf(process.env.KAFKAITO_TEST_COURSE !== 'no')('the front page', () => {
  let library: Library;

  beforeAll(async () => {
    library = await Library.open('site');
  });

  afterAll(() => library.close());

  const numbers = (visit: Visit) => visit.page.locator('.first-run-balance b').allTextContents();

  it('runs a balance going wrong by itself, and leads to the chapter that says why', async () => {
    const visit = await library.visit('/', { colorScheme: 'light', reducedMotion: 'reduce' });
    await visit.page.locator('.first-run.live').waitFor();
    expect(await numbers(visit)).toEqual(['130', '90']);
    const notebook = readFileSync(join(ROOT, 'notebooks/00-a-balance-goes-wrong.ipynb'), 'utf8');
    const { cells }: { cells: { id: string; outputs: { data: Record<string, string[]> }[] }[] } = JSON.parse(notebook);
    const story = cells.find(({ id }) => id === 'story')?.outputs[0].data['text/plain'].join('') ?? '';
    const words = (text: string) => text.replace(/[▶⋮\s]+/g, ' ').trim();
    const steps = await visit.page.locator('.steps li').allTextContents();
    expect(steps.map(words)).toEqual(story.trimEnd().split('\n').slice(1).map(words));
    expect(await visit.page.locator('.first-run .picture svg').isVisible()).toBe(true);
    expect(await visit.page.locator('iframe').count()).toBe(0);
    expect(await visit.axeOnBothPapers()).toEqual([]);
    await visit.page.setViewportSize({ width: 390, height: 844 });
    expect(await visit.overflow()).toBe(0);
    await visit.page.getByRole('link', { name: 'Who lost the deposit?' }).click();
    await visit.page.getByRole('heading', { name: 'A balance goes wrong' }).waitFor();
    await visit.leave();
    expect(visit.surprises).toEqual([]);
  });

  it('loads nothing unasked for a reader who saves data, and runs when told to', async () => {
    const visit = await library.visit('/', { colorScheme: 'light', early: SAVES_DATA });
    expect(await numbers(visit)).toEqual(['130', '90']);
    expect(await visit.page.getByText('This is what it printed when the book was made.').isVisible()).toBe(true);
    expect((await visit.received()).kernel).toBe(0);
    await visit.page.getByRole('button', { name: 'Run', exact: true }).click();
    await visit.page.getByText('This has run in your browser').waitFor();
    await visit.leave();
    expect(visit.surprises).toEqual([]);
  });

  it('is read without JavaScript', async () => {
    const visit = await library.visit('/', { javaScriptEnabled: false });
    expect(await visit.page.locator('.first-run-balance b').last().isVisible()).toBe(true);
    expect(await visit.page.locator('.first-run .picture svg').isVisible()).toBe(true);
    expect(await visit.page.getByRole('button').count()).toBe(0);
    await visit.leave();
  });
});

/** The small book stands at a path of its host: whatever forgets the base finds nothing here. */
describe('the site around the chapters', () => {
  let library: Library;

  beforeAll(async () => {
    library = await Library.open('site-book');
  });

  afterAll(() => library.close());

  it('is searched with the keyboard, within itself', async () => {
    const visit = await library.visit(PAGE, { colorScheme: 'light' });
    const { keyboard } = visit.page;
    const box = visit.page.getByRole('dialog', { name: 'Search the book' });
    await visit.cell('first').button('Run').focus();
    await keyboard.press('/');
    await box.getByRole('searchbox').waitFor();
    await keyboard.type('drawing twin');
    await box.getByRole('link').first().waitFor();
    expect(await textOf(box.locator('li').first())).toBe('A module00 A chapter for the tests');
    expect(await visit.axe()).toEqual([]);
    await keyboard.press('Escape');
    await box.waitFor({ state: 'detached' });
    expect(await focused(visit)).toBe('Run');
    await keyboard.press('/');
    await keyboard.type('OffsetCommit');
    await box.getByRole('link').first().waitFor();
    const message = '8 OffsetCommitWire reference › Messages';
    await box.getByRole('link', { name: '8 OffsetCommit' }).waitFor();
    for (let n = 0; n < 12 && (await focused(visit)) !== message; n += 1) await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    await visit.page.waitForURL(`${library.address}/wire#offset-commit`);
    await visit.leave();
    expect(visit.surprises).toEqual([]);
  });

  it('is read, searched and run without a network once it was visited', async () => {
    const visit = await library.visit(PAGE, { keeps: true });
    await visit.kept();
    await visit.page.context().setOffline(true);
    await visit.page.reload();
    await visit.cell('use').run();
    expect(await textOf(visit.cell('use').output())).toContain('total 130');
    await visit.page.keyboard.press('/');
    await visit.page.keyboard.type('module');
    await visit.page.getByRole('dialog').getByRole('link').first().waitFor();
    await visit.page.keyboard.press('Escape');
    await visit.page.goto(`${library.address}/wire`);
    await visit.page.getByRole('heading', { name: 'There is no network' }).waitFor();
    await visit.page.goto(`${library.address}/?from=somewhere`);
    await visit.page.getByRole('link', { name: 'A chapter for the tests' }).click();
    await visit.cell('first').run();
    await visit.leave();
  });

  it('is printed as it is read: outputs and hints shown, no button', async () => {
    const visit = await library.visit(PAGE, { colorScheme: 'dark' });
    await visit.page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await visit.page.evaluate("dispatchEvent(new Event('beforeprint'))");
    for (const button of await visit.page.getByRole('button').all()) expect(await button.isVisible()).toBe(false);
    expect(await visit.page.getByText("{ owner: 'Ada', amount: 100 } 130").last().isVisible()).toBe(true);
    expect(await visit.page.getByText('Look at the sign.').isVisible()).toBe(true);
    expect(await visit.page.locator('.running-head').isVisible()).toBe(false);
    expect(await visit.page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    await visit.leave();
  });

  it('knows which cells have run, tells it in the contents, and forgets it', async () => {
    const visit = await library.visit(PAGE);
    await visit.cell('exercise').run();
    await visit.page.getByRole('link', { name: 'Contents' }).click();
    const entry = visit.page.locator('.contents li');
    await entry.getByText('every cell run, exercises passed').waitFor();
    await visit.page.getByRole('button', { name: 'Forget it' }).click();
    await visit.go('/');
    expect(await textOf(entry)).toBe('00A chapter for the tests17 min');
    await visit.leave();
    expect(visit.surprises).toEqual([]);
  });

  it('names the nearest page where there is none, and offers the search', async () => {
    const visit = await library.visit('/00-a-fixtrue', { colorScheme: 'light' });
    await visit.page.getByRole('link', { name: 'A chapter for the tests' }).waitFor();
    expect(await visit.axeOnBothPapers()).toEqual([]);
    await visit.page.getByRole('button', { name: 'Search the book' }).click();
    expect(await visit.page.getByRole('searchbox').inputValue()).toBe('a fixtrue');
    await visit.page.getByRole('dialog').getByRole('link').first().waitFor();
    await visit.leave();
  });

  it('says where it stands: canonical address, sitemap, description, and its text for machines', async () => {
    const visit = await library.visit(PAGE, { javaScriptEnabled: false });
    const inHead = (selector: string, name: string) => visit.page.locator(`head ${selector}`).getAttribute(name);
    expect(await inHead('link[rel=canonical]', 'href')).toBe('https://example.org/kafkaito/00-a-fixture');
    expect(await inHead('meta[property="og:title"]', 'content')).toBe('A chapter for the tests');
    expect(await inHead('meta[name=description]', 'content')).toMatch(/^Every kind of cell stands here once, so /);
    const text = async (path: string) => (await visit.page.request.get(library.address + path)).text();
    expect(await text('/sitemap.xml')).toContain('<loc>https://example.org/kafkaito/00-a-fixture</loc>');
    expect(await text('/llms.txt')).toContain('- [00 A chapter for the tests](/kafkaito/00-a-fixture.md)');
    expect(await text((await inHead('link[type="text/markdown"]', 'href'))?.slice('/kafkaito'.length) ?? '')).toContain(
      'It prints:\n\n```text\nbalance 130\n',
    );
    await visit.leave();
  });
});
