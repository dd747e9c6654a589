import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CellOnPage, Visit } from './visit.ts';
import { Library, textOf } from './visit.ts';

const PAGE = '/07-a-group-shares-a-topic';

/** A theatre on its page, as those meet it who use a keyboard, a phone, a link, or no script. */
describe.runIf(process.env.KAFKAITO_TEST_COURSE !== 'no')('the theatre', () => {
  let library: Library;

  beforeAll(async () => {
    library = await Library.open('site');
  });

  afterAll(() => library.close());

  const moment = (cell: CellOnPage) => cell.section.getByRole('slider', { name: 'Moment' });
  const told = async (cell: CellOnPage) => (await textOf(cell.section.locator('.now'))).replace(/\s+/g, ' ');

  async function open(visit: Visit): Promise<CellOnPage> {
    const cell = visit.cell('theatre');
    await cell.run();
    await moment(cell).waitFor();
    return cell;
  }

  it('is gone through, broken and mended with the keyboard alone; light, dark and on a phone', async () => {
    const visit = await library.visit(PAGE, { colorScheme: 'light' });
    const { keyboard } = visit.page;
    const cell = await open(visit);
    await moment(cell).focus();
    await keyboard.press('Home');
    expect(await told(cell)).toMatch(/^0\.\d{3} s website 1 starts/);
    await keyboard.press('ArrowRight');
    const reads = await told(cell);
    expect(reads).toMatch(/website \d reads articles-\d/);
    expect((await moment(cell).getAttribute('aria-valuetext'))?.replace(': ', ' ')).toBe(reads);
    await keyboard.press('Home');
    await keyboard.press('Space');
    expect(await cell.button('Pause').count()).toBe(1);
    await expect.poll(() => told(cell)).toBe(reads);
    await keyboard.press('Space');
    expect(await cell.button('Play').count()).toBe(1);

    await cell.button('Crash').focus();
    await keyboard.press('Enter');
    await cell.section.locator('.verdict').getByText('articles-0 had no reader').waitFor();
    expect(await told(cell)).toContain('website 1 is killed');
    expect(await visit.page.evaluate('document.activeElement.type')).toBe('range');
    await keyboard.press('End');
    expect(await told(cell)).toMatch(/^\d\d\.\d{3} s/);
    expect(await visit.axeOnBothPapers('#theatre')).toEqual([]);
    await visit.page.setViewportSize({ width: 390, height: 844 });
    await expect.poll(() => cell.section.locator('.stage').getAttribute('viewBox')).toMatch(/^0 0 350 /);
    await expect.poll(() => visit.overflow()).toBe(0);
    await cell.button('As it was without that').click();
    expect(await told(cell)).not.toContain('killed');
    await visit.leave();
    expect(visit.surprises).toEqual([]);
  });

  it('is led to a moment by a link, once the reader has run the cell; without motion where none is wanted', async () => {
    const visit = await library.visit(`${PAGE}?seed=7&t=54200&freeze=website+2&from=6500#theatre`, {
      reducedMotion: 'reduce',
    });
    const cell = visit.cell('theatre');
    expect(await textOf(cell.section.locator('.notice'))).toContain('This link leads to 54.200 s of the run.');
    expect(await visit.page.locator('iframe').count()).toBe(0);
    await open(visit);
    await cell.section.locator('.verdict').getByText('website 2 is frozen for a minute').waitFor();
    await expect.poll(() => told(cell)).toMatch(/^54\.1\d\d s/);
    const motion = "getComputedStyle(document.querySelector('.theatre .moving')).transitionDuration";
    expect(await visit.page.evaluate(motion)).toBe('0s');
    const other = visit.cell('articles');
    await other.write(`
      const play = JSON.stringify({ caption: 'x', moments: [{ at: '<img src=x onerror=alert(1)>' }] });
      const svg = '<svg xmlns="http://www.w3.org/2000/svg"><text>still</text></svg>';
      const bundle = { 'text/plain': 'words', 'image/svg+xml': svg, 'application/vnd.kafkaito.play+json': play };
      (globalThis as any)[Symbol.for('kafkaito.display')](bundle);`);
    await other.run();
    expect(await textOf(other.output().locator('.picture'))).toBe('still');
    expect(await other.output().locator('img, .theatre').count()).toBe(0);
    await visit.leave();
    expect(visit.surprises).toEqual([]);
  });

  it('is a drawing and a list of its moments without JavaScript', async () => {
    const visit = await library.visit(PAGE, { javaScriptEnabled: false });
    const cell = visit.cell('theatre');
    expect(await cell.stored().locator('svg').isVisible()).toBe(true);
    await cell.section.getByText('In words').click();
    expect(await textOf(cell.stored().locator('pre'))).toMatch(/website 1 starts[\s\S]*▶ +6\.103 s[\s\S]*11\.097 s/);
    await visit.leave();
  });
});
