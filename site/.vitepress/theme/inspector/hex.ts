/** Bytes as people paste them: from a log, a debugger, a packet capture. */

/** What was pasted: its bytes, or why it is none. */
export type Pasted = { readonly bytes: Uint8Array } | { readonly error: string };

/** One frame is read; whoever pastes more than this has something else in hand. */
const MOST_BYTES = 65_536;
const LONGEST_QUOTE = 12;

/** Reads hexadecimal digits. Between bytes there may be blanks, line ends, commas, colons, and `0x` or `\x` in front of each. */
export function pasted(text: string): Pasted {
  const digits = text.replace(/0x|\\x|[\s,:]+/gi, '');
  const stranger = /[^0-9a-f]/i.exec(digits);
  if (stranger !== null)
    return { error: `“${around(text, stranger[0])}” is not hexadecimal: only 0 to 9 and a to f are.` };
  if (digits.length % 2 === 1)
    return { error: `${digits.length} digits: a byte takes two, so one is missing or too many.` };
  if (digits.length / 2 > MOST_BYTES)
    return { error: `More than ${MOST_BYTES} bytes: paste the beginning of one frame.` };
  return { bytes: Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)) };
}

/** The word in which a character stands, so that it can be found. */
function around(text: string, character: string): string {
  const word = text.split(/[\s,:]+/).find((each) => each.includes(character)) ?? character;
  return word.length > LONGEST_QUOTE ? `${word.slice(0, LONGEST_QUOTE)}…` : word;
}
