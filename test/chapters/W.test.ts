/** Chapter W: the starters fail, the solutions pass, each usual wrong answer is told what is wrong with it, and the text says what the cells show. */
import { bytesOf, check, explain, type Frames, int32At, joined, judge, judgeBytes, speak, world } from 'course/W';
import { expect, test, vi } from 'vitest';
import { askForRates, connection } from '../../chapters/solutions/W-the-wire.ts';
import { Heartbeat, OffsetCommit } from '../../lib/protocol/apis/index.ts';
import { encodeResponse } from '../../lib/protocol/frame.ts';
import { shown } from './outputs.ts';

test('the solutions pass', async () => {
  expect((await judgeBytes(askForRates)).text).toContain('came: rates');
  const verdict = judge(connection);
  expect(verdict.passed).toBe(true);
  expect(verdict.lines[1]).toBe('right for 1773 of 1773 ways of cutting');
});

const question = (size: string, length: string, name = '72 61 74 65 73') =>
  `00 00 00 ${size} 00 03 00 06 00 00 00 01 00 07 6b 61 66 6b 61 6a 73 00 00 00 01 00 ${length} ${name} 01`;

test.each([
  [
    'the starter: both sizes are those of account',
    question('1f', '07'),
    /byte 33, \[0\].name: 2 bytes missing[\s\S]*a broker waits for what was announced/,
  ],
  ['the size of the frame alone', question('1d', '07'), /ended the connection[\s\S]*How long is rates\?/],
  ['the length of the string alone', question('1f', '05'), /the broker waits[\s\S]*counted by its first four bytes/],
  ['a frame that is too short by one', question('1c', '05'), /no bytes left for it[\s\S]*from the caret on/],
  [
    'the topic account still',
    question('1f', '07', '61 63 63 6f 75 6e 74'),
    /tells of account[\s\S]*about another topic/,
  ],
  ['another question', '00 00 00 0a 00 12 00 00 00 00 00 07 ff ff', /question about something else/],
])('the warm-up, not yet: %s', async (_, bytes, says) => {
  const verdict = await judgeBytes(bytes);
  expect(verdict.passed).toBe(false);
  expect(verdict.text).toMatch(says);
});

test('half a pair of digits is refused in words', async () => {
  await expect(judgeBytes('00 0')).rejects.toThrow('pairs of the digits 0-9 and a-f');
});

/** A solution with one thing changed. */
function cutter({
  own = 4,
  many = true,
  keeps = true,
  least = 0,
  most = 1_000_000,
  skip = 4,
  littleEndian = false,
} = {}): () => Frames {
  return () => {
    let rest: Uint8Array = new Uint8Array(0);
    return (chunk) => {
      const frames: Uint8Array[] = [];
      rest = keeps ? joined(rest, chunk) : chunk;
      while (rest.length >= 4 && (many || frames.length === 0)) {
        const size = new DataView(rest.buffer, rest.byteOffset).getInt32(0, littleEndian);
        if (size < least || size > most) throw new Error(`a frame of ${size} bytes`);
        if (rest.length < own + size) break;
        frames.push(rest.subarray(skip, own + size));
        rest = rest.subarray(Math.max(1, own + size));
      }
      return frames;
    };
  };
}

let shared: Uint8Array = new Uint8Array(0);

test.each<[name: string, answer: () => Frames, says: RegExp]>([
  ['the starter: a chunk is a frame', () => (chunk) => [chunk.subarray(4)], /A chunk is taken for a frame/],
  ['the first of the joined ones', () => (chunk) => [chunk.subarray(4, 4 + int32At(chunk, 0))], /first frame is taken/],
  ['forgets the rest', cutter({ keeps: false }), /half a frame is forgotten/],
  ['one for each chunk', cutter({ many: false }), /A chunk can complete several/],
  ['the size counts itself', cutter({ own: 0 }), /as if it counted itself/],
  [
    'the size counts itself, for ever',
    () => (chunk) => {
      const frames: Uint8Array[] = [];
      let rest = chunk;
      while (rest.length >= 4 && int32At(rest, 0) <= rest.length) {
        frames.push(rest.subarray(4, int32At(rest, 0)));
        rest = rest.subarray(int32At(rest, 0));
      }
      return frames;
    },
    /the loop does not end[\s\S]*even a frame of 0 takes four/,
  ],
  ['the size is left in front', cutter({ skip: 0 }), /still in front of a frame/],
  ['the lowest byte first', cutter({ littleEndian: true }), /an error: a frame of 167772160 bytes[\s\S]*only cut/],
  [
    'reads the size too soon',
    () => {
      const { answer } = { answer: cutter()() };
      return (chunk) => (int32At(chunk, 0) >= 0 ? answer(chunk) : answer(chunk));
    },
    /before its four bytes were there/,
  ],
  [
    'remembers outside',
    () => (chunk) => {
      shared = joined(shared, chunk);
      const frames: Uint8Array[] = [];
      for (
        ;
        shared.length >= 4 && shared.length >= 4 + int32At(shared, 0);
        shared = shared.subarray(4 + int32At(shared, 0))
      )
        frames.push(shared.slice(4, 4 + int32At(shared, 0)));
      return frames;
    },
    /bytes of one got into the frames of the other/,
  ],
  [
    'remembers outside, and refuses what comes of it',
    () => (chunk) => {
      shared = joined(shared, chunk);
      const frames: Uint8Array[] = [];
      while (shared.length >= 4 && shared.length >= 4 + int32At(shared, 0)) {
        frames.push(shared.slice(4, 4 + int32At(shared, 0)));
        shared = shared.subarray(4 + int32At(shared, 0));
        if (shared.length >= 4 && int32At(shared, 0) > 1000) throw new Error('too large');
      }
      return frames;
    },
    /bytes of one got into the frames of the other/,
  ],
  ['takes a negative size', cutter({ least: -1e9 }), /A size of -1 came/],
  ['waits for 2 GB', cutter({ most: Infinity }), /A frame of 2147483647 bytes was announced, and you wait/],
  [
    'allocates 2 GB',
    () => {
      const frames = cutter({ most: Infinity })();
      return (chunk) => {
        if (chunk.length === 4 && int32At(chunk, 0) === 0x7fffffff) new Uint8Array(int32At(chunk, 0));
        return frames(chunk);
      };
    },
    /you took memory for 2147483647 more/,
  ],
])('not yet: %s', (_, answer, says) => {
  shared = new Uint8Array(0);
  const verdict = judge(answer);
  expect(verdict.passed).toBe(false);
  expect(verdict.text).toMatch(says);
});

