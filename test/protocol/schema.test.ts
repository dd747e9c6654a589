import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MalformedBytes, Reader } from '../../lib/bytes/reader.ts';
import { concat, Writer } from '../../lib/bytes/writer.ts';
import { type AnyApi, apis } from '../../lib/protocol/apis/index.ts';
import { array, int16, int32, type Shape, shapeOf, string, struct } from '../../lib/protocol/schema.ts';
import { messageOf } from './arbitrary.ts';

const topic = struct({
  name: string.nullable(2),
  partitions: array(int32).since(1),
  epoch: int32.since(1).default(-1),
  reason: string.since(2).tagged(0).default('none'),
});

function bytesOf(value: Parameters<typeof topic.write>[1], shape: Shape): string {
  const writer = new Writer();
  topic.write(writer, value, shape);
  return Buffer.from(concat(writer.finish())).toString('hex');
}

describe('a schema with version ranges', () => {
  test('writes only the fields that a version has', () => {
    const value = { name: 'ab', partitions: [7], epoch: 3, reason: 'x' };
    expect(bytesOf(value, { version: 0, flexible: false })).toBe('0002' + '6162');
    expect(bytesOf(value, { version: 1, flexible: false })).toBe(
      '0002' + '6162' + '00000001' + '00000007' + '00000003',
    );
    expect(bytesOf(value, { version: 2, flexible: true })).toBe(
      '03' + '6162' + '02' + '00000007' + '00000003' + '01' + '00' + '02' + '02' + '78',
    );
  });

  test('leaves a tagged field out when it has its default', () => {
    expect(bytesOf({ name: null, partitions: [] }, { version: 2, flexible: true })).toBe(
      '00' + '01' + 'ffffffff' + '00',
    );
  });

  test('refuses null where the version does not allow it, in both directions', () => {
    expect(() => bytesOf({ name: null }, { version: 1, flexible: false })).toThrow(TypeError);
    const reader = new Reader(Buffer.from('ffff', 'hex'));
    expect(() => topic.read(reader, { version: 0, flexible: false })).toThrow(MalformedBytes);
  });

  test('reads no string that could not be written again, be it nullable or not', () => {
    const reading = (field: { read(reader: Reader, shape: Shape): string | null }, length: number) => {
      const writer = new Writer();
      writer.unsignedVarint(length + 1);
      writer.bytes(new Uint8Array(length).fill(0x61));
      return () => field.read(new Reader(concat(writer.finish())), { version: 2, flexible: true });
    };
    for (const field of [string, string.nullable()]) {
      expect(reading(field, 32_767)()).toHaveLength(32_767);
      expect(reading(field, 32_768)).toThrow(MalformedBytes);
    }
  });

  test('skips tagged fields that it does not know', () => {
    const reader = new Reader(Buffer.from(`00${'01'}${'ffffffff'}${'01'}${'09'}${'02'}${'abcd'}`, 'hex'));
    expect(topic.read(reader, { version: 2, flexible: true })).toEqual({
      name: null,
      partitions: [],
      epoch: -1,
      reason: 'none',
    });
    expect(reader.remaining).toBe(0);
  });

  test('allocates nothing for an array that cannot be there', () => {
    const reader = new Reader(Buffer.from('7fffffff00', 'hex'));
    expect(() => array(int16).read(reader, { version: 0, flexible: false })).toThrow(/2147483647 entries/);
  });
});

function roundTrip(field: AnyApi['request'], value: unknown, shape: Shape): unknown {
  const writer = new Writer(8);
  field.write(writer, value as never, shape);
  const reader = new Reader(concat(writer.finish()));
  const back = field.read(reader, shape);
  expect(reader.remaining).toBe(0);
  return back;
}

describe.each([...apis.values()].map((api) => [api.name, api] as const))('%s', (_, api) => {
  for (let version = api.versions[0]; version <= api.versions[1]; version++) {
    test(`version ${version}: what is written is read`, () => {
      const shape = shapeOf(api, version);
      for (const field of [api.request, api.response]) {
        fc.assert(
          fc.property(messageOf(field as never, shape), (value) => {
            expect(roundTrip(field, value, shape)).toEqual(value);
          }),
          { numRuns: 25 },
        );
      }
    });
  }
});
