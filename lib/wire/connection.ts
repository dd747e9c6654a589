/**
 * One connection to a broker: requests go out, and each caller gets the response to its own.
 *
 * Kafka answers the requests of a connection in the order in which they came. So the requests that wait for an answer stand in one
 * queue, and the correlation id of a response is a check rather than a key. For the same reason a request that takes too long takes
 * the whole connection with it: every answer behind it would be late as well.
 */
import { MalformedBytes, Reader } from '../bytes/reader.ts';
import { ApiVersions } from '../protocol/apis/18-api-versions.ts';
import { decodeResponse, encodeRequest, FrameSplitter } from '../protocol/frame.ts';
import type { Api, Fields, Input, Output } from '../protocol/schema.ts';
import type { Host } from '../trace/host.ts';
import type { Json } from '../trace/trace.ts';
import { ConnectionLost } from '../world/errors.ts';
import type { Address, Cancel, Stream } from '../world/world.ts';
import { connectWithin } from './connectWithin.ts';
import { RequestTimedOut } from './errors.ts';
import { highestShared, type KnownVersions, readAnnouncement } from './versions.ts';

export interface ConnectionSettings {
  /** How this client calls itself in the headers of its requests. */
  readonly clientId: string | null;
  /** How long to wait for the connection to stand. Default 10 000 (`socket.connection.setup.timeout.ms`). */
  readonly connectTimeoutMs?: number;
  /** How long to wait for a response. Default 30 000 (`request.timeout.ms`). */
  readonly requestTimeoutMs?: number;
  /** The largest response that is accepted. Default 100 MiB. */
  readonly maxFrameBytes?: number;
  /** How many requests may wait for their response; more stand in line for their turn. Default 100. */
  readonly maxInFlight?: number;
}

export interface SendSettings {
  /** Instead of the connection's `requestTimeoutMs`. */
  readonly timeoutMs?: number;
  /** Instead of the highest version that both sides know. */
  readonly version?: number;
  /** What the trace says about the request, beside its name and version. */
  readonly detail?: { readonly [name: string]: Json };
}

interface Request {
  readonly correlationId: number;
  readonly frame: readonly Uint8Array[];
  readonly event: { readonly [name: string]: Json };
  readonly deadline: number;
  readonly timeoutMs: number;
  /** Given the response without its correlation id. A request without an answer has none. */
  readonly answered: ((body: Reader) => void) | undefined;
  readonly failed: (error: Error) => void;
  readonly written: () => void;
}

export class Connection {
  readonly address: Address;
  /** Resolves when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>;
  readonly #host: Host;
  readonly #stream: Stream;
  readonly #settings: Required<ConnectionSettings>;
  #known: KnownVersions = new Map();
  #lastCorrelationId = 0;
  #waiting: Request[] = [];
  #inFlight: Request[] = [];
  /** Requests without an answer, until the stream has taken their bytes: a peer that reads nothing lets that take for ever. */
  readonly #beingWritten = new Set<Request>();
  #error: Error | undefined;
  #watchdog: Cancel | undefined;
  #rings = 0;
  #resolveClosed: () => void = () => {};

  /**
   * Connects, and asks the broker which requests it knows. Rejects with `ConnectionLost` when nobody answers, `RequestTimedOut` when the
   * other side accepts and then stays silent. Until it stands, `opening` has how to give it up.
   */
  static async open(
    host: Host,
    address: Address,
    settings: ConnectionSettings,
    opening = new Set<Cancel>(),
  ): Promise<Connection> {
    const stream = await connectWithin(host, address, settings.connectTimeoutMs ?? 10_000, opening);
    const connection = new Connection(host, address, stream, settings);
    const giveUp = () => connection.close();
    opening.add(giveUp);
    try {
      await connection.#shakeHands();
    } catch (error) {
      connection.close('the broker did not say which requests it knows');
      throw error;
    } finally {
      opening.delete(giveUp);
    }
    return connection;
  }

