/** From the words of the command line to settings, or to one sentence about what is wrong with them. */
import { nearest } from './nearest.ts';

/** What somebody typed makes no sense. The message says what to do; no stack is of any use to them. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface ServeOptions {
  readonly port: number;
  readonly host: string;
  /** What clients are told to come to; undefined leaves it to `serve`. */
  readonly advertisedHost: string | undefined;
  readonly brokers: number;
  readonly dataDir: string | undefined;
  /** Topics to make at the start, with their numbers of partitions. */
  readonly topics: { readonly [topic: string]: number };
  /** Settings by Kafka's own names; the broker checks them. */
  readonly config: { readonly [property: string]: string };
  /** Paths of PEM files, and of one with the password of the key. */
  readonly tls: { readonly cert: string; readonly key: string; readonly passwordFile: string | undefined } | undefined;
  /** The path of a file with the users. */
  readonly saslUsers: string | undefined;
}

export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'serve'; readonly options: ServeOptions };

export const helpText = `kafkaito: a small, complete Kafka

Usage
  kafkaito serve [options]     run a broker until Ctrl-C

Options of serve
  --port PORT                  port to listen on; 0 takes a free one (default 9092)
  --host HOST                  address to listen on (default 127.0.0.1: this machine alone)
  --advertised-host HOST       name or address that clients on other machines come to (default: that of --host)
  --brokers N                  number of brokers; only 1 for now (default 1)
  --data DIR                   folder for the logs; without it they live in memory and end with the process
  --topic NAME:PARTITIONS      make a topic unless it exists; may be given several times, once for each topic
  --config KEY=VALUE           a setting by Kafka's own name, such as
                               group.min.session.timeout.ms=1000; may be given several times, and where
                               one setting is given twice the last value holds, as with Kafka's own tools
  --tls-cert FILE              certificate, as PEM: clients come through TLS (security.protocol=SSL)
  --tls-key FILE               its private key, as PEM
  --tls-password FILE          file with the password of the key, where it has one
  --sasl-users FILE            file with a line  name=password  for each user: clients log in by PLAIN,
                               SCRAM-SHA-256 or SCRAM-SHA-512 (security.protocol=SASL_PLAINTEXT or SASL_SSL)

  --help, --version

Example
  kafkaito serve --port 9092 --data ./data --topic ledger:3
`;

const valued = [
  'port',
  'host',
  'advertised-host',
  'brokers',
  'data',
  'topic',
  'config',
  'tls-cert',
  'tls-key',
  'tls-password',
  'sasl-users',
] as const;
type Valued = (typeof valued)[number];
type Given = { readonly [option in Valued]: string[] };
const flags = ['help', 'version'];

/** Throws `UsageError`. */
export function readCommandLine(args: readonly string[]): Command {
  const given = Object.fromEntries(valued.map((option): [string, string[]] => [option, []])) as Given;
  const commands: string[] = [];
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--help' || word === '-h' || word === 'help') return { kind: 'help' };
    if (word === '--version' || word === '-v') return { kind: 'version' };
    if (!word.startsWith('-')) {
      commands.push(word);
      continue;
    }
    const [option, inline] = splitAt(word, '=');
    given[optionName(option)].push(inline ?? valueFor(option, rest));
  }
  requireServe(commands);
  return { kind: 'serve', options: readServe(given) };
}

function requireServe(commands: readonly string[]): void {
  const [command, extra] = commands;
  if (command === undefined) throw new UsageError('no command given: run  kafkaito serve, or read  kafkaito --help');
  if (command !== 'serve') throw new UsageError(`unknown command ${command}: the only one is  kafkaito serve`);
  if (extra !== undefined) {
    throw new UsageError(`${extra} stands there without an option: topics are given as  --topic ${extra}:3`);
  }
}

function optionName(written: string): Valued {
  const name = written.replace(/^--?/, '');
  const found = valued.find((option) => option === name);
  if (found && written.startsWith('--')) return found;
  const [close] = nearest(name, [...valued, ...flags], 1);
  throw new UsageError(
    `unknown option ${written}: ${close ? `did you mean --${close}?` : 'kafkaito --help lists all'}`,
  );
}

function valueFor(option: string, rest: string[]): string {
  const value = rest.shift();
  // A value that looks like an option is one whose own value was forgotten, except for a negative number.
  if (value === undefined || /^--?[a-z]/.test(value)) {
    throw new UsageError(`${option} needs a value: kafkaito --help shows an example`);
  }
  return value;
}

function readServe(given: Given): ServeOptions {
  const brokers = wholeNumber('--brokers', only('--brokers', given.brokers) ?? '1', 1, 1000);
  if (brokers > 1) {
    throw new UsageError(
      `--brokers ${brokers} is not possible yet: this version runs one broker, so leave the option out`,
    );
  }
  return {
    port: wholeNumber('--port', only('--port', given.port) ?? '9092', 0, 65535),
    host: only('--host', given.host) ?? '127.0.0.1',
    advertisedHost: only('--advertised-host', given['advertised-host']),
    brokers,
    dataDir: only('--data', given.data),
    topics: readTopics(given.topic),
    config: Object.fromEntries(given.config.map(readConfig)),
    tls: readTls(given),
    saslUsers: only('--sasl-users', given['sasl-users']),
  };
}

function readTls(given: Given): ServeOptions['tls'] {
  const cert = only('--tls-cert', given['tls-cert']);
  const key = only('--tls-key', given['tls-key']);
  const passwordFile = only('--tls-password', given['tls-password']);
  if (cert !== undefined && key !== undefined) return { cert, key, passwordFile };
  if (cert === undefined && key === undefined && passwordFile === undefined) return undefined;
  throw new UsageError(
    'TLS takes a certificate and its key: give both, as  --tls-cert broker.crt --tls-key broker.key',
  );
}

function only(option: string, values: readonly string[]): string | undefined {
  if (values.length > 1) throw new UsageError(`${option} is given ${values.length} times: give it once`);
  if (values[0] === '') throw new UsageError(`${option} is empty: give it a value, or leave it out`);
  return values[0];
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`${option} ${text} is not possible: give a whole number from ${least} to ${most}`);
}

function readTopics(given: readonly string[]): ServeOptions['topics'] {
  const topics = given.map(readTopic);
  const names = topics.map(([name]) => name);
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice === undefined) return Object.fromEntries(topics);
  throw new UsageError(`--topic ${twice} is given more than once: give each topic once, as in  --topic ${twice}:3`);
}

function readTopic(text: string): [name: string, partitions: number] {
  const colon = text.lastIndexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  const partitions = colon < 0 ? '' : text.slice(colon + 1);
  // Kafka's own rule for names of topics (Topic.java).
  if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name) || name === '.' || name === '..') {
    throw new UsageError(
      `--topic ${text} is not possible: the name of a topic has 1 to 249 of the characters a-z A-Z 0-9 . _ -, as in  --topic ledger:3`,
    );
  }
  if (!/^[1-9]\d{0,4}$/.test(partitions)) {
    throw new UsageError(`--topic ${text} is not possible: say how many partitions, as in  --topic ${name}:3`);
  }
  return [name, Number(partitions)];
}

function readConfig(text: string): [property: string, value: string] {
  const [property, value] = splitAt(text, '=');
  if (property !== '' && value !== undefined) return [property, value];
  throw new UsageError(
    `--config ${text} is not possible: give a name and a value, as in  --config group.min.session.timeout.ms=1000`,
  );
}

function splitAt(text: string, separator: string): [before: string, after: string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
