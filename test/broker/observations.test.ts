/**
 * The book of observations on our broker, against what Apache Kafka answered when it was recorded: so that nothing drifts where there is no Java.
 * `npm run test:kafka` asks Kafka itself.
 */
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { type ServedKafka, serve } from '../../lib/node/serve.ts';
import { differences } from '../kafka/differences.ts';
import { book, observedProperties, strictProperties } from '../kafka/observations/book.ts';
import { expectedOfUs } from '../kafka/observations/comparing.ts';
import type { Observation } from '../kafka/observations/observation.ts';
import { readRecording } from '../kafka/observations/recording.ts';
import { observe } from '../kafka/observations/scene.ts';

const { kafkaVersion, recordedOn, observed } = readRecording();
let served: ServedKafka;
let strict: ServedKafka;

beforeAll(async () => {
  served = await serve({ port: 0, config: observedProperties });
  strict = await serve({ port: 0, config: strictProperties });
});

afterAll(async () => {
  await served.close();
  await strict.close();
});

async function compare(one: Observation, { task }: TestContext): Promise<void> {
  const ours = await observe(one, (one.strict ? strict : served).bootstrap, Boolean(task.result?.retryCount));
  const known = differences.filter(({ sentence }) => sentence === one.sentence);
  expect(ours).toEqual(expectedOfUs(observed[one.sentence], ours, known));
}

describe('the book', () => {
  test('has a recorded answer for each observation, and no other', () => {
    const sentences = book.map(({ sentence }) => sentence).sort();
    expect(Object.keys(observed).sort()).toEqual(sentences);
  });

  test('gives each observation names of its own', () => {
    const slugs = book.map(({ slug }) => slug).sort();
    const shared = slugs.filter((slug, index) => slugs.some((other, at) => at !== index && other.startsWith(slug)));
    expect(shared).toEqual([]);
  });

  test('knows each observation that a difference is about', () => {
    const sentences = book.map(({ sentence }) => sentence);
    expect(differences.filter(({ sentence }) => !sentences.includes(sentence))).toEqual([]);
  });
});

describe.concurrent(`as Apache Kafka ${kafkaVersion} on ${recordedOn}`, () => {
  for (const one of book.filter(({ alone }) => !alone)) test(one.sentence, (context) => compare(one, context));
});

describe(`as Apache Kafka ${kafkaVersion} on ${recordedOn}, one at a time`, () => {
  for (const one of book.filter(({ alone }) => alone)) test(one.sentence, (context) => compare(one, context));
});
