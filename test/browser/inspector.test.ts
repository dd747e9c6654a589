import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Library } from './visit.ts';

/** What the page may weigh, gzipped, before anything is read. */
const PAGE_BYTES = 100_000;

describe('the wire inspector', () => {
  let library: Library;

  beforeAll(async () => {
    library = await Library.open('site-book');
  });

  afterAll(() => library.close());

  it('reads a frame that is chosen, and links bytes and fields by mouse and by keyboard', async () => {
    const visit = await library.visit('/inspector', { colorScheme: 'light' });
    const { page } = visit;
    expect((await visit.received()).rest).toBeLessThan(PAGE_BYTES);
    await page.getByLabel('A frame').selectOption({ label: 'kafkajs writes a record' });
    await page.getByRole('heading', { name: 'Produce request, version 7' }).waitFor();
    const marked = async () =>
      (await page.locator('.bytes .current').allTextContents()).map((text) => text.trim()).join(' ');
    await page.getByRole('button', { name: 'clientId' }).focus();
    expect(await marked()).toBe('00 07 6b 61 66 6b 61 6a 73');
    await page.keyboard.press('ArrowDown');
    expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('transactionalId');
    expect(await marked()).toBe('ff ff');
    await page.getByRole('row', { name: /correlationId/ }).hover();
    expect(await marked()).toBe('00 00 00 02');
    await page.locator('.bytes span').first().hover();
    expect(await page.locator('tr.current').textContent()).toContain('size');
    await page.locator('.bytes span', { hasText: '7d' }).click();
    expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('size');
    await visit.leave();
    expect(visit.surprises).toEqual([]);
  });

  it('says which byte is wrong, in what was pasted and in what is no bytes at all', async () => {
    const visit = await library.visit('/inspector', {
      colorScheme: 'dark',
      viewport: { width: 390, height: 844 },
      isMobile: true,
      hasTouch: true,
    });
    const { page } = visit;
    const text = page.getByLabel('or bytes of your own');
    await text.fill('00 00 00 08 00 00 00 07 00 00 00 01');
    await page.getByLabel('It is an answer').check();
    await page.getByLabel('to the question').selectOption('Heartbeat');
    await page.getByLabel('in version').selectOption('0');
    await page.getByText('2 bytes, which nobody reads').waitFor();
    await text.fill('00 0');
    await page.getByText('3 digits: a byte takes two').waitFor();
    expect(await page.locator('table').count()).toBe(0);
    await text.fill('0x00 0x00 0x00 0x08 0x00');
    await page.getByText('Here it stops, in correlationId: 7 bytes missing.').waitFor();
    expect(await visit.overflow()).toBe(0);
    expect(await visit.axe()).toEqual([]);
    await visit.leave();
    expect(visit.surprises).toEqual([]);
  });

  it('is an example in print without JavaScript', async () => {
    const visit = await library.visit('/inspector', { javaScriptEnabled: false });
    expect(await visit.page.locator('pre').textContent()).toContain('correlationId  ');
    expect(await visit.page.getByRole('button').count()).toBe(0);
    await visit.leave();
  });
});
