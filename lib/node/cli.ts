/**
 * The program behind the command `kafkaito`. Whoever runs it is told three things: one line when it is ready, one when it has stopped, and
 * one when something is wrong, with what to do next. A stack is printed only for an error that nobody foresaw, which is our fault.
 */
import { readFileSync } from 'node:fs';
import { type Command, helpText, readCommandLine, type ServeOptions, UsageError } from './commandLine.ts';
import {
  AddressInUse,
  CannotListen,
  ConfigError,
  DiskFailed,
  DiskLocked,
  StorageError,
  serve,
  TlsFailed,
} from './index.ts';
import { readPassword, readUsers } from './security.ts';

const foreseen = [UsageError, ConfigError, AddressInUse, CannotListen, DiskLocked, DiskFailed, StorageError, TlsFailed];

try {
  await run(readCommandLine(process.argv.slice(2)));
} catch (error) {
  const known = foreseen.some((kind) => error instanceof kind);
  console.error(known ? `kafkaito: ${(error as Error).message}` : error);
  process.exitCode = 1;
}

async function run(command: Command): Promise<void> {
  if (command.kind === 'help') console.log(helpText);
  else if (command.kind === 'version') console.log(version());
  else await runServe(command.options);
}

function version(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}

async function runServe(options: ServeOptions): Promise<void> {
  const { tls, saslUsers } = options;
  const served = await serve({
    ...options,
    tls: tls && { ...tls, passphrase: tls.passwordFile === undefined ? undefined : readPassword(tls.passwordFile) },
    sasl: saslUsers === undefined ? undefined : { users: readUsers(saslUsers) },
    say: (line) => console.error(`kafkaito: ${line}`),
  });
  const where = options.dataDir === undefined ? 'logs in memory, gone when it stops' : `data in ${options.dataDir}`;
  const how = served.securityProtocol === 'PLAINTEXT' ? '' : `security.protocol=${served.securityProtocol}, `;
  console.log(`kafkaito is ready on ${served.bootstrap} (${how}${where}); stop it with Ctrl-C`);
  const signal = await askedToStop();
  // A second Ctrl-C, from somebody who cannot wait, ends the process as if this handler were not there.
  await served.close();
  console.log(`kafkaito has stopped (${signal})`);
}

function askedToStop(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });
}
