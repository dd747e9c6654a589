/** The balance card. Three events were chosen so that each mistake ends in a balance of its own: a balance names its bug. */

/** What happens to Ada's account, in this order: +100, +150, -120. Right is 130. */
export const events = ['+100', '+150', '-120'] as const;

const meanings: { readonly [balance: string]: string } = {
  130: 'all well',
  240: 'the withdrawal came before the second deposit',
  30: 'the first deposit was lost',
  230: 'the first deposit came twice',
  90: 'the second deposit was lost',
  280: 'the second deposit came twice',
  250: 'the withdrawal was lost',
  10: 'the withdrawal came twice',
  260: 'everything came twice',
};

/** What must have happened for Ada to end at this balance. */
export function meaningOf(balance: number | string): string {
  return meanings[balance] ?? 'not on the card';
}
