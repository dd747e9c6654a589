/**
 * Where reading begins when nothing is committed, or what is committed is not in the log any more.
 *
 * `earliest` and `latest` are the two ends of the log. Between them lies `by_duration:PT1H`: the first record that is at most an hour old, so that a
 * group which comes late neither reads years of history nor misses the last minutes (KIP-1106).
 */
import { SettingError } from '../errors.ts';

/** `by_duration:` takes an ISO 8601 duration, as `PT90S`, `PT1H30M` or `P7D`. */
export type ResetPolicy = 'earliest' | 'latest' | `by_duration:${string}`;

const DURATION = /^P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** The milliseconds of a `by_duration:` policy; undefined for the others. Throws `SettingError`. */
export function durationOf(policy: string): number | undefined {
  if (!policy.startsWith('by_duration:')) return undefined;
  const text = policy.slice('by_duration:'.length);
  const parts = DURATION.exec(text);
  if (parts === null || text === 'P') {
    throw new SettingError(
      `autoOffsetReset is ${JSON.stringify(policy)}: after 'by_duration:' comes an ISO 8601 duration, as 'by_duration:PT1H' or 'by_duration:P7D'`,
    );
  }
  const [days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}
