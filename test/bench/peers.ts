/** The clients and brokers of others, how each is started here, and why it cannot be where it cannot. test/interop installs them. */
import {
  type Installable,
  installConfluentKafka,
  installKfake,
  installPlatformatic,
  whyNotHere,
} from '../interop/install.mjs';
import { fileHere } from './contender.ts';

/** How to start something, or the reason why it cannot be started. */
export type Peer = { readonly command: readonly string[] } | { readonly reason: string };

/** Clients by their names. Each takes jobs, as clients/contestant.mjs describes. */
export const clients: { readonly [name: string]: () => Promise<Peer> } = {
  kafkajs: async () => ({ command: [process.execPath, fileHere('clients/kafkajs.mjs')] }),
  '@platformatic/kafka': () =>
    found('platformatic', async () => {
      const { entry } = await installPlatformatic();
      return [process.execPath, fileHere('clients/platformatic.mjs'), entry];
    }),
  librdkafka: () =>
    found('confluent-kafka', async () => [(await installConfluentKafka()).python, fileHere('clients/librdkafka.py')]),
};

/** Our broker, with its logs in memory or in a folder. */
export function kafkaito(dataDir?: string): Peer {
  const folder = dataDir === undefined ? [] : [dataDir];
  return { command: [process.execPath, fileHere('brokers/kafkaito.mjs'), ...folder] };
}

/** franz-go's broker, in memory. */
export function kfake(): Promise<Peer> {
  return found('franz-go', async () => [(await installKfake()).kfake]);
}

/** An installation needs a network, which may not be there. */
async function found(peer: Installable, install: () => Promise<readonly string[]>): Promise<Peer> {
  const reason = whyNotHere(peer);
  if (reason !== undefined) return { reason };
  try {
    return { command: await install() };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}
