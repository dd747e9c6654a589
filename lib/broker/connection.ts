/**
 * One client's connection: bytes in, requests handled, answers out in the order of the requests.
 *
 * Like Kafka, the broker works on one request of a connection at a time: the next one is begun when the answer before it has been taken by the
 * client. That is also what bounds memory. A client that does not read its answers is not read from either, so what it can make the broker hold
 * is one answer and a few requests. Only requests that say so may overlap (Produce, so that a batch need not wait for the disk of the one
 * before), up to a number and a size.
 *
 * Where the broker has users, nothing of this begins before the client has shown who it is (authentication.ts).
 *
 * Bytes that make no sense end the connection with a line in the trace. They never end the broker, and other connections do not notice.
 */
import { MalformedBytes } from '../bytes/reader.ts';
import { FrameSplitter } from '../protocol/frame.ts';
import type { Host } from '../trace/host.ts';
import { ConnectionLost } from '../world/errors.ts';
import type { Stream } from '../world/world.ts';
import { type AnswerMemory, AnswerRoom } from './answerMemory.ts';
import type { Authenticator } from './authentication.ts';
import { CloseConnection, type Dispatcher, type Job } from './dispatch.ts';
import { type RequestMemory, RequestRoom } from './limits.ts';

const MAX_OVERLAPPING_REQUESTS = 16;
const MAX_OVERLAPPING_BYTES = 16 << 20;

/** What a connection shares with the others, and what may stand before it. */
export interface ConnectionParts {
  /** Absent: requests may take any number of bytes. */
  readonly requestMemory?: RequestMemory;
  readonly answerMemory?: AnswerMemory;
  /** Where clients must show who they are. */
  readonly gate?: {
    readonly authenticator: Authenticator;
    /** The largest frame until then. */
    readonly maxFrameBytes: number;
    /** How long a client that is not let in waits for its answer. */
    readonly failureDelayMs: number;
  };
}

export class ClientConnection {
  readonly #host: Host;
  readonly #stream: Stream;
  readonly #dispatcher: Dispatcher;
  readonly #splitter: FrameSplitter;
  readonly #maxFrameBytes: number;
  readonly #parts: ConnectionParts;
  readonly #memory: RequestRoom | undefined;
  readonly #answers: AnswerRoom | undefined;
  #lastActiveMs: number;
  #isHeldBack = false;
  /** Answers that are being made or written, oldest first. */
  readonly #underWay: { readonly bytes: number; readonly written: Promise<void> }[] = [];
  readonly #stopped: Promise<never>;
  #stop: (why: unknown) => void = () => {};
  #isClosed = false;
  #clientId: string | null = null;

