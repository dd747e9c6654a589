/**
 * One client's connection: bytes in, requests handled, answers out in the order of the requests.
 *
 * Like Kafka, the broker works on one request of a connection at a time: the next one is begun when the answer before it has been taken by the
 * client. That is also what bounds memory. A client that does not read its answers is not read from either, so what it can make the broker hold
 * is one answer and a few requests. Only requests that say so may overlap (Produce, so that a batch need not wait for the disk of the one
 * before), up to a number and a size.
 *
 * Bytes that make no sense end the connection with a line in the trace. They never end the broker, and other connections do not notice.
 */
import { MalformedBytes } from '../bytes/reader.ts';
import { FrameSplitter } from '../protocol/frame.ts';
import type { Host } from '../trace/host.ts';
import { ConnectionLost } from '../world/errors.ts';
import type { Stream } from '../world/world.ts';
import { CloseConnection, type Dispatcher, type Job } from './dispatch.ts';

const MAX_OVERLAPPING_REQUESTS = 16;
const MAX_OVERLAPPING_BYTES = 16 << 20;

export class ClientConnection {
  readonly #host: Host;
  readonly #stream: Stream;
  readonly #dispatcher: Dispatcher;
  readonly #splitter: FrameSplitter;
  /** Answers that are being made or written, oldest first. */
  readonly #underWay: { readonly bytes: number; readonly written: Promise<void> }[] = [];
  readonly #stopped: Promise<never>;
  #stop: (why: unknown) => void = () => {};
  #isClosed = false;
  #clientId: string | null = null;

  constructor(host: Host, stream: Stream, dispatcher: Dispatcher, maxFrameBytes: number) {
    this.#host = host;
    this.#stream = stream;
    this.#dispatcher = dispatcher;
    this.#splitter = new FrameSplitter(maxFrameBytes);
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
      this.#isClosed = true;
    }
  }

  /** Ends the connection at once. Requests under way get no answer. */
  close(why: string): void {
    this.#stop(new CloseConnection(why));
  }

  // #region readAll
  async #readAll(): Promise<void> {
    for (;;) {
      const chunk = await this.#stream.read();
      if (chunk === null) return;
      for (const frame of this.#splitter.push(chunk)) {
        if (this.#isClosed) return;
        const job = this.#dispatcher.decode(frame, this.#stream.remote);
        await this.#room(job, frame.length);
        this.#begin(job, frame.length);
        if (!job.pipelined) await this.#room(job, frame.length);
      }
    }
  }

  /** Waits until `job` may be begun: when nothing else is under way, or little enough. */
  async #room(job: Job, bytes: number): Promise<void> {
    const full = () =>
      this.#underWay.length >= MAX_OVERLAPPING_REQUESTS ||
      this.#underWay.reduce((sum, other) => sum + other.bytes, bytes) > MAX_OVERLAPPING_BYTES;
    while (this.#underWay.length > 0 && (!job.pipelined || full())) await this.#underWay[0].written;
  }
  // #endregion readAll

  /** Begins with the request now, and writes the answer when those before it have been written. */
  #begin(job: Job, bytes: number): void {
    this.#clientId = job.header.clientId;
    const before = this.#underWay.at(-1)?.written;
    const answer = job.answer();
    const entry = { bytes, written: this.#write(job, answer, before).finally(() => this.#underWay.shift()) };
    entry.written.catch((error) => this.#stop(error));
    this.#underWay.push(entry);
  }

  async #write(
    job: Job,
    answer: Promise<readonly Uint8Array[] | null>,
    before: Promise<void> | undefined,
  ): Promise<void> {
    answer.catch(() => {});
    await before;
    const chunks = await answer;
    if (chunks === null) return;
    const { apiVersion, correlationId, clientId } = job.header;
    const request = { api: job.apiName, version: apiVersion, correlationId };
    this.#host.trace.record(this.#host.name, 'response.sent', {
      to: this.#stream.remote,
      client: clientId,
      ...request,
    });
    await this.#stream.write(chunks);
  }

  #end(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    const expected = [MalformedBytes, CloseConnection, ConnectionLost].some((kind) => error instanceof kind);
    const what = expected ? 'connection.closed' : 'request.failed';
    this.#host.trace.record(this.#host.name, what, { remote: this.#stream.remote, why });
    this.#stream.abort(why);
  }
}
