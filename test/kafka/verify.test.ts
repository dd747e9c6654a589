/**
 * What the chapters say, on Apache Kafka and on our broker over TCP: both show the same, and what has been recorded. `npm run verify` writes it down anew; the
 * tests that need no Java hold the recording against virtual time (test/chapters/observations.test.ts).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { chapters } from '../../chapters/observations/index.ts';
import { departure, type Lines, type Observation } from '../../chapters/observations/observation.ts';
import { type ChapterRecording, printRecording, recording } from '../../chapters/observations/recording.ts';
import { Scene } from '../../chapters/observations/scene.ts';
import { type Cell, cellsOf } from '../../chapters/tools/cells.ts';
import { connect, type ServedKafka, serve } from '../../lib/node/index.ts';
import { readChapters } from '../../notebooks/tools/chapters.ts';
import { shownOn } from '../chapters/recordedCells.ts';
import { fresh } from '../tools/fresh.ts';
import { cacheFolder, kafkaVersion } from './jars.mjs';
import { observedProperties } from './observations/book.ts';
import { textsIn } from './zip.ts';

/** So many at a time: most of them wait for the end of a session. */
const AT_A_TIME = 8;

const { bootstrap, version } = inject('apacheKafka');
/** Set by `npm run verify`, unless it is to check only. */
const isRecording = process.env.KAFKAITO_VERIFY === 'record';
const wanted = (process.env.KAFKAITO_CHAPTERS ?? '').split(' ').filter((name) => name !== '');
const names = Object.keys(chapters).filter((name) => wanted.length === 0 || wanted.includes(name));
const all = names.sort().flatMap((chapter) => chapters[chapter].observations.map((one) => ({ chapter, one })));

const cells = readChapters(names).flatMap(({ name, chapter }) => {
  const recorded = cellsOf(chapter).filter(({ mark }) => mark === 'recorded');
  return recorded.map((cell) => ({ chapter: name.split('-')[0], cell }));
});

const found = new Map<Observation, Promise<[theirs: Lines, ours: Lines]>>();
const seen = new Map<Observation, Lines>();
const shown = new Map<Cell, string>();
let served: ServedKafka;

beforeAll(async () => {
  served = await serve({ port: 0, config: observedProperties });
  const turns = Array.from({ length: AT_A_TIME }, () => Promise.resolve());
  for (const [index, { chapter, one }] of all.entries()) {
    const before = turns[index % AT_A_TIME];
    const looked = before.then(() => lookAtBoth(chapter, one));
    found.set(one, looked);
    // What has failed fails its test, and the next one has its turn.
    turns[index % AT_A_TIME] = looked.then(
      () => {},
      () => {},
    );
  }
});

afterAll(async () => {
  await served.close();
  if (!isRecording) return;
  // What only some of the observations say is no recording.
  const isWhole = all.every(({ one }) => seen.has(one)) && cells.every(({ cell }) => shown.has(cell));
  if (!isWhole) return console.log('Nothing is recorded, since something has failed');
  writeFileSync(new URL('../../chapters/observations/recorded.json', import.meta.url), newRecording());
});

function lookAtBoth(chapter: string, one: Observation): Promise<[theirs: Lines, ours: Lines]> {
  const name = fresh(`seen-${chapter}-${one.id}`);
  return Promise.all([look(one, bootstrap, name), look(one, served.bootstrap, name)]);
}

async function look(one: Observation, at: string, name: string): Promise<Lines> {
  const kafka = await connect(at);
  try {
    return await one.sees(new Scene(kafka, name));
  } finally {
    await kafka.close();
  }
}

function newRecording(): string {
  const verifiedOn = new Date().toISOString().slice(0, 10);
  const entries = names.map((name): [string, ChapterRecording] => {
    const { observations } = chapters[name];
    const lines = Object.fromEntries(observations.map((one) => [one.id, seen.get(one)!]));
    const own = cells.filter(({ chapter }) => chapter === name);
    const texts = Object.fromEntries(own.map(({ cell }) => [cell.id, shown.get(cell)!]));
    return [name, { kafkaVersion: version, verifiedOn, seen: lines, cells: texts }];
  });
  return printRecording({ ...recording, ...Object.fromEntries(entries) });
}

describe('what the chapters say, on Apache Kafka and on ours', () => {
  for (const { chapter, one } of all) {
    test(`${chapter}, ${one.id}: ${one.says}`, { timeout: 60_000 }, async ({ task }) => {
      const [theirs, ours] = await (task.result?.retryCount ? lookAtBoth(chapter, one) : found.get(one)!);
      expect(departure(one, theirs, ours)).toBeUndefined();
      if (isRecording) seen.set(one, theirs);
      else expect(theirs, 'otherwise than recorded: npm run verify').toEqual(recording[chapter]?.seen[one.id]);
    });
  }

  for (const { chapter, cell } of cells) {
    test(`${chapter}, the cell ${cell.id}, which needs Apache Kafka`, async () => {
      const text = await shownOn(bootstrap, cell);
      if (isRecording) shown.set(cell, text);
      else expect(text, 'otherwise than recorded: npm run verify').toBe(recording[chapter]?.cells[cell.id]);
    });
  }
});

test('the files that chapters rest on are in this release', () => {
  const links = names.flatMap((name) => chapters[name].sources.map(({ link }) => link));
  const files = links.flatMap((link) => /\/blob\/([^/]+)\/.*\/(?:java|resources)\/(.+)$/.exec(link)?.slice(2) ?? []);
  const inJars = files.map((file) => file.replace(/java$/, 'class'));
  const wanted = new RegExp(`^(${inJars.join('|').replaceAll('.', '\\.')})$`);
  expect(links.filter((link) => /\/blob\//.test(link) && !link.includes(`/blob/${kafkaVersion}/`))).toEqual([]);
  const found = ['kafka-clients', 'kafka-group-coordinator'].flatMap((name) => [
    ...textsIn(join(cacheFolder, 'libs', `${name}-${kafkaVersion}.jar`), wanted).keys(),
  ]);
  expect(new Set(found)).toEqual(new Set(inJars));
});
