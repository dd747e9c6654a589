/** A length of time: milliseconds as a number, or words such as `'45 s'`, `'10 ms'`, `'5 min'`, `'1 h'`. */
export type Duration = number | string;

const unitsMs: Record<string, number> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** The duration in milliseconds. Throws a `TypeError` that names the accepted forms. */
export function toMs(duration: Duration): number {
  if (typeof duration === 'number') {
    if (duration >= 0 && Number.isFinite(duration)) return duration;
  } else {
    const words = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)\s*$/.exec(duration);
    if (words) return Number(words[1]) * unitsMs[words[2]];
  }
  throw new TypeError(
    `${JSON.stringify(duration)} is not a duration: write milliseconds, or '10 ms', '45 s', '5 min', '1 h', '7 d'`,
  );
}
