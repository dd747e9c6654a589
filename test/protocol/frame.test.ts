import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MalformedBytes, Reader } from '../../lib/bytes/reader.ts';
import { concat } from '../../lib/bytes/writer.ts';
import { ApiVersions, Heartbeat } from '../../lib/protocol/apis/index.ts';
import {
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  FrameSplitter,
} from '../../lib/protocol/frame.ts';
import { settledMemory } from '../tools/settledMemory.ts';

const hex = (chunks: readonly Uint8Array[]) => Buffer.from(concat(chunks)).toString('hex');

describe('a request on the wire', () => {
  const body = { groupId: 'g', generationId: 1, memberId: 'm' };

  test('in an old version: lengths of two bytes, no tagged fields', () => {
    const frame = encodeRequest(Heartbeat, { apiVersion: 0, correlationId: 5, clientId: 'c' }, body);
    expect(hex(frame)).toBe(
      '00000015' + '000c' + '0000' + '00000005' + '0001' + '63' + '0001' + '67' + '00000001' + '0001' + '6d',
    );
  });

  test('in a flexible version: the client id keeps its two-byte length, the rest is compact', () => {
    const frame = encodeRequest(Heartbeat, { apiVersion: 4, correlationId: 5, clientId: null }, body);
    expect(hex(frame)).toBe(
      '00000015' + '000c' + '0004' + '00000005' + 'ffff' + '00' + '0267' + '00000001' + '026d' + '00' + '00',
    );
  });

  test('its header can be read before anything is known about the API', () => {
    const [, content] = encodeRequest(Heartbeat, { apiVersion: 4, correlationId: -7, clientId: 'ß' }, body);
    const header = decodeRequestHeader(new Reader(content), () => 4);
    expect(header).toEqual({ apiKey: 12, apiVersion: 4, correlationId: -7, clientId: 'ß' });
  });
});

test('a response to ApiVersions has the oldest header in every version', () => {
  for (const version of [0, 3, 4]) {
    const frame = concat(encodeResponse(ApiVersions, version, 9, { errorCode: 35, apiKeys: [] }));
    expect(frame[8]).toBe(0);
    expect(frame[9]).toBe(35);
    const reader = new Reader(frame.subarray(8));
    expect(decodeResponse(ApiVersions, version, reader)).toMatchObject({ errorCode: 35, apiKeys: [] });
  }
});

describe('frames on a connection', () => {
  const frames = [[1], [], [2, 3, 4], [5, 6]].map((content) => Uint8Array.from(content));
  const stream = Buffer.concat(frames.map((frame) => Buffer.from([0, 0, 0, frame.length, ...frame])));

  test('are found whatever the chunks in which the bytes arrive', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: stream.length })), (cuts) => {
        const splitter = new FrameSplitter(100);
        const found: number[][] = [];
        let from = 0;
        for (const to of [...cuts.sort((a, b) => a - b), stream.length]) {
          for (const frame of splitter.push(stream.subarray(from, to))) found.push([...frame]);
          from = to;
        }
        expect(found).toEqual(frames.map((frame) => [...frame]));
      }),
    );
  });

  test('a large frame that comes a byte at a time is found, and takes little more memory than its bytes', async () => {
    const splitter = new FrameSplitter(1_000_000);
    const size = 300_000;
    splitter.push(Uint8Array.of(0, size >> 16, (size >> 8) & 255, size & 255));
    const before = await settledMemory();
    for (let at = 0; at < size - 1; at++) splitter.push(Uint8Array.of(at));
    expect((await settledMemory()) - before).toBeLessThan(10_000_000);
    const [frame] = splitter.push(Uint8Array.of(7));
    expect([frame.length, frame[0], frame[299], frame[size - 1]]).toEqual([size, 0, 299 & 255, 7]);
  });

  test('a frame that announces too much, or a negative length, is refused as soon as its length is there', () => {
    expect(() => new FrameSplitter(1000).push(Buffer.from('7fffffff', 'hex'))).toThrow(MalformedBytes);
    expect(() => new FrameSplitter(1000).push(Buffer.from('ffffffff', 'hex'))).toThrow(/-1 bytes/);
  });
});
