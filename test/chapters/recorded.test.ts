/** The cells that need Apache Kafka: what they print where there is one, and where there is none. */
import { expect, test } from 'vitest';
import { cellsOf } from '../../chapters/tools/cells.ts';
import { onApacheKafka } from '../../chapters/tools/recorded/index.ts';
import { serve } from '../../lib/node/index.ts';
import { readChapters } from '../../notebooks/tools/chapters.ts';
import { observedProperties } from '../kafka/observations/book.ts';
import { printed, shownOn } from './recordedCells.ts';

const [{ chapter }] = readChapters(['08']);
const [cell] = cellsOf(chapter).filter(({ mark }) => mark === 'recorded');
const nobody = '127.0.0.1:1';

test('without a Kafka the recording is printed, with its version and its day', async () => {
  expect(await printed('', cell)).toMatch(/^Recorded on Apache Kafka 4\.3\.1 on \d+ [A-Z][a-z]+ \d{4}\.\nledger → /);
});

test('a Kafka that does not answer is named, and the recording is printed', async () => {
  expect(await printed(nobody, cell)).toBe(`Nobody answers at ${nobody}.\n${await printed('', cell)}`);
});

test('with a Kafka it is asked: ours writes what Apache Kafka writes, but for the founding of the group', async () => {
  const served = await serve({ port: 0, config: observedProperties });
  const [, founding, ...rest] = (await printed('', cell)).split('\n');
  expect((await shownOn(served.bootstrap, cell)).split('\n')).toEqual(rest);
  expect(founding).toBe('ledger → generation 0, 0 members');
  await served.close();
});

test('a cell that was never recorded says what to do', async () => {
  await expect(onApacheKafka('98/apache', async () => '')).rejects.toThrow('npm run verify -- 98');
});
