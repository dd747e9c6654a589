/** Whatever a client asks, in whatever version: there is an answer to it that says an error, and the client can read it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorAnswers } from '../../lib/broker/controls/errorAnswers.ts';
import type { ApiName } from '../../lib/broker/controls/requests.ts';
import { Reader } from '../../lib/bytes/reader.ts';
import { concat } from '../../lib/bytes/writer.ts';
import { type AnyApi, apis } from '../../lib/protocol/apis/index.ts';
import { Errors } from '../../lib/protocol/errors.ts';
import { decodeResponse, encodeResponse } from '../../lib/protocol/frame.ts';
import { type Fields, type Input, shapeOf } from '../../lib/protocol/schema.ts';
import { messageOf } from '../protocol/arbitrary.ts';

const { code } = Errors.NOT_LEADER_OR_FOLLOWER;
type Answer = (request: unknown, errorCode: number, handle: () => Promise<unknown>) => unknown;

const versions = [...apis.values()].flatMap((api) => {
  const [min, max] = api.versions;
  return Array.from({ length: max - min + 1 }, (_, at) => ({ name: api.name, version: min + at, api }));
});

/** The answer as a client reads it. */
async function answered(api: AnyApi, version: number, request: unknown, real: unknown): Promise<unknown> {
  const answer = errorAnswers[api.name as ApiName] as Answer;
  const response = (await answer(request, code, async () => real)) as Input<Fields>;
  const reader = new Reader(concat(encodeResponse(api, version, 1, response)).subarray(8));
  const decoded = decodeResponse(api, version, reader);
  expect(reader.remaining).toBe(0);
  return decoded;
}

/** Every error code in a message. */
function codesIn(message: unknown): unknown[] {
  if (typeof message !== 'object' || message === null || message instanceof Uint8Array) return [];
  return Object.entries(message).flatMap(([name, value]) => (name === 'errorCode' ? [value] : codesIn(value)));
}

/** Whether no list in a request is empty, so that there is something to answer an error for. */
function namesSomething(message: unknown): boolean {
  if (typeof message !== 'object' || message === null || message instanceof Uint8Array) return true;
  if (Array.isArray(message)) return message.length > 0 && message.every(namesSomething);
  return Object.values(message).every((value) => !Array.isArray(value) || namesSomething(value));
}

describe('an answer that is an error', () => {
  test.each(versions)('$name, version $version', async ({ api, version }) => {
    const shape = shapeOf(api, version);
    await fc.assert(
      fc.asyncProperty(messageOf(api.request, shape), messageOf(api.response, shape), async (request, real) => {
        const codes = codesIn(await answered(api, version, request, real));
        const foreign = codes.filter((found) => found !== code && found !== 0);
        expect(foreign).toEqual([]);
        const subject = api.name === 'Metadata' ? real : request;
        if (namesSomething(subject)) expect(codes).toContain(code);
      }),
      { numRuns: 30 },
    );
  });
});
