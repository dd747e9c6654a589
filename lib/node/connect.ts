/** `connect`: our clients for a Kafka that is there already, ours or Apache's. */
import type { Kafka } from '../sim/simulate.ts';
import { ConnectionLost } from '../world/errors.ts';
import type { Address } from '../world/world.ts';
import { openRealKafka } from './realKafka.ts';
import { tcp } from './tcp.ts';
import { realTrace } from './world.ts';

export interface ConnectSettings {
  /** Begins the names of the clients, as brokers see them: `bank` makes `bank-producer-1`. Default: `producer-1` and so on. */
  readonly clientId?: string;
}

/**
 * Connects to a cluster, of which some addresses are enough: `host:port`, with commas between them. Rejects with a `TypeError` for what is no
 * address, and with `ConnectionLost` when nobody answers at any of them, which is better heard now than from the first `poll` in a minute.
 */
export async function connect(bootstrap: string, settings: ConnectSettings = {}): Promise<Kafka> {
  const addresses = bootstrap.split(',').map((address) => readAddress(address.trim()));
  await someoneAnswers(addresses);
  const { clientId } = settings;
  return openRealKafka(
    addresses,
    realTrace(),
    clientId === undefined ? undefined : (client) => `${clientId}-${client}`,
  );
}

async function someoneAnswers(addresses: readonly Address[]): Promise<void> {
  const problems: string[] = [];
  for (const address of addresses) {
    try {
      (await tcp.connect(address)).abort('somebody answers');
      return;
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  throw new ConnectionLost(problems.join('; '));
}

/** IPv6 addresses are written as Kafka writes them: `[::1]:9092`. */
function readAddress(text: string): Address {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(parts?.[3]);
  if (parts === null || port < 1 || port > 65_535) {
    throw new TypeError(
      `${JSON.stringify(text)} is not the address of a broker: write host:port, as in  localhost:9092`,
    );
  }
  return { host: parts[1] ?? parts[2], port };
}
