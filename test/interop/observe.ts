/** Small things that the tests of the clients share. */
import { Refusal, type WireRecord } from './driver.ts';

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

/** Records for one partition, a second of November 2023 apart. */
export function numbered(count: number, partition: number): (WireRecord & { partition: number })[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{ partition, key: base64(`key ${index}`), value: base64(`value ${index} of ${partition}`), headers: [] },
    timestamp: 1_700_000_000_000 + index * 1000,
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
