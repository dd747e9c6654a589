import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Library } from './visit.ts';

const PAGE = '/00-a-fixture';

/** Readers with a keyboard only, a screen reader, a phone, no JavaScript, dark paper. */
describe('the page', () => {
  let library: Library;

  beforeAll(async () => {
    library = await Library.open('site-book');
  });

  afterAll(() => library.close());

  it('is worked with a keyboard alone', async () => {
    const visit = await library.visit(PAGE);
    const { keyboard } = visit.page;
    const focused = () => visit.page.evaluate('document.activeElement.textContent.trim()');
    await keyboard.press('Tab');
    await expect.poll(() => focused()).toBe('To the text');
    for (let n = 0; n < 10 && (await focused()) !== 'Run'; n += 1) await keyboard.press('Tab');
    await keyboard.press('Enter');
    const cell = visit.cell('first');
    await cell.state().filter({ hasText: 'Done' }).waitFor();
    await keyboard.press('Tab');
    await expect.poll(() => focused()).toBe('Run all');
    await expect.poll(() => cell.button('Run all').isVisible()).toBe(true);
    await keyboard.press('Tab');
    await expect.poll(() => focused()).toBe('Edit');
    await keyboard.press('Enter');
    await cell.section.locator('.cm-content:focus').waitFor();
    await keyboard.press('ControlOrMeta+A');
    await keyboard.insertText('console.log("typed")');
    await keyboard.press('Shift+Enter');
    await cell.output().getByText('typed').waitFor();
    await keyboard.press('Escape');
    await expect.poll(() => focused()).toBe('Run');
    await keyboard.press('Shift+Tab');
    await cell.section.locator('.cm-content:focus').waitFor();
    await keyboard.press('Tab');
    await expect.poll(() => focused()).toBe('Run');
    await visit.leave();
    expect(visit.surprises).toEqual([]);
  });

  it('gives axe nothing to say on light and on dark paper, before and after a run, with an editor and an error', async () => {
    const visit = await library.visit(PAGE, { colorScheme: 'light' });
    expect(await visit.axeOnBothPapers()).toEqual([]);
    await visit.runAll();
    await visit.cell('first').write('const a = 1;\nmissing(); // a comment, and a string: "text"');
    await visit.cell('first').run();
    await visit.cell('first').section.hover();
    await visit.page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })");
    expect(await visit.axeOnBothPapers()).toEqual([]);
    await visit.go('/');
    expect(await visit.axeOnBothPapers()).toEqual([]);
    await visit.leave();
  });

  it('is read without JavaScript: outputs stand there, bets open, and no button promises anything', async () => {
    const visit = await library.visit(PAGE, { javaScriptEnabled: false });
    await expect.poll(() => visit.page.getByText('balance 130').isVisible()).toBe(true);
    await expect.poll(() => visit.page.locator('.picture svg').isVisible()).toBe(true);
    const answer = visit.page.getByText("{ owner: 'Ada', amount: 100 } 130").last();
    await expect.poll(() => answer.isVisible()).toBe(false);
    await visit.page.locator('.bet summary').click();
    await expect.poll(() => answer.isVisible()).toBe(true);
    await expect.poll(() => visit.page.getByRole('button').count()).toBe(0);
    expect(await visit.page.getByText('Runs in Jupyter').count()).toBe(1);
    await visit.leave();
    expect(visit.surprises).toEqual([]);
  });

  it('fits a phone, also while a cell is edited', async () => {
    const visit = await library.visit(PAGE, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
    await expect.poll(() => visit.overflow()).toBe(0);
    await visit.cell('first').section.locator('.run').tap();
    await visit.cell('first').state().filter({ hasText: 'Done' }).waitFor();
    await visit.cell('first').button('Edit').tap();
    await visit.cell('first').section.locator('.cm-content').waitFor();
    await expect.poll(() => visit.overflow()).toBe(0);
    await visit.leave();
  });

  it('remembers the paper that the reader has chosen', async () => {
    const visit = await library.visit(PAGE, { colorScheme: 'light' });
    const paper = () => visit.page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await paper();
    await visit.page.getByRole('button', { name: 'Dark paper' }).click();
    const dark = await paper();
    expect(dark).not.toBe(light);
    await visit.go('/');
    await expect.poll(() => paper()).toBe(dark);
    await visit.leave();
  });

  it('leads from the contents to a chapter and back', async () => {
    const visit = await library.visit('/');
    await visit.page.getByRole('link', { name: 'A chapter for the tests' }).click();
    await visit.cell('first').run();
    await visit.page.getByRole('link', { name: 'One Consumer per Partition' }).click();
    await visit.page.getByRole('heading', { name: 'One Consumer per Partition' }).waitFor();
    await expect.poll(() => visit.page.locator('iframe').count()).toBe(0);
    await visit.page.goBack();
    await expect.poll(() => visit.cell('first').stored().isVisible()).toBe(true);
    await visit.cell('first').run();
    await visit.leave();
    expect(visit.surprises).toEqual([]);
  });

  it('says so when there is no such page', async () => {
    const visit = await library.visit('/99-nowhere');
    await visit.page.getByRole('heading', { name: 'There is no such page' }).waitFor();
    await visit.leave();
  });
});
