/** What cells import as `course`: Ada's account, the bank, drawings put where the reader is, and the checks of exercises. */
export { account, crashStrip, settings } from './account.ts';
export { type AccountEvent, Bank, type BankConnection } from './bank.ts';
export { events, meaningOf } from './card.ts';
export { type Attempt, check, judge } from './exercise00.ts';
export { type DisplayBundle, show } from './show.ts';
export { story } from './story.ts';
export { Verdict } from './verdict.ts';