test('memory for bytes is as it was when the check is over', () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const before = [Uint8Array, ArrayBuffer];
  check(connection);
  log.mockRestore();
  expect([Uint8Array, ArrayBuffer]).toEqual(before);
});

test('the 60 bytes are what a broker says', () => {
  const alive = (number: number) => encodeResponse(Heartbeat, 3, number, { errorCode: 0 });
  const committed = encodeResponse(OffsetCommit, 5, 8, {
    topics: [{ name: 'bank', partitions: [{ partitionIndex: 0, errorCode: 0 }] }],
  });
  const sizes: number[] = [];
  const stream = [...alive(7), ...committed, ...alive(9)].flatMap((bytes) => [...bytes]);
  const frames = connection()(Uint8Array.from(stream));
  for (const frame of frames) sizes.push(frame.length + 4);
  expect([stream.length, ...sizes]).toEqual([60, 14, 32, 14]);
  const seen: number[] = [];
  judge(() => (chunk) => {
    if (chunk.length === 60) seen.push(...chunk);
    return [];
  });
  expect(seen).toEqual(stream);
});

test('two bytes of nothing in the middle of a question are not noticed, and another question is answered', async () => {
  const wedged =
    '00 00 00 21 00 03 00 06 00 00 00 01 00 07 6b 61 66 6b 61 6a 73 00 00 00 00 00 01 00 07 61 63 63 6f 75 6e 74 01';
  expect(bytesOf(wedged)).toHaveLength(37);
  const { answers } = await speak(await world(), wedged);
  expect(answers).toHaveLength(1);
  expect(explain(wedged).text).toMatch(/topics +0 entries/);
  expect(explain(answers[0]).text).toMatch(/topics +0 entries/);
});

test.each([
  ['meeting', /ApiVersions 2: 21 bytes[\s\S]*Metadata 6: 35 bytes[\s\S]*Produce 7: 129 bytes/],
  ['first', /00 12 +apiKey +18 ApiVersions[\s\S]*clientId +"kafkajs"/],
  [
    'memory',
    /Metadata response[\s\S]*correlationId +1[\s\S]*Produce response[\s\S]*responses +0 entries[\s\S]*throttleTimeMs +1\n[\s\S]*98 bytes, which nobody reads/,
  ],
  [
    'versions',
    /0 to 12\n +kafkajs: 6\n +ours: +12\n[\s\S]*0 to 4\n +kafkajs: 4\n +ours: +4\n[\s\S]*7 to 12\n +kafkajs: 6\n[\s\S]*13 to 14\n +kafkajs: 6\n +ours: +the broker/,
  ],
  [
    'too-new',
    /ApiVersions response, version 0[\s\S]*35 UNSUPPORTED_VERSION[\s\S]*maxVersion +4[\s\S]*connection ended/,
  ],
  ['tags', /tag 42 +3 bytes, passed over[\s\S]*answers: 1[\s\S]*\^\^ topics: 2752512 entries[\s\S]*answers: 0/],
  ['chunks', /whole +1\nbyte by byte +1\nthree at once +3\ntwo and a half +2/],
  ['browser', /size +1195725856[\s\S]*connection ended: a frame of 1195725856/],
  ['warm-up', /2 bytes missing/],
  ['exercise', /right for 2 of 1773/],
])('the text relies on what %s shows', (cell, says) => {
  expect(shown('W', cell)).toMatch(says);
});