  constructor(host: Host, stream: Stream, dispatcher: Dispatcher, maxFrameBytes: number, parts: ConnectionParts = {}) {
    this.#host = host;
    this.#stream = stream;
    this.#dispatcher = dispatcher;
    this.#maxFrameBytes = maxFrameBytes;
    this.#parts = parts;
    this.#memory = parts.requestMemory && new RequestRoom(parts.requestMemory);
    this.#answers = parts.answerMemory && new AnswerRoom(parts.answerMemory, (why) => this.close(why));
    this.#splitter = new FrameSplitter(parts.gate?.maxFrameBytes ?? maxFrameBytes);
    this.#lastActiveMs = host.clock.monotonicMs();
    this.#stopped = new Promise((_, reject) => {
      this.#stop = reject;
    });
    this.#stopped.catch(() => {});
  }

  /** The other end, and the name that it gave with its latest request. */
  get peer(): { readonly remote: string; readonly clientId: string | null } {
    return { remote: this.#stream.remote, clientId: this.#clientId };
  }

  /** Serves the client until the connection ends, for whatever reason. Never rejects. */
  async serve(): Promise<void> {
    try {
      await Promise.race([this.#readAll(), this.#stopped]);
      this.#stream.abort('the client has ended the connection');
    } catch (error) {
      this.#end(error);
    } finally {
      this.#memory?.close();
      this.#answers?.close();
      this.#isClosed = true;
    }
  }

  /** Whether no bytes have come or gone for so long. Who is not read from, for want of memory, is not idle. */
  isIdle(limitMs: number): boolean {
    return !this.#isHeldBack && this.#host.clock.monotonicMs() - this.#lastActiveMs >= limitMs;
  }

  /** Ends the connection at once. Requests under way get no answer. */
  close(why: string): void {
    this.#stop(new CloseConnection(why));
  }

  // #region readAll
  async #readAll(): Promise<void> {
    for (;;) {
      if (this.#memory) await this.#waitForMemory(this.#memory);
      const chunk = await this.#stream.read();
      if (chunk === null) return;
      this.#lastActiveMs = this.#host.clock.monotonicMs();
      for (const frame of this.#splitter.push(chunk)) {
        if (this.#isClosed) return;
        this.#memory?.complete(frame.length);
        if (this.#parts.gate && this.#parts.gate.authenticator.user === undefined) {
          await this.#authenticate(this.#parts.gate, frame);
          continue;
        }
        const job = this.#dispatcher.decode(frame, this.#stream.remote, this.#answers);
        while (this.#mustWait(job, frame.length)) await this.#underWay[0].written;
        this.#begin(job, frame.length);
        while (!job.pipelined && this.#underWay.length > 0) await this.#underWay[0].written;
      }
    }
  }

  /** A job may be begun when nothing else is under way, or, if it may overlap, little enough. */
  #mustWait(job: Job, bytes: number): boolean {
    if (this.#underWay.length === 0) return false;
    if (!job.pipelined || this.#underWay.length >= MAX_OVERLAPPING_REQUESTS) return true;
    return this.#underWay.reduce((sum, other) => sum + other.bytes, bytes) > MAX_OVERLAPPING_BYTES;
  }
  // #endregion readAll

  async #waitForMemory(memory: RequestRoom): Promise<void> {
    this.#isHeldBack = true;
    await memory.reserve(this.#splitter.announced);
    this.#isHeldBack = false;
    this.#lastActiveMs = this.#host.clock.monotonicMs();
  }

  async #authenticate(gate: NonNullable<ConnectionParts['gate']>, frame: Uint8Array): Promise<void> {
    const { authenticator } = gate;
    const { answer, failure } = authenticator.take(frame);
    if (failure !== undefined) await this.#host.clock.sleep(gate.failureDelayMs);
    if (answer !== null) await this.#stream.write(answer);
    this.#memory?.done(frame.length);
    const { remote } = this.#stream;
    if (failure !== undefined) {
      this.#host.trace.record(this.#host.name, 'client.refused', { remote, why: failure });
      throw new CloseConnection(failure);
    }
    if (authenticator.user === undefined) return;
    this.#splitter.maxFrameBytes = this.#maxFrameBytes;
    this.#host.trace.record(this.#host.name, 'client.authenticated', { remote, user: authenticator.user });
  }

  /** Begins with the request now, and writes the answer when those before it have been written. */
  #begin(job: Job, bytes: number): void {
    this.#clientId = job.header.clientId;
    const before = this.#underWay.at(-1)?.written;
    const written = this.#write(job, job.answer(), before, bytes);
    written.catch((error) => this.#stop(error));
    this.#underWay.push({ bytes, written });
  }

  async #write(
    job: Job,
    answer: Promise<readonly Uint8Array[] | null>,
    before: Promise<void> | undefined,
    bytes: number,
  ): Promise<void> {
    try {
      if (before !== undefined) {
        // It may fail while it stands in line, where nobody looks at it before its turn.
        answer.catch(() => {});
        await before;
      }
      const chunks = await answer;
      if (chunks !== null) await this.#send(job, chunks);
    } finally {
      this.#underWay.shift();
      this.#memory?.done(bytes);
      this.#answers?.giveBack();
    }
  }

  async #send({ header, apiName }: Job, chunks: readonly Uint8Array[]): Promise<void> {
    const bytes = sizeOf(chunks);
    const problem = this.#answers?.problemWith(bytes) ?? null;
    if (problem !== null) throw new CloseConnection(problem);
    const { apiVersion, correlationId, clientId } = header;
    const request = { api: apiName, version: apiVersion, correlationId };
    this.#host.trace.record(this.#host.name, 'response.sent', {
      to: this.#stream.remote,
      client: clientId,
      ...request,
    });
    const release = this.#answers?.hold(bytes);
    try {
      await this.#stream.write(chunks);
    } finally {
      release?.();
    }
    this.#lastActiveMs = this.#host.clock.monotonicMs();
  }

  #end(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    const expected = [MalformedBytes, CloseConnection, ConnectionLost].some((kind) => error instanceof kind);
    const what = expected ? 'connection.closed' : 'request.failed';
    this.#host.trace.record(this.#host.name, what, { remote: this.#stream.remote, why });
    this.#stream.abort(why);
  }
}

function sizeOf(chunks: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const chunk of chunks) bytes += chunk.length;
  return bytes;
}
