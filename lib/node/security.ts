/** What `serve` and `connect` are told of TLS and of users, turned into networks that seal and log in, and into a gate for the broker. */
import { readFileSync } from 'node:fs';
import type { Authentication } from '../broker/authentication.ts';
import { brokerConfig, ConfigError } from '../broker/config.ts';
import { saslAuthentication } from '../broker/sasl/authenticator.ts';
import { mechanismNames } from '../broker/sasl/mechanisms.ts';
import { loggedIn, type SaslSettings } from '../wire/sasl.ts';
import type { Network } from '../world/world.ts';
import { realClock } from './clock.ts';
import { nodeCrypto } from './crypto.ts';
import { tcp } from './tcp.ts';
import { type ClientTls, clientTls, pinnedTls, type ServerTls, serverTls } from './tls.ts';

export interface ServerSasl {
  /** The users who may come in, with their passwords. Which mechanisms they may use: `sasl.enabled.mechanisms`. */
  readonly users: { readonly [user: string]: string };
}

export interface BrokerSecurity {
  /** Where the broker listens. */
  readonly network: Network;
  /** Through this our own clients in its process come to it, as the first of its users. */
  readonly clients: Network;
  readonly authentication: Authentication | undefined;
  /** What clients call it: their `security.protocol`. */
  readonly protocol: string;
}

export interface SecuritySettings {
  readonly tls?: ServerTls;
  readonly sasl?: ServerSasl;
  readonly config?: { readonly [property: string]: string };
}

/** `refused` is told of clients with which no TLS came about. Throws `ConfigError` and `TlsFailed`. */
export function brokerSecurity(
  { tls, sasl, config }: SecuritySettings,
  refused: (remote: string, why: string) => void,
): BrokerSecurity {
  const listen = tls === undefined ? tcp.listen : serverTls(tls, refused).listen;
  const connect = tls === undefined ? tcp.connect : pinnedTls(tls);
  const network = { listen, connect };
  const protocol = `${sasl ? 'SASL_' : ''}${tls ? 'SSL' : 'PLAINTEXT'}`;
  if (sasl === undefined) return { network, clients: network, authentication: undefined, protocol };
  const [[username, password]] = checkedUsers(sasl);
  const offered = brokerConfig(config)['sasl.enabled.mechanisms'].split(',');
  const mechanism = mechanismNames.find((name) => offered.includes(name));
  return {
    network,
    clients: loggedIn(network, { username, password, mechanism }, nodeCrypto, realClock),
    authentication: saslAuthentication(nodeCrypto, sasl.users),
    protocol,
  };
}

function checkedUsers({ users }: ServerSasl): [user: string, password: string][] {
  const all = Object.entries(users);
  if (all.length === 0) throw new ConfigError("sasl names no users: give at least one, as { alice: 'her password' }");
  for (const [user, password] of all) {
    if (user === '') throw new ConfigError('a user of sasl has no name: give one, or leave the user out');
    if (typeof password !== 'string' || password === '') {
      throw new ConfigError(`the user ${user} of sasl has no password: give one, or leave the user out`);
    }
  }
  return all;
}

/** Throws `TlsFailed`. */
export function clientNetwork({
  tls,
  sasl,
}: {
  readonly tls?: ClientTls | boolean;
  readonly sasl?: SaslSettings;
}): Network {
  const sealed = tls === undefined || tls === false ? tcp : { ...tcp, connect: clientTls(tls === true ? {} : tls) };
  return sasl === undefined ? sealed : loggedIn(sealed, sasl, nodeCrypto, realClock);
}

/** Users from a file: `name=password` in each line, and no name twice; empty lines and those that begin with # do not count. Throws `ConfigError`. */
export function readUsers(path: string): { readonly [user: string]: string } {
  const users = textOf(path, 'the users')
    .split(/\r?\n/)
    .map((line, index) => ({ line, at: line.indexOf('='), number: index + 1 }))
    .filter(({ line }) => line.trim() !== '' && !line.trimStart().startsWith('#'));
  const wrong = users.find(({ at }) => at < 1);
  if (wrong !== undefined) throw new ConfigError(`line ${wrong.number} of ${path} is not of the form  name=password`);
  const byName = new Map<string, string>();
  for (const { line, at, number } of users) {
    const name = line.slice(0, at).trim();
    if (byName.has(name)) {
      throw new ConfigError(`line ${number} of ${path} names ${name} a second time: give each user one line`);
    }
    byName.set(name, line.slice(at + 1));
  }
  return Object.fromEntries(byName);
}

/** The first line of a file. Throws `ConfigError`. */
export function readPassword(path: string): string {
  return textOf(path, 'the password of the key').split(/\r?\n/)[0];
}

function textOf(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(
      `${what} cannot be read from ${path} (${code}): give the path of a file that this user may read`,
    );
  }
}
