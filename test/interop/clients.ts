/**
 * The five stock clients: how each is started, and where they differ by themselves, whatever the broker. A test asks for the
 * operations that a client lacks as well, so that nothing is left out unseen.
 */
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';
import type { Codec, Operation } from './driver.ts';
import {
  type Installable,
  installConfluentKafka,
  installFranzGo,
  installJava,
  installPlatformatic,
  whyNotHere,
} from './install.mjs';

export interface Client {
  readonly name: string;
  readonly codecs: readonly Codec[];
  readonly lacks: readonly Operation[];
  /** Whether it knows headers as a list, in which a name may stand twice, and a value may be missing. */
  readonly headersRepeat: boolean;
  /** Of snappy it knows only the bare block, not the frame that Java writes around blocks. */
  readonly readsNoFramedSnappy?: true;
  /** The partition, of six, to which its default partitioner sends each of `keys`. */
  readonly partitionsOfKeys: readonly number[];
  readonly command: readonly string[];
}

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const everyCodec: readonly Codec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

export const keys = ['a', 'k0', 'user-1', 'user-42', 'order-1001', 'abc', 'Zürich', '0123456789', 'key'];
/** Who writes snappy in the frame of the xerial library, as Java does: we do too. All others write one bare block. */
export const framesSnappy: ReadonlySet<string> = new Set(['java', 'us']);

const murmur2 = [4, 5, 2, 4, 0, 3, 1, 2, 1];

interface Known extends Omit<Client, 'name' | 'command'> {
  /** Installs it when that is still to be done, and answers how it is started on a broker. */
  prepare(bootstrap: string): Promise<readonly string[]>;
}

const known: { readonly [Name in 'kafkajs' | Installable]: Known } = {
  kafkajs: {
    // The other codecs are packages of others.
    codecs: ['none', 'gzip'],
    lacks: ['deleteGroupOffsets', 'offsetOfMaxTimestamp'],
    headersRepeat: false,
    partitionsOfKeys: murmur2,
    prepare: async (bootstrap) => [process.execPath, path('kafkajs/driver.mjs'), bootstrap],
  },
  platformatic: {
    // Its zstd is that of Node, from 22.15 on.
    codecs: 'zstdCompressSync' in zlib ? everyCodec : everyCodec.slice(0, 4),
    lacks: [],
    headersRepeat: false,
    readsNoFramedSnappy: true,
    // It takes the remainder of a negative hash in another way than Java.
    partitionsOfKeys: [0, 1, 2, 4, 0, 3, 3, 4, 3],
    prepare: async (bootstrap) => {
      const { entry } = await installPlatformatic();
      return [process.execPath, path('platformatic/driver.mjs'), bootstrap, entry];
    },
  },
  'confluent-kafka': {
    codecs: everyCodec,
    lacks: ['deleteGroupOffsets'],
    headersRepeat: true,
    // The default of librdkafka is CRC-32.
    partitionsOfKeys: [3, 3, 2, 1, 3, 0, 0, 2, 1],
    prepare: async (bootstrap) => [
      (await installConfluentKafka()).python,
      ...['-X', 'utf8'],
      path('confluent-kafka/driver.py'),
      bootstrap,
    ],
  },
  java: {
    codecs: everyCodec,
    lacks: [],
    headersRepeat: true,
    partitionsOfKeys: murmur2,
    prepare: async (bootstrap) => ['java', ...(await installJava()).driver, bootstrap],
  },
  'franz-go': {
    codecs: everyCodec,
    lacks: [],
    headersRepeat: true,
    partitionsOfKeys: murmur2,
    prepare: async (bootstrap) => [(await installFranzGo()).driver, bootstrap],
  },
};

/** Our own client in a process of its own, which can be killed. It has only what members of groups need. */
export function ourselves(bootstrap: string) {
  return { name: 'us', command: [process.execPath, '--import', 'tsx', path('ours/driver.ts'), bootstrap] };
}

/** The clients that this machine can run; `run.mjs` says which it cannot. */
export async function prepareClients(bootstrap: string): Promise<Client[]> {
  const clients: Client[] = [];
  for (const [name, { prepare, ...its }] of Object.entries(known)) {
    if (name !== 'kafkajs' && whyNotHere(name as Installable)) continue;
    clients.push({ name, ...its, command: await prepare(bootstrap) });
  }
  return clients;
}
