import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MalformedBytes, Reader } from '../../lib/bytes/reader.ts';
import { concat, Writer } from '../../lib/bytes/writer.ts';

function written(write: (writer: Writer) => void, capacity?: number): Uint8Array {
  const writer = new Writer(capacity);
  write(writer);
  return concat(writer.finish());
}

const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
const safeInteger = fc.maxSafeInteger();

describe('golden bytes', () => {
  test.each([
    ['int8 -2', (w: Writer) => w.int8(-2), 'fe'],
    ['int16 -2', (w: Writer) => w.int16(-2), 'ff fe'],
    ['uint16 65535', (w: Writer) => w.uint16(65535), 'ff ff'],
    ['int32 1', (w: Writer) => w.int32(1), '00 00 00 01'],
    ['uint32 4294967295', (w: Writer) => w.uint32(4294967295), 'ff ff ff ff'],
    ['int64 -1', (w: Writer) => w.int64(-1), 'ff ff ff ff ff ff ff ff'],
    ['int64 2^53 - 1', (w: Writer) => w.int64(2 ** 53 - 1), '00 1f ff ff ff ff ff ff'],
    ['int64 -2^32', (w: Writer) => w.int64(-(2 ** 32)), 'ff ff ff ff 00 00 00 00'],
    ['float64 1.5', (w: Writer) => w.float64(1.5), '3f f8 00 00 00 00 00 00'],
    ['true', (w: Writer) => w.boolean(true), '01'],
    ['unsigned varint 300', (w: Writer) => w.unsignedVarint(300), 'ac 02'],
    ['unsigned varint 2^32 - 1', (w: Writer) => w.unsignedVarint(2 ** 32 - 1), 'ff ff ff ff 0f'],
    ['varint -1', (w: Writer) => w.varint(-1), '01'],
    ['varint 1', (w: Writer) => w.varint(1), '02'],
    ['varint -64', (w: Writer) => w.varint(-64), '7f'],
    ['varint 64', (w: Writer) => w.varint(64), '80 01'],
    ['varint -2^31', (w: Writer) => w.varint(-(2 ** 31)), 'ff ff ff ff 0f'],
    ['varlong -1', (w: Writer) => w.varlong(-1), '01'],
    ['varlong 2^31', (w: Writer) => w.varlong(2 ** 31), '80 80 80 80 10'],
    ['varlong 2^53 - 1', (w: Writer) => w.varlong(2 ** 53 - 1), 'fe ff ff ff ff ff ff 1f'],
    ['varlong -(2^53 - 1)', (w: Writer) => w.varlong(1 - 2 ** 53), 'fd ff ff ff ff ff ff 1f'],
  ])('%s', (_, write, expected) => {
    expect(hex(written(write))).toBe(expected);
  });
});

describe('what is written is read', () => {
  test('for whole numbers of every kind', () => {
    fc.assert(
      fc.property(fc.array(safeInteger), fc.array(fc.integer()), fc.nat(40), (longs, ints, capacity) => {
        const bytes = written((writer) => {
          for (const value of longs) {
            writer.int64(value);
            writer.varlong(value);
          }
          for (const value of ints) {
            writer.int32(value);
            writer.varint(value);
            writer.unsignedVarint(value >>> 0);
            writer.uint32(value >>> 0);
          }
        }, capacity);
        const reader = new Reader(bytes);
        for (const value of longs) expect([reader.int64(), reader.varlong()]).toEqual([value, value]);
        for (const value of ints) {
          const unsigned = value >>> 0;
          const read = [reader.int32(), reader.varint(), reader.unsignedVarint(), reader.uint32()];
          expect(read).toEqual([value, value, unsigned, unsigned]);
        }
        expect(reader.remaining).toBe(0);
      }),
    );
  });

  test('for text, also when it is long or not ASCII', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), (text) => {
        const bytes = Writer.utf8(text);
        expect(new Reader(bytes).string(bytes.length)).toBe(text);
      }),
    );
  });

  test('for bytes by copy and by reference in turns, in their order', () => {
    const piece = fc.record({ bytes: fc.uint8Array({ maxLength: 20 }), byReference: fc.boolean() });
    fc.assert(
      fc.property(fc.array(piece), fc.nat(10), (pieces, capacity) => {
        const writer = new Writer(capacity);
        for (const { bytes, byReference } of pieces) byReference ? writer.reference(bytes) : writer.bytes(bytes);
        const expected = pieces.flatMap(({ bytes }) => [...bytes]);
        expect(writer.length).toBe(expected.length);
        expect([...concat(writer.finish())]).toEqual(expected);
      }),
    );
  });
});

