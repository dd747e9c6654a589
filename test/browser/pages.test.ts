import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apis } from '../../lib/protocol/apis/index.ts';
import { Library, textOf } from './visit.ts';

const PAGES = [
  '/in-your-test',
  '/wire',
  '/source/segment',
  '/source/classic-group',
  '/glossary',
  '/settings',
  '/errors',
  '/things-people-say',
];
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
/** What a page may weigh, gzipped, as a chapter. */
const PAGE_BYTES = 100_000;

/** The pages beside the chapters: nothing on them runs, so nothing of them needs JavaScript. */
describe('pages beside the chapters', () => {
  let library: Library;

  beforeAll(async () => {
    library = await Library.open('site-book');
  });

  afterAll(() => library.close());

  it('are named in the contents', async () => {
    const visit = await library.visit('/');
    for (const page of PAGES) {
      await visit.page.locator(`main a[href$="${page}"]`).click();
      await visit.page.locator('main h1').filter({ hasNotText: 'One Consumer' }).waitFor();
      expect(visit.page.url()).toBe(library.address + page);
      await visit.page.goBack();
    }
    await visit.leave();
    expect(visit.surprises).toEqual([]);
  });

  for (const page of PAGES) {
    it(`${page}: axe finds nothing on light paper, nor on a dark phone, which it fits`, async () => {
      for (const options of [{}, { ...PHONE, colorScheme: 'dark' }] as const) {
        const visit = await library.visit(page, options);
        expect((await visit.received()).rest).toBeLessThan(PAGE_BYTES);
        await expect.poll(() => visit.overflow()).toBe(0);
        expect(await visit.axe()).toEqual([]);
        await visit.leave();
        expect(visit.surprises).toEqual([]);
      }
    });
  }

  it('/wire: shows every message without JavaScript, and leads to each', async () => {
    const visit = await library.visit('/wire', { javaScriptEnabled: false });
    await expect.poll(() => visit.page.locator('.wire h3').count()).toBe(apis.size);
    await visit.page.getByRole('link', { name: 'OffsetCommit' }).click();
    expect(new URL(visit.page.url()).hash).toBe('#offset-commit');
    await expect.poll(() => textOf(visit.page.locator('#offset-commit'))).toBe('8 OffsetCommit');
    await visit.leave();
  });

  it('/things-people-say: has the address of an entry in its title, and its verdict below, without JavaScript', async () => {
    const visit = await library.visit('/things-people-say', { javaScriptEnabled: false });
    const entry = visit.page.locator('.entries > div:has(#same-ten-again)');
    await entry.locator('h3 a').click();
    expect(new URL(visit.page.url()).hash).toBe('#same-ten-again');
    await expect.poll(() => textOf(entry.locator('.verdict'))).toBe('Wrong.');
    expect(await entry.locator('p a').getAttribute('href')).toMatch(/^\.\/06-.*#again$/);
    await visit.leave();
  });
});
