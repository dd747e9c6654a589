/** `connect`: our clients for a Kafka that is there already, ours or Apache's. */
import { Metadata } from '../protocol/apis/index.ts';
import type { Kafka } from '../sim/simulate.ts';
import type { Host } from '../trace/host.ts';
import { Connection } from '../wire/connection.ts';
import { AuthenticationFailed } from '../wire/errors.ts';
import type { SaslSettings } from '../wire/sasl.ts';
import { ConnectionLost } from '../world/errors.ts';
import type { Address, Network } from '../world/world.ts';
import { memoryDisk } from './memoryDisk.ts';
import { openRealKafka } from './realKafka.ts';
import { clientNetwork } from './security.ts';
import type { ClientTls } from './tls.ts';
import { hostIn, realTrace, realWorld } from './world.ts';

export interface ConnectSettings {
  /** Begins the names of the clients, as brokers see them: `bank` makes `bank-producer-1`. Default: `producer-1` and so on. */
  readonly clientId?: string;
  /** Through TLS; `true` trusts whom Node trusts. Default: plain. */
  readonly tls?: ClientTls | boolean;
  /** Who to come as, where the brokers ask. Default: nobody in particular. */
  readonly sasl?: SaslSettings;
}

/**
 * Connects to a cluster, of which some addresses are enough: `host:port`, with commas between them. Rejects with a `TypeError` for what is no
 * address, and with `ConnectionLost` when nobody answers at any of them, `TlsFailed` or `AuthenticationFailed` when the two sides do not agree on TLS
 * or on who this is. All of that is better heard now than from the first `poll` in a minute.
 */
export async function connect(bootstrap: string, settings: ConnectSettings = {}): Promise<Kafka> {
  const addresses = bootstrap.split(',').map((address) => readAddress(address.trim()));
  const network = clientNetwork(settings);
  await someoneAnswers(addresses, network);
  const { clientId } = settings;
  return openRealKafka(
    addresses,
    realTrace(),
    clientId === undefined ? undefined : (client) => `${clientId}-${client}`,
    () => network,
  );
}

async function someoneAnswers(addresses: readonly Address[], network: Network): Promise<void> {
  const host = hostIn({ ...realWorld(memoryDisk()), network }, realTrace(), 'connect');
  const problems: Error[] = [];
  for (const address of addresses) {
    try {
      return await answers(host, address);
    } catch (error) {
      problems.push(error as Error);
    }
  }
  // What is certain not to get better says more than that others could not be reached.
  const certain = problems.find((problem) => !(problem instanceof ConnectionLost));
  throw certain ?? new ConnectionLost(problems.map(({ message }) => message).join('; '));
}

/** A broker that wants a login answers the question for its versions all the same, and nothing else. */
async function answers(host: Host, address: Address): Promise<void> {
  const connection = await opened(host, address);
  try {
    await connection.send(Metadata, { topics: [] });
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error;
    throw new AuthenticationFailed(
      `${connection.name} answers only those who log in: give  sasl: { username, password }`,
    );
  } finally {
    connection.close();
  }
}

/** As `Connection.open`; where somebody is there and says nothing that can be understood, the error says what that may mean. */
async function opened(host: Host, address: Address): Promise<Connection> {
  try {
    return await Connection.open(host, address, { clientId: 'connect' });
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error;
    (await host.network.connect(address)).abort('somebody is there');
    throw new ConnectionLost(
      `${error.message}. Somebody is there, but does not answer as Kafka does: a port with TLS wants  tls  in the settings, one without it none`,
    );
  }
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