describe('writers at work together', () => {
  const step = fc.record({ writer: fc.nat(3), length: fc.nat(700), ends: fc.boolean() });

  test('keep their bytes apart, whoever ends first, and nothing that is finished changes afterwards', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(1100), (steps, capacity) => {
        const open = new Map<number, { writer: Writer; expected: number[] }>();
        const finished: { chunks: Uint8Array[]; expected: number[] }[] = [];
        for (const [number, { writer: name, length, ends }] of steps.entries()) {
          const { writer, expected } = open.get(name) ?? { writer: new Writer(capacity), expected: [] };
          open.set(name, { writer, expected });
          const bytes = new Uint8Array(length).fill(number + 1);
          writer.bytes(bytes);
          expected.push(...bytes);
          if (!ends) continue;
          finished.push({ chunks: writer.finish(), expected });
          open.delete(name);
        }
        for (const { chunks, expected } of finished) expect([...concat(chunks)]).toEqual(expected);
      }),
    );
  });
});

describe('64-bit integers outside 53 bits', () => {
  test.each([2 ** 53, -(2 ** 53), 1.5, Number.NaN])('%s is not written', (value) => {
    expect(() => written((writer) => writer.int64(value))).toThrow(RangeError);
    expect(() => written((writer) => writer.varlong(value))).toThrow(RangeError);
  });

  test.each([
    ['2^53', [0x00, 0x20, 0, 0, 0, 0, 0, 0]],
    ['-2^53', [0xff, 0xe0, 0, 0, 0, 0, 0, 0]],
    ['2^63 - 1', [0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ])('%s is not read', (_, bytes) => {
    expect(() => new Reader(Uint8Array.from(bytes)).int64()).toThrow(MalformedBytes);
  });

  test('a varlong of ten bytes beyond them is not read, and one of eleven bytes neither', () => {
    expect(() => new Reader(new Uint8Array(10).fill(0xff, 0, 9).fill(1, 9)).varlong()).toThrow('53');
    expect(() => new Reader(new Uint8Array(11).fill(0xff, 0, 10)).varlong()).toThrow('longer than 64 bits');
  });
});

describe('bytes that cannot be trusted', () => {
  test('no read goes past the end', () => {
    for (const read of ['int8', 'int16', 'int32', 'int64', 'float64', 'unsignedVarint', 'varlong'] as const) {
      expect(() => new Reader(new Uint8Array(0))[read]()).toThrow(MalformedBytes);
    }
    expect(() => new Reader(new Uint8Array(3)).bytes(4)).toThrow('4 bytes are announced at byte 0, and 3 are left');
    expect(() => new Reader(new Uint8Array(3)).bytes(-1)).toThrow(MalformedBytes);
  });

  test('an array is not longer than the bytes that are left', () => {
    expect(new Reader(new Uint8Array(3)).arrayLength(3)).toBe(3);
    expect(() => new Reader(new Uint8Array(3)).arrayLength(2_000_000_000)).toThrow(MalformedBytes);
  });

  test('a varint has at most 32 bits', () => {
    expect(() => new Reader(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x1f)).unsignedVarint()).toThrow(MalformedBytes);
    expect(() => new Reader(new Uint8Array(6).fill(0x80)).unsignedVarint()).toThrow(MalformedBytes);
  });

  test('what is no UTF-8 in a text is replaced, in short texts and in long ones', () => {
    expect(new Reader(Uint8Array.of(0x63, 0x61, 0x66, 0xe9)).string(4)).toBe('caf\ufffd');
    expect(new Reader(new Uint8Array(50).fill(0x61).fill(0xe9, 49)).string(50)).toBe(`${'a'.repeat(49)}\ufffd`);
  });

  test('a text that would be too long to be written again with all its replacements is refused', () => {
    const wrong = (length: number) => new Reader(new Uint8Array(length).fill(0xff)).string(length);
    expect(wrong(10_922)).toBe('\ufffd'.repeat(10_922));
    expect(() => wrong(10_923)).toThrow(MalformedBytes);
    const right = (length: number) => new Reader(new Uint8Array(length).fill(0x61)).string(length);
    expect(right(32_767)).toHaveLength(32_767);
    expect(right(1 << 20)).toHaveLength(1 << 20);
  });
});
