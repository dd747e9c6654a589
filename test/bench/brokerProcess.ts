/** A broker in a process of its own, with what it has used of the processor so far. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { startApacheKafka } from '../kafka/apache.ts';
import type { Peer } from './peers.ts';

export interface BrokerProcess {
  readonly name: string;
  /** `host:port`. */
  readonly bootstrap: string;
  /** Processor seconds since it started, in hundredths; undefined where the system does not tell of other processes. */
  cpuSeconds(): number | undefined;
  /** Sends a line to the broker. */
  tell(line: string): void;
  /** The next line that the broker prints. */
  answer(): Promise<string>;
  close(): Promise<void>;
}

const START_LIMIT_MS = 30_000;

/** Starts a broker that prints its address first, and ends when its input does. */
export async function startBroker(name: string, peer: Peer): Promise<BrokerProcess> {
  if ('reason' in peer) throw new Error(`${name} cannot be started: ${peer.reason}`);
  const [program, ...args] = peer.command;
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const answer = async () => (await once(lines, 'line', { signal: AbortSignal.timeout(START_LIMIT_MS) }))[0];
  const bootstrap: string = await answer();
  return {
    name,
    bootstrap,
    cpuSeconds: () => cpuSecondsOf(child.pid),
    tell: (line) => child.stdin.write(`${line}\n`),
    answer,
    close: () => ended(child),
  };
}

/** Apache Kafka with its whole compiler; what it uses is not asked for. */
export async function startApache(name: string): Promise<BrokerProcess> {
  const { bootstrap, close } = await startApacheKafka({ java: ['-Xms512m', '-Xmx512m'], timeLimitMs: 30 * 60_000 });
  return {
    name,
    bootstrap,
    cpuSeconds: () => undefined,
    tell: () => {},
    answer: () => Promise.reject(new Error('it answers nothing')),
    close,
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.stdin?.end();
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await exit;
  clearTimeout(timer);
}

/** Linux counts in ticks, a hundred of them a second: user and system time are fields 14 and 15, counted from behind the name, which may hold anything. */
export function cpuSecondsOf(pid: number | undefined): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return undefined;
  }
}
