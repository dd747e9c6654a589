/**
 * What our broker should answer, given what Apache Kafka answers: the same, but for the known differences.
 *
 * A difference names the place where the answers part, and both values. A place where they do not part any more, or part otherwise, fails the
 * observation: so the list cannot outlive what it says.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Difference, Path } from '../differences.ts';
import type { Plain } from './telling.ts';

/** Kafka's answer with our side of the differences put in. Throws when a difference does not fit. */
export function expectedOfUs(theirs: Plain, ours: Plain, differences: readonly Difference[]): Plain {
  const expected = differences.reduce((value, difference) => withOurs(value, difference), theirs);
  return withOurWords(expected, ours);
}

function withOurs(theirs: Plain, { sentence, places }: Difference): Plain {
  return places.reduce((value, [at, kafka, ours]) => withOursAt(value, at, kafka, ours, sentence), theirs);
}

function withOursAt(theirs: Plain, at: Path, kafka: Plain, ours: Plain, sentence: string): Plain {
  const found = at.reduce<Plain | undefined>((value, step) => childOf(value, step), theirs);
  const place = `${sentence}, at [${at.join(', ')}]`;
  if (!isDeepStrictEqual(found, kafka)) {
    throw new Error(
      `${place}: differences.ts says ${JSON.stringify(kafka)}, and Kafka answers ${JSON.stringify(found)}`,
    );
  }
  if (isDeepStrictEqual(kafka, ours)) throw new Error(`${place}: differences.ts says the same of both`);
  return replaced(theirs, at, ours);
}

function childOf(value: Plain | undefined, step: string | number): Plain | undefined {
  if (Array.isArray(value) && typeof step === 'number') return value[step];
  if (isObject(value) && typeof step === 'string') return value[step];
  return undefined;
}

function replaced(value: Plain, at: Path, by: Plain): Plain {
  if (at.length === 0) return by;
  const [step, ...rest] = at;
  if (Array.isArray(value)) return value.map((entry, index) => (index === step ? replaced(entry, rest, by) : entry));
  if (!isObject(value)) return value;
  return { ...value, [step]: replaced(value[step], rest, by) };
}

/** Where Kafka leaves an error without words we may say some. The other way round counts as a difference. */
function withOurWords(theirs: Plain, ours: Plain): Plain {
  if (Array.isArray(theirs)) {
    return theirs.map((entry, index) => withOurWords(entry, Array.isArray(ours) ? ours[index] : null));
  }
  if (!isObject(theirs) || !isObject(ours)) return theirs;
  const fields = Object.entries(theirs).map(([name, value]) => {
    const mayBeSaid = name === 'errorMessage' && theirs.errorCode !== 'NONE' && (value === null || value === '');
    return [name, mayBeSaid && ours[name] === 'words' ? 'words' : withOurWords(value, ours[name])];
  });
  return Object.fromEntries(fields);
}

function isObject(value: Plain | undefined): value is { readonly [name: string]: Plain } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
