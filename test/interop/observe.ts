/** Small things that the tests of the clients share. */
import { type Driver, Refusal, type WireRecord } from './driver.ts';

const UNKNOWN_TOPIC_OR_PARTITION = 3;

/** The error code with which something is refused. Fails when it is not. */
export async function codeOf(refused: Promise<unknown>): Promise<number | null> {
  try {
    const answer = await refused;
    throw new Error(`it was not refused, but answered ${JSON.stringify(answer)}`);
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

/** For `toSatisfy`. */
export function anyOf<Value>(...values: readonly Value[]): (value: Value) => boolean {
  return (value) => values.includes(value);
}

export const base64 = (text: string) => Buffer.from(text).toString('base64');

/** When the first of some records was made: an hour ago. A broker removes what is older than a week. */
export const begin = Date.now() - 3_600_000;

/** Records for one partition, a second apart. */
export function numbered(count: number, partition: number): (WireRecord & { partition: number })[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{ partition, key: base64(`key ${index}`), value: base64(`value ${index} of ${partition}`), headers: [] },
    timestamp: begin + index * 1000,
  }));
}

/** Asks until the answer is the wanted one; when it never is, answers the last one for the test to complain of. */
export async function eventually<Value>(
  ask: () => Promise<Value>,
  isWanted: (value: Value) => boolean,
): Promise<Value> {
  const limit = performance.now() + 30_000;
  let answer = await ask();
  while (!isWanted(answer) && performance.now() < limit) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    answer = await ask();
  }
  return answer;
}

/**
 * Makes a topic, and waits until its partitions answer. Apache Kafka acknowledges a topic a moment before its broker leads it: in
 * that moment a record that asks for no acknowledgement is lost, and kafkajs writes some twice.
 */
export async function createTopic(driver: Driver, topic: string, partitions: number): Promise<void> {
  await driver.do('createTopic', { topic, partitions, configs: {} }).catch((error) => {
    // In that moment kafkajs asks for the leaders of what it has made, and takes the answer for a refusal.
    if (!(error instanceof Refusal) || error.code !== UNKNOWN_TOPIC_OR_PARTITION) throw error;
  });
  for (let partition = 0; partition < partitions; partition++) {
    const latest = () => driver.do('listOffset', { topic, partition, at: 'latest' }).catch(() => -1);
    await eventually(latest, (offset) => offset === 0);
  }
}
