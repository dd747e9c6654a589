/**
 * The book of observations on Apache Kafka and on our broker: both must answer alike, but for the known differences. With `--record` Kafka's answers are
 * written down, for the tests that run without Java (test/broker/observations.test.ts).
 */
import { afterAll, beforeAll, describe, expect, inject, type TestContext, test } from 'vitest';
import { type ServedKafka, serve } from '../../lib/node/serve.ts';
import { type ApacheKafka, startApacheKafka } from './apache.ts';
import { differences } from './differences.ts';
import { book, observedProperties, strictProperties } from './observations/book.ts';
import { expectedOfUs } from './observations/comparing.ts';
import type { Observation } from './observations/observation.ts';
import { isRecording, readRecording, writeRecording } from './observations/recording.ts';
import { observe } from './observations/scene.ts';
import type { Plain } from './observations/telling.ts';

const { bootstrap, version } = inject('apacheKafka');
const recorded: { readonly [sentence: string]: Plain } = isRecording ? {} : readRecording().observed;
const seen = new Map<string, Plain>();
let served: ServedKafka;
let strict: { readonly theirs: ApacheKafka; readonly ours: ServedKafka };

beforeAll(async () => {
  served = await serve({ port: 0, config: observedProperties });
  const theirs = await startApacheKafka({ properties: strictProperties });
  strict = { theirs, ours: await serve({ port: 0, config: strictProperties }) };
}, 120_000);

afterAll(async () => {
  await served.close();
  await strict.ours.close();
  await strict.theirs.close();
  if (!isRecording) return;
  const known = book.flatMap(({ sentence }) => (seen.has(sentence) ? [[sentence, seen.get(sentence) ?? null]] : []));
  const recordedOn = new Date().toISOString().slice(0, 10);
  writeRecording({ kafkaVersion: version, recordedOn, observed: Object.fromEntries(known) });
});

async function compare(one: Observation, { task }: TestContext): Promise<void> {
  const at = one.strict
    ? { theirs: strict.theirs.bootstrap, ours: strict.ours.bootstrap }
    : { theirs: bootstrap, ours: served.bootstrap };
  const isAgain = Boolean(task.result?.retryCount);
  const [theirs, ours] = await Promise.all([observe(one, at.theirs, isAgain), observe(one, at.ours, isAgain)]);
  seen.set(one.sentence, theirs);
  const known = differences.filter(({ sentence }) => sentence === one.sentence);
  expect(ours).toEqual(expectedOfUs(theirs, ours, known));
  if (!isRecording)
    expect(theirs, 'Kafka answers otherwise than recorded: record again').toEqual(recorded[one.sentence]);
}

describe.concurrent('observed on Apache Kafka and on ours', () => {
  for (const one of book.filter(({ alone }) => !alone)) test(one.sentence, (context) => compare(one, context));
});

describe('observed on Apache Kafka and on ours, one at a time', () => {
  for (const one of book.filter(({ alone }) => alone)) test(one.sentence, (context) => compare(one, context));
});
