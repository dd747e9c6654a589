/**
 * Runs the program of a cell on the Kafka that the environment variable KAFKA_BOOTSTRAP names, as `localhost:9092`. Where there is none it prints what the program
 * showed on Apache Kafka when that was recorded, with version and day, and says so.
 */
import { ConnectionLost, type Kafka } from '../../../lib/index.ts';
import { connect } from '../../../lib/node/index.ts';
import { inWords, recording } from '../../observations/recording.ts';
import { events } from '../card.ts';

/** Names that nobody else has on that Kafka. In what is shown they are `account` and `ledger`. */
export interface Place {
  /** A topic with Ada's three events, which is deleted in the end. */
  readonly topic: string;
  readonly groupId: string;
}

/**
 * @param cell chapter and id of the cell, as `08/apache`: under that name it was recorded
 * @param program answers with what is shown
 * @throws Error when the cell has never been recorded, and what the program throws on a Kafka that is there
 */
export async function onApacheKafka(
  cell: string,
  program: (kafka: Kafka, place: Place) => Promise<string>,
): Promise<void> {
  const bootstrap = process.env.KAFKA_BOOTSTRAP ?? '';
  const kafka = await reached(bootstrap);
  if (kafka === undefined) {
    if (bootstrap !== '') console.log(`Nobody answers at ${bootstrap}.`);
    console.log(recorded(cell));
    return;
  }
  const mark = `-${Math.random().toString(36).slice(2, 10)}`;
  try {
    const shown = await inPlace(kafka, { topic: `account${mark}`, groupId: `ledger${mark}` }, program);
    console.log(`Seen on the Kafka at ${bootstrap}.\n${shown.replaceAll(mark, '')}`);
  } finally {
    await kafka.close();
  }
}

async function reached(bootstrap: string): Promise<Kafka | undefined> {
  if (bootstrap === '') return undefined;
  return connect(bootstrap).catch((error) => {
    if (error instanceof ConnectionLost) return undefined;
    throw error;
  });
}

function recorded(cell: string): string {
  const [chapter, id] = cell.split('/');
  const { kafkaVersion, verifiedOn, cells } = recording[chapter] ?? {};
  const shown = cells?.[id];
  if (shown === undefined) throw new Error(`${cell} has not been recorded: run  npm run verify -- ${chapter}`);
  return `Recorded on Apache Kafka ${kafkaVersion} on ${inWords(String(verifiedOn))}.\n${shown}`;
}

async function inPlace(
  kafka: Kafka,
  place: Place,
  program: (kafka: Kafka, place: Place) => Promise<string>,
): Promise<string> {
  await kafka.admin().createTopics({ [place.topic]: 1 });
  try {
    const producer = kafka.producer();
    for (const value of events) await producer.send({ topic: place.topic, key: 'Ada', value });
    return await program(kafka, place);
  } finally {
    await kafka.admin().deleteTopics([place.topic]);
  }
}