  private constructor(host: Host, address: Address, stream: Stream, settings: ConnectionSettings) {
    this.#host = host;
    this.address = address;
    this.#stream = stream;
    this.#settings = {
      connectTimeoutMs: 10_000,
      requestTimeoutMs: 30_000,
      maxFrameBytes: 100 << 20,
      maxInFlight: 100,
      ...settings,
    };
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    void this.#readAll();
  }

  get isOpen(): boolean {
    return this.#error === undefined;
  }

  /** `host:port` of the broker. */
  get name(): string {
    return `${this.address.host}:${this.address.port}`;
  }

  /** The version in which `api` would be sent. Throws `UnsupportedApi`. */
  versionOf(api: Api<Fields, Fields>): number {
    return highestShared(api, this.#known, this.name);
  }

  /**
   * Sends a request and answers its response. Rejects with `ConnectionLost`, `RequestTimedOut` (which also ends the connection) or
   * `UnsupportedApi`. Error codes are part of the response and reject nothing.
   */
  async send<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    body: Input<Q>,
    settings: SendSettings = {},
  ): Promise<Output<S>> {
    const version = settings.version ?? this.versionOf(api as unknown as Api);
    return await this.#request(api, body, version, settings, (reader) =>
      decodeResponse(api as unknown as Api<Fields, S>, version, reader),
    );
  }

  /**
   * For a request that the broker does not answer, which is Produce with `acks` 0. Resolves when the bytes are on their way; rejects as `send` does,
   * with `RequestTimedOut` when the broker leaves them no room for so long.
   */
  async sendWithoutAnswer<Q extends Fields>(
    api: Api<Q, Fields>,
    body: Input<Q>,
    settings: SendSettings = {},
  ): Promise<void> {
    const version = settings.version ?? this.versionOf(api as unknown as Api);
    const { correlationId, frame } = this.#encode(api, body, version);
    return new Promise((resolve, reject) => {
      this.#enqueue(api.name, version, settings, {
        correlationId,
        frame,
        answered: undefined,
        written: resolve,
        failed: reject,
      });
    });
  }

  /** Ends the connection. What still waits for a response is rejected with `ConnectionLost`. Twice is harmless. */
  close(reason = 'this side closed the connection'): void {
    this.#fail(new ConnectionLost(`the connection to ${this.name} has ended: ${reason}`));
  }

  async #shakeHands(): Promise<void> {
    for (let version = ApiVersions.versions[1]; ; ) {
      const body = await this.#request(ApiVersions, {}, version, {}, (reader) => reader.bytes(reader.remaining));
      const announcement = readAnnouncement(body, version);
      if ('known' in announcement) {
        this.#known = announcement.known;
        return;
      }
      version = announcement.askAgainIn;
    }
  }

  #request<Q extends Fields, T>(
    api: Api<Q, Fields>,
    body: Input<Q>,
    version: number,
    settings: SendSettings,
    read: (reader: Reader) => T,
  ): Promise<T> {
    const { correlationId, frame } = this.#encode(api, body, version);
    return new Promise((resolve, reject) => {
      const answered = (reader: Reader) => resolve(read(reader));
      this.#enqueue(api.name, version, settings, { correlationId, frame, answered, written: () => {}, failed: reject });
    });
  }

  #encode<Q extends Fields>(api: Api<Q, Fields>, body: Input<Q>, version: number) {
    this.#lastCorrelationId = (this.#lastCorrelationId + 1) & 0x7fffffff;
    const correlationId = this.#lastCorrelationId;
    const header = { apiVersion: version, correlationId, clientId: this.#settings.clientId };
    return { correlationId, frame: encodeRequest(api, header, body) };
  }

  #enqueue(
    api: string,
    version: number,
    settings: SendSettings,
    request: Pick<Request, 'correlationId' | 'frame' | 'answered' | 'failed' | 'written'>,
  ): void {
    if (this.#error !== undefined) return request.failed(this.#error);
    const timeoutMs = settings.timeoutMs ?? this.#settings.requestTimeoutMs;
    const deadline = this.#host.clock.monotonicMs() + timeoutMs;
    const { correlationId, frame, answered, failed, written } = request;
    this.#waiting.push({
      correlationId,
      frame,
      answered,
      failed,
      written,
      event: { to: this.name, api, version, correlationId, ...settings.detail },
      deadline,
      timeoutMs,
    });
    this.#transmit();
    this.#watch(deadline);
  }

  #transmit(): void {
    while (this.#waiting.length > 0 && this.#inFlight.length < this.#settings.maxInFlight) {
      const request = this.#waiting.shift()!;
      this.#host.trace.record(this.#host.name, 'request.sent', request.event);
      if (request.answered) this.#inFlight.push(request);
      else this.#beingWritten.add(request);
      this.#stream.write(request.frame).then(
        () => {
          this.#beingWritten.delete(request);
          request.written();
        },
        (error) => {
          request.failed(lost(error, this.name));
          this.#fail(lost(error, this.name));
        },
      );
    }
  }

  async #readAll(): Promise<void> {
    const splitter = new FrameSplitter(this.#settings.maxFrameBytes);
    try {
      for (;;) {
        const chunk = await this.#stream.read();
        if (chunk === null) break;
        for (const frame of splitter.push(chunk)) this.#receive(frame);
      }
      this.close('the broker closed it');
    } catch (error) {
      this.#fail(lost(error, this.name));
    }
  }

  #receive(frame: Uint8Array): void {
    const reader = new Reader(frame);
    const correlationId = reader.int32();
    const request = this.#inFlight[0];
    if (request?.correlationId !== correlationId) {
      throw new MalformedBytes(
        `response ${correlationId} has come, and ${request?.correlationId ?? 'nothing'} is waited for`,
      );
    }
    request.answered?.(reader);
    this.#inFlight.shift();
    this.#transmit();
  }

  /** One timer serves all requests: it is set to the earliest deadline, and rings for nothing when that request is done by then. */
  #watch(deadline: number): void {
    if (this.#watchdog !== undefined && this.#rings <= deadline) return;
    this.#watchdog?.();
    this.#rings = deadline;
    this.#watchdog = this.#host.clock.after(deadline - this.#host.clock.monotonicMs(), () => this.#ring());
  }

  #ring(): void {
    this.#watchdog = undefined;
    const open = this.#open();
    if (open.length === 0) return;
    const earliest = open.reduce((first, request) => (request.deadline < first.deadline ? request : first));
    if (earliest.deadline > this.#host.clock.monotonicMs()) return this.#watch(earliest.deadline);
    const { event, timeoutMs, answered } = earliest;
    const what = answered ? 'got no response from' : 'could not be written to';
    this.#fail(
      new RequestTimedOut(`${event.api} ${what} ${this.name} within ${timeoutMs} ms; the connection is given up`),
    );
  }

  /** What is neither answered nor, where no answer comes, written. */
  #open(): Request[] {
    return [...this.#inFlight, ...this.#beingWritten, ...this.#waiting];
  }

  #fail(error: Error): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    this.#watchdog?.();
    this.#watchdog = undefined;
    this.#stream.abort(error.message);
    const open = this.#open();
    this.#inFlight = [];
    this.#beingWritten.clear();
    this.#waiting = [];
    for (const request of open) request.failed(error);
    this.#resolveClosed();
  }
}

function lost(error: unknown, broker: string): Error {
  if (error instanceof ConnectionLost) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new ConnectionLost(`the connection to ${broker} has ended: ${reason}`);
}
