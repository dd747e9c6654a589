/** Chapter W: bytes on a connection, sent by hand, and what comes back. */
import type { Kafka } from '../../lib/index.ts';
import { type ChapterObservations, kip, source } from './observation.ts';

interface Talk {
  /** The answers, each without its size. */
  readonly frames: readonly Uint8Array[];
  /** Whether the other side has ended the connection. */
  readonly isEnded: boolean;
}

/** `ApiVersions` in version 0, with the number 7 and without a name. */
const ASK = '00 00 00 0a 00 12 00 00 00 00 00 07 ff ff';

const bytesOf = (hex: string) => Uint8Array.from(hex.match(/[0-9a-f]{2}/g) ?? [], (pair) => Number.parseInt(pair, 16));

/** Sends the pieces one after the other over a connection of its own, and listens until `answers` have come or the connection ends. */
async function speak(kafka: Kafka, answers: number, ...pieces: readonly string[]): Promise<Talk> {
  const [, host, port] = /^(.+):(\d+)$/.exec(kafka.bootstrap.split(',')[0]) ?? [];
  let heard = new Uint8Array();
  let isEnded = false;
  await kafka.world.spawn('you', async (own) => {
    const stream = await own.world.doors.network.connect({ host, port: Number(port) });
    const reading = (async () => {
      for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read())
        heard = Uint8Array.from([...heard, ...chunk]);
      isEnded = true;
    })();
    for (const piece of pieces) {
      await stream.write([bytesOf(piece)]);
      await own.world.sleep('10 ms');
    }
    while (!isEnded && framesIn(heard).length < answers) await Promise.race([reading, own.world.sleep('20 ms')]);
    // One answer too many would come now.
    await own.world.sleep('100 ms');
    stream.abort('all is said');
  }).done;
  return { frames: framesIn(heard), isEnded };
}

function framesIn(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: Uint8Array[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + view.getInt32(at);
    if (end > bytes.length) break;
    frames.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return frames;
}

/** What an answer to ApiVersions begins with: the number of the question, and an error code. */
function beginning(frame: Uint8Array): string {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  return `number ${view.getInt32(0)}, error ${view.getInt16(4)}`;
}

const told = ({ frames, isEnded }: Talk) =>
  frames.length > 0 ? `answered: ${frames.map(beginning).join('; ')}` : isEnded ? 'connection ended' : 'silence';

export const observations: ChapterObservations = {
  sources: [
    kip(35, 'Retrieving protocol version', ' - '),
    kip(482, 'The Kafka Protocol should Support Optional Tagged Fields'),
    kip(896, 'Remove old client protocol API versions in Kafka 4.0'),
    source('clients/src/main/resources/common/message', 'RequestHeader.json'),
    source('clients/src/main/resources/common/message', 'ApiVersionsResponse.json'),
    source('clients/src/main/java/org/apache/kafka/common/network', 'NetworkReceive.java'),
  ],
  observations: [
    {
      id: 'too-new',
      says: '`ApiVersions` in a version that does not exist is answered in version 0 with error 35; anything else ends the connection.',
      cell: 'too-new',
      async sees({ kafka }) {
        const lines: string[] = [];
        for (const key of ['00 12', '00 03'])
          lines.push(told(await speak(kafka, 1, `00 00 00 0b ${key} 00 63 00 00 00 07 ff ff 00`)));
        return lines;
      },
    },
    {
      id: 'tags',
      says: 'A tagged field that nobody has heard of is skipped; two bytes too many in a version that has no tags end the connection.',
      cell: 'tags',
      async sees({ kafka }) {
        const tagged = '00 00 00 17 00 12 00 03 00 00 00 07 ff ff 00 04 41 64 61 02 31 01 2a 03 41 64 61';
        const wedged =
          '00 00 00 21 00 03 00 06 00 00 00 01 00 07 6b 61 66 6b 61 6a 73 00 2a 00 00 00 01 00 07 61 63 63 6f 75 6e 74 01';
        return [told(await speak(kafka, 1, tagged)), told(await speak(kafka, 1, wedged))];
      },
    },
    {
      id: 'chunks',
      says: 'A frame ends where its size says, in whatever pieces its bytes arrive.',
      cell: 'chunks',
      async sees({ kafka }) {
        const answers = async (count: number, ...pieces: string[]) =>
          (await speak(kafka, count, ...pieces)).frames.length;
        return [
          `whole: ${await answers(1, ASK)}`,
          `byte by byte: ${await answers(1, ...ASK.split(' '))}`,
          `three at once: ${await answers(3, `${ASK} ${ASK} ${ASK}`)}`,
          `two and a half: ${await answers(2, `${ASK} ${ASK} ${ASK.slice(0, 20)}`)}`,
        ];
      },
    },
    {
      id: 'browser',
      says: 'The letters of a browser are taken for a size that is beyond the limit, and the connection is ended.',
      cell: 'browser',
      // GET / HTTP/1.1, and an empty line.
      sees: async ({ kafka }) => [told(await speak(kafka, 1, '47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d 0a 0d 0a'))],
    },
  ],
};
