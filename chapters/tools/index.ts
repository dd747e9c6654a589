/**
 * What cells import as `course`: Ada's account, the bank, and drawings put where the reader is. The check of a chapter's exercise is a module of
 * its own in `exercises/`, imported as `course/00`, so that a page loads only the one that it needs.
 */
export { account, crashStrip, settings } from './account.ts';
export { type AccountEvent, Bank, type BankConnection, booked } from './bank.ts';
export { events, meaningOf } from './card.ts';
export { readers } from './readers.ts';
export { type DisplayBundle, show } from './show.ts';
export { story } from './story.ts';
export { Verdict } from './verdict.ts';
