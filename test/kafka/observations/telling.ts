/**
 * From a response to the plain value that is compared and recorded.
 *
 * Nothing is hidden but what is named: a field in `without` is left out, of a field in `present` is only told whether it says something, since an id or
 * a time differs in every run, and `instead` gives a name to what an observation knows. Everything else stays as it was sent, digits and all. Four fields are told in the same way everywhere: error
 * codes by their names, the words of an error only as "words" (ours are our own), batches by their headers, and the time of throttling not at all.
 */
import { errorOf } from '../../../lib/protocol/errors.ts';
import { NO_UUID } from '../../../lib/protocol/schema.ts';
import { batchesIn, lastOffsetOf } from '../../../lib/records/batch.ts';

export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [name: string]: Plain };

export interface Telling {
  /** Fields to leave out, at any depth. */
  readonly without?: readonly string[];
  /** Fields of which only is told whether they are there: `'some'`, or the value that means none. */
  readonly present?: readonly string[];
  /** What is told instead of the value of a field, where the observation knows it better: the label of a member for its id, the text in bytes. */
  readonly instead?: { readonly [field: string]: (value: unknown) => Plain };
}

const NONE: readonly unknown[] = [null, '', 0, -1, NO_UUID];

export function tell(value: unknown, telling: Telling = {}): Plain {
  return toldField('', value, telling);
}

/** The name of an error code, which is what tests and readers know it by. */
export function nameOf(errorCode: number): string {
  return errorOf(errorCode).name;
}

function toldField(name: string, value: unknown, telling: Telling): Plain {
  const instead = telling.instead?.[name];
  if (instead !== undefined) return instead(value);
  if (telling.present?.includes(name) && !NONE.includes(value)) return 'some';
  if (name === 'errorCode' && typeof value === 'number') return nameOf(value);
  if (/errorMessage$/i.test(name) && typeof value === 'string') return value === '' ? '' : 'words';
  if (value instanceof Uint8Array) return toldBatches(value);
  if (Array.isArray(value)) return value.map((entry) => toldField(name, entry, telling));
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([field]) => field !== 'throttleTimeMs');
    const wanted = fields.filter(([field]) => !telling.without?.includes(field));
    return Object.fromEntries(wanted.map(([field, entry]) => [field, toldField(field, entry, telling)]));
  }
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
    return value;
  throw new TypeError(`${name} is ${String(value)}, which cannot be compared: tell it in another way`);
}

/** Each batch in a line, and how many bytes of a cut one follow. */
function toldBatches(bytes: Uint8Array): Plain {
  const batches = [...batchesIn(bytes)];
  const lines = batches.map(({ header }) => {
    const { baseOffset, codec, timestampType, maxTimestamp, partitionLeaderEpoch } = header;
    const time = timestampType === 'create' ? `created ${maxTimestamp}` : 'appended';
    return `offsets ${baseOffset}-${lastOffsetOf(header)}, ${codec}, ${time}, epoch ${partitionLeaderEpoch}`;
  });
  const rest = bytes.length - batches.reduce((sum, { header }) => sum + header.sizeInBytes, 0);
  return rest === 0 ? lines : [...lines, `${rest} bytes of a batch`];
}
