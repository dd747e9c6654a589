/**
 * What Apache Kafka answered when it was last asked, in `recorded.json`: with it the observations are made on our broker where there is no Java. It is
 * written by `npm run test:kafka -- --record`, and a run without `--record` fails where Kafka's answers are other ones.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Plain } from './telling.ts';

export interface Recording {
  readonly kafkaVersion: string;
  /** The day, as YYYY-MM-DD. */
  readonly recordedOn: string;
  /** What was observed, by the sentences of the observations. */
  readonly observed: { readonly [sentence: string]: Plain };
}

const file = new URL('recorded.json', import.meta.url);

/** Set by `--record`. */
export const isRecording = process.env.KAFKAITO_RECORD === '1';

export function readRecording(): Recording {
  return JSON.parse(readFileSync(file, 'utf8')) as Recording;
}

/** One line an observation, so that a change shows as one. */
export function writeRecording({ kafkaVersion, recordedOn, observed }: Recording): void {
  const lines = Object.entries(observed).map(
    ([sentence, value]) => `${JSON.stringify(sentence)}: ${JSON.stringify(value)}`,
  );
  const head = `"kafkaVersion": ${JSON.stringify(kafkaVersion)},\n"recordedOn": ${JSON.stringify(recordedOn)}`;
  writeFileSync(file, `{\n${head},\n"observed": {\n${lines.join(',\n')}\n}\n}\n`);
}
