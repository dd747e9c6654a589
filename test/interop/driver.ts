/**
 * A stock client in a process of its own, as its users run it, and the operations by which a test drives it. A driver in the
 * client's own language reads one line of JSON for each operation and answers with one line, so that the script of what is
 * observed stands once, in the tests, and says the same to all.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A record, with its bytes in base64. */
export interface WireRecord {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [name: string, value: string | null])[];
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

export interface PlacedRecord extends WireRecord {
  readonly partition: number;
  readonly offset: number;
}

export type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** Offsets by partition. */
export interface Offsets {
  readonly [partition: number]: number;
}

/** What every driver can be asked: the request and the answer of each operation. Other failures are thrown as `Refusal`. */
export interface Operations {
  createTopic: [{ topic: string; partitions: number; configs: { [name: string]: string } }, null];
  listTopics: [Record<string, never>, string[]];
  describeTopic: [
    { topic: string },
    { partitions: { partition: number; leader: number; replicas: number[]; isr: number[] }[] },
  ];
  addPartitions: [{ topic: string; count: number }, null];
  describeConfigs: [{ topic: string }, { [name: string]: string | null }];
  alterConfig: [{ topic: string; name: string; value: string }, null];
  deleteTopic: [{ topic: string }, null];
  describeCluster: [
    Record<string, never>,
    { clusterId: string; controller: number; brokers: { id: number; host: string; port: number }[] },
  ];
  listGroups: [Record<string, never>, string[]];
  describeGroup: [{ group: string }, { state: string; protocol: string; members: number }];
  /** The partitions without a committed offset are left out. */
  groupOffsets: [{ group: string; topic: string; partitions: number[] }, Offsets];
  alterGroupOffsets: [{ group: string; topic: string; offsets: Offsets }, null];
  deleteGroupOffsets: [{ group: string; topic: string; partitions: number[] }, null];
  deleteGroup: [{ group: string }, null];
  deleteRecords: [{ topic: string; partition: number; before: number }, null];
  /** A number is a timestamp: the first record that is not older. */
  listOffset: [{ topic: string; partition: number; at: 'earliest' | 'latest' | number }, number];
  /** Of the youngest record, which need not be the last. */
  offsetOfMaxTimestamp: [{ topic: string; partition: number }, number];
  /** `partition` null leaves the choice to the client. Answers where they went, and nothing for acks 0. */
  produce: [
    {
      topic: string;
      codec: Codec;
      acks: 0 | 1 | -1;
      idempotent: boolean;
      records: (WireRecord & { partition: number | null })[];
    },
    { partition: number; offset: number }[],
  ];
  read: [{ topic: string; partition: number; from: number; count: number }, PlacedRecord[]];
  /** A consumer that keeps polling; `member` is the name by which the test knows it. */
  join: [{ member: string; group: string; topic: string } & MemberSettings, null];
  state: [{ member: string }, { partitions: number[]; received: [partition: number, offset: number][] }];
  commit: [{ member: string; topic: string; offsets: Offsets }, null];
  leave: [{ member: string }, null];
  life: [{ member: string }, Life];
  /** Its application is busy: it polls no more until `release`, while its client goes on with what needs no poll. */
  hold: [{ member: string }, null];
  release: [{ member: string }, null];
}

export interface MemberSettings {
  /** By Kafka's name. Default: what the client offers by itself. */
  readonly strategy?: 'roundrobin' | 'cooperative-sticky';
  /** `group.instance.id`. Default: a dynamic member. */
  readonly instanceId?: string;
  /**
   * Commits what has come as soon as nothing more comes, and, in the callback, before partitions are given up: nothing is then read
   * twice unless its member is killed before. Default: never commits by itself.
   */
  readonly commits?: true;
}

/** What a member went through. */
export interface Life {
  /** Null when the client does not tell. */
  readonly generation: number | null;
  /** The callbacks of rebalances, in their order. Such as name no partition are there as well. */
  readonly calls: readonly (readonly [what: 'assigned' | 'revoked' | 'lost', partitions: readonly number[]])[];
  /** What polls have thrown, or what went wrong in the background, last. */
  readonly failure: string | null;
}

/** How a driver shows who it is. */
export interface Security {
  /** A file with the certificate to trust. */
  readonly ca: string;
  readonly username: string;
  readonly password: string;
}

export type Operation = keyof Operations;

/** The client, or the broker through it, has refused. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  /** The error code of the broker; null when the client did not even ask. */
  readonly code: number | null;

  constructor(code: number | null, message: string) {
    super(message);
    this.code = code;
  }
}

/** The client has no such operation. */
export class Missing extends Error {
  override readonly name = 'Missing';
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly code: number | null; readonly message: string };
  readonly missing?: true;
}

export class Driver {
  readonly client: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  #complaints = '';
  /** Why it answers no more. */
  #end: Error | undefined;
  #lastId = 0;

  /** With `security` all connections go through TLS, and log in by SCRAM-SHA-512. */
  constructor({ name, command }: { readonly name: string; readonly command: readonly string[] }, security?: Security) {
    this.client = name;
    const [program, ...args] = command;
    const env = { ...process.env, ...(security && { INTEROP_SECURITY: JSON.stringify(security) }) };
    this.#child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      const answer: Answer = JSON.parse(line);
      this.#waiting.get(answer.id)?.resolve(answer);
      this.#waiting.delete(answer.id);
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#complaints = (this.#complaints + text).slice(-2000);
    });
    // A line for a driver that has just ended; that it ended is told below.
    this.#child.stdin!.on('error', () => undefined);
    this.#child.once('error', (error) => this.#fail(error.message));
    this.#child.once('close', (code) => this.#fail(`it ended with exit code ${code}`));
  }

  /** Throws `Refusal` or `Missing`. */
  async do<Name extends Operation>(op: Name, request: Operations[Name][0]): Promise<Operations[Name][1]> {
    if (this.#end) throw this.#end;
    this.#lastId += 1;
    const id = this.#lastId;
    const answered = new Promise<Answer>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#child.stdin!.write(`${JSON.stringify({ id, op, ...request })}\n`);
    const { result, error, missing } = await answered;
    if (missing) throw new Missing(`${this.client} has no ${op}`);
    if (error) throw new Refusal(error.code, `${this.client} ${op}: ${error.message}`);
    return result as Operations[Name][1];
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.stdin!.end();
    const limit = setTimeout(() => this.#child.kill('SIGKILL'), 3000);
    await ended;
    clearTimeout(limit);
  }

  /** As if somebody pulled the plug of the program. */
  async kill(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  #fail(why: string): void {
    this.#end ??= new Error(`The driver of ${this.client} does not answer: ${why}\n${this.#complaints}`);
    for (const { reject } of this.#waiting.values()) reject(this.#end);
    this.#waiting.clear();
  }
}
