/**
 * The outer half of the drivers written in JavaScript: a request is one line of JSON on standard input, its answer one line
 * on standard output. `driver.ts` has the operations and what they answer; the drivers in other languages do the same.
 */
import { createInterface } from 'node:readline';

/**
 * Answers one request after the other until standard input ends.
 * @param {Record<string, (request: any) => unknown>} operations
 * @param {(error: any) => number | null} codeOf the broker's error code, or null when the client refused by itself
 */
export async function answer(operations, codeOf) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, op, ...request } = JSON.parse(line);
    console.log(JSON.stringify({ id, ...(await outcome(operations[op], request)) }));
  }
  // Connections of a client that could not be closed must not keep the process.
  process.exit(0);

  /** @param {((request: any) => unknown) | undefined} operation @param {any} request */
  async function outcome(operation, request) {
    if (!operation) return { missing: true };
    try {
      return { result: (await operation(request)) ?? null };
    } catch (error) {
      return { error: { code: codeOf(error), message: String(error instanceof Error ? error.message : error) } };
    }
  }
}

/** @param {string | null} text in base64 */
export function bytes(text) {
  return text === null ? null : Buffer.from(text, 'base64');
}

/** @param {Uint8Array | null | undefined} value */
export function base64(value) {
  return value === null || value === undefined ? null : Buffer.from(value).toString('base64');
}

/**
 * Waits until a list is long enough.
 * @param {unknown[]} list
 * @param {number} count
 * @param {() => unknown} failure what keeps more from coming, once something does
 */
export async function until(list, count, failure) {
  for (const limit = Date.now() + 20_000; list.length < count; ) {
    if (failure()) throw failure();
    if (Date.now() > limit) throw new Error(`${list.length} of ${count} records came within 20 s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
