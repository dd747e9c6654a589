/** Where the tests of the page find what they need. */
import { existsSync } from 'node:fs';

/** The small book of the tests, from the project's folder. */
export const BOOK = 'test/browser/fixtures/book';

/** Where that book stands on its host: not at the root, so that whatever forgets the base is found. */
export const BOOK_BASE = '/kafkaito/';

const USUAL_PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:/Program Files/Google/Chrome/Application/chrome.exe',
  'C:/Program Files (x86)/Google/Chrome/Application/chrome.exe',
];

/** The program to drive: CHROMIUM, or one in the usual places. */
export function chromiumPath() {
  const chosen = process.env.CHROMIUM;
  return chosen ? (existsSync(chosen) ? chosen : undefined) : USUAL_PLACES.find((path) => existsSync(path));
}
