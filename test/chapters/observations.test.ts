/**
 * What the chapters say is seen on our Kafka in virtual time, and is what Apache Kafka showed when it was last asked: so that nothing drifts where there is no
 * Java. `npm run verify` asks Apache Kafka itself.
 */
import { describe, expect, test } from 'vitest';
import { chapters } from '../../chapters/observations/index.ts';
import { departure, type Lines, type Observation } from '../../chapters/observations/observation.ts';
import { printRecording, recording } from '../../chapters/observations/recording.ts';
import { Scene } from '../../chapters/observations/scene.ts';
import { cellsOf } from '../../chapters/tools/cells.ts';
import { simulate } from '../../lib/index.ts';
import { readChapters } from '../../notebooks/tools/chapters.ts';
import { observedProperties } from '../kafka/observations/book.ts';

async function seen(one: Observation): Promise<Lines> {
  const kafka = await simulate({ seed: 7, config: observedProperties });
  const lines = await one.sees(new Scene(kafka, `seen-${one.id}`));
  await kafka.close();
  return lines;
}

const files = readChapters();

for (const [chapter, { observations, sources }] of Object.entries(chapters)) {
  const recorded = recording[chapter];

  describe(`chapter ${chapter}, as Apache Kafka ${recorded?.kafkaVersion} on ${recorded?.verifiedOn}`, () => {
    test.each(observations.map((one) => [one.id, one] as const))('%s', async (id, one) => {
      expect(departure(one, recorded.seen[id], await seen(one))).toBeUndefined();
    });

    test('each observation is recorded, and names a cell of the chapter', () => {
      const [file] = files.filter(({ name }) => name.startsWith(`${chapter}-`));
      const cells = cellsOf(file.chapter).map(({ id }) => id);
      expect(Object.keys(recorded.seen)).toEqual(observations.map(({ id }) => id));
      expect(observations.filter(({ cell }) => !cells.includes(cell))).toEqual([]);
      expect(sources.length).toBeGreaterThan(0);
    });
  });
}

test('every chapter has observations', () => {
  expect(files.map(({ name }) => name.split('-')[0])).toEqual(Object.keys(chapters).sort());
});

test('a recording that says something else turns this red, and so does a difference that is gone', async () => {
  const [inOrder] = chapters['00'].observations;
  const ours = await seen(inOrder);
  expect(departure(inOrder, [...ours.slice(0, 2), '2 Ada -100'], ours)).toMatch(
    /Kafka: .*2 Ada -100; ours: .*2 Ada -120/,
  );
  expect(departure(inOrder, undefined, ours)).toMatch(/Kafka: nothing/);
  const differing = { ...inOrder, ours: { sees: ours, because: 'a reason' } };
  expect(departure(differing, ['other'], ours)).toBeUndefined();
  expect(departure(differing, ours, ours)).toMatch(/said to differ/);
});

test('the recording is printed as it is stored', () => {
  expect(JSON.parse(printRecording(recording))).toEqual(recording);
});
