/**
 * Starts one Apache Kafka broker on this machine, for tests that compare this library with it. The broker is its own
 * controller, listens on loopback only, keeps its data in a temporary folder, and ends with the process that started it
 * (keeper.mjs). Its log goes to `.cache/`, and the end of it into the error when the broker does not come up.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cacheFolder, classPath, download } from './jars.mjs';

export interface ApacheKafkaSettings {
  /** The port of the broker; 0 takes a free one. A taken port is refused. Default 0. */
  port?: number;
  /** Broker properties under Kafka's own names, e.g. `{ 'group.min.session.timeout.ms': '1000' }`. */
  properties?: Record<string, string>;
  /** Options of the Java machine, instead of those that make it quick to start and slow to run. */
  java?: readonly string[];
  /** The broker ends after this time, whatever happens. Default 10 minutes. */
  timeLimitMs?: number;
}

export interface ApacheKafka {
  /** `host:port`, for `connect` and for any client. */
  bootstrap: string;
  /** The version that the broker itself reports. */
  version: string;
  logFile: string;
  /** Kills the broker and removes its data. Twice is harmless. */
  close(): Promise<void>;
}

// Quick to start rather than quick to run: the first compiler only, a small heap.
const java = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xms128m', '-Xmx512m'];
const startLimitMs = 90_000;

export async function startApacheKafka(settings: ApacheKafkaSettings = {}): Promise<ApacheKafka> {
  await download();
  const [port, controllerPort] = await freePorts(settings.port ?? 0, 0);
  const folder = mkdtempSync(join(tmpdir(), 'kafkaito-apache-'));
  const propertiesFile = join(folder, 'server.properties');
  forgetOldLogs();
  const logFile = join(cacheFolder, `broker-${port}.log`);
  writeFileSync(propertiesFile, propertiesText(port, controllerPort, join(folder, 'data'), settings.properties));
  writeFileSync(logFile, '');
  format(propertiesFile, folder);

  const arguments_ = [...(settings.java ?? java), '-cp', classPath, 'kafka.Kafka', propertiesFile];
  const keeperFile = fileURLToPath(new URL('keeper.mjs', import.meta.url));
  const limit = String(settings.timeLimitMs ?? 600_000);
  const keeper = spawn(process.execPath, [keeperFile, limit, logFile, folder, ...arguments_], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const close = async () => {
    if (hasEnded(keeper)) return;
    keeper.stdin?.end();
    await once(keeper, 'exit');
  };
  try {
    await started(keeper, logFile);
  } catch (error) {
    await close();
    throw error;
  }
  const version = /Kafka version: (\S+)/.exec(readFileSync(logFile, 'utf8'))?.[1] ?? 'unknown';
  return { bootstrap: `127.0.0.1:${port}`, version, logFile, close };
}

function propertiesText(port: number, controllerPort: number, data: string, own: Record<string, string> = {}): string {
  const properties: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': data.replaceAll('\\', '/'),
    // One broker holds one replica of each internal topic.
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    // Kafka waits 3 s for more members before it forms a new group; tests bring theirs.
    'group.initial.rebalance.delay.ms': '0',
    ...own,
  };
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}`);
  return `${lines.join('\n')}\n`;
}

function format(propertiesFile: string, folder: string): void {
  const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId(), '-c', propertiesFile];
  const run = spawnSync('java', [...java, '-cp', classPath, ...format], { encoding: 'utf8' });
  if (run.status === 0) return;
  rmSync(folder, { recursive: true, force: true });
  throw new Error(`Apache Kafka cannot format its storage: ${run.error?.message ?? withoutStack(run.stderr)}`);
}

/** Logs are kept for a day: long enough to look into a failure. */
function forgetOldLogs(): void {
  const logs = readdirSync(cacheFolder).filter((name) => name.endsWith('.log'));
  for (const log of logs.map((name) => join(cacheFolder, name))) {
    if (Date.now() - statSync(log).mtimeMs > 86_400_000) rmSync(log, { force: true });
  }
}

function withoutStack(text: string): string {
  return text.replace(/\n\tat .*/g, '');
}

/** 16 random bytes in base64url. Kafka avoids a leading dash, which its own command line would take for an option. */
function clusterId(): string {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? clusterId() : id;
}

async function started(keeper: ChildProcess, logFile: string): Promise<void> {
  const deadline = Date.now() + startLimitMs;
  while (Date.now() < deadline) {
    const log = existsSync(logFile) ? readFileSync(logFile, 'utf8') : '';
    // The process must live as well: a broker that cannot listen writes half of a start before it ends.
    if (hasEnded(keeper)) throw new Error(`Apache Kafka ended while starting:\n${log.slice(-2000)}`);
    if (log.includes('Kafka Server started')) return;
    await sleep(100);
  }
  throw new Error(`Apache Kafka did not start within ${startLimitMs / 1000} s; its log is ${logFile}`);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Listens on all wanted ports at once, so that they are free and different, and lets go of them. */
async function freePorts(...wanted: number[]): Promise<number[]> {
  const servers: Server[] = [];
  try {
    for (const port of wanted) {
      const server = createServer().listen(port, '127.0.0.1');
      await once(server, 'listening').catch(() => {
        throw new Error(`port ${port} is taken: stop what listens there, or leave the port out for a free one`);
      });
      servers.push(server);
    }
    return servers.map((server) => (server.address() as { port: number }).port);
  } finally {
    for (const server of servers) server.close();
  }
}
