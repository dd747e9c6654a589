/** A client that may say anything: a bare socket, with the frames that come back. For tests of what a broker does with it. */
import { connect, type Socket } from 'node:net';
import { Reader } from '../../lib/bytes/reader.ts';
import { concat } from '../../lib/bytes/writer.ts';
import { decodeResponse, encodeRequest, FrameSplitter } from '../../lib/protocol/frame.ts';
import type { Api, Fields, Input, Output } from '../../lib/protocol/schema.ts';

export class RawClient {
  /** Resolves when the broker has closed the connection. */
  readonly closed: Promise<void>;
  readonly socket: Socket;
  readonly #splitter = new FrameSplitter(1 << 30);
  readonly #frames: Uint8Array[] = [];
  #waiting: ((frame: Uint8Array | undefined) => void) | undefined;
  #ended = false;

  static async open(bootstrap: string): Promise<RawClient> {
    const at = bootstrap.lastIndexOf(':');
    const socket = connect({ host: bootstrap.slice(0, at), port: Number(bootstrap.slice(at + 1)), noDelay: true });
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new RawClient(socket);
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    // Connections end here in all the ways in which they can; what counts is that they do.
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#ended = true;
        this.#waiting?.(undefined);
        resolve();
      });
    });
  }

  /** Begins to read. A client that never calls this, nor waits for a frame, is a slow reader. */
  listen(): this {
    if (this.socket.listenerCount('data') === 0) {
      this.socket.on('data', (chunk) => {
        for (const frame of this.#splitter.push(new Uint8Array(chunk))) this.#arrived(frame);
      });
    }
    return this;
  }

  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Says that nothing more will come, and ends. */
  end(): void {
    this.listen().socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** The next frame, or undefined when the connection ends without one. */
  frame(): Promise<Uint8Array | undefined> {
    this.listen();
    const frame = this.#frames.shift();
    if (frame || this.#ended) return Promise.resolve(frame);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  async ask<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    body: Input<Q>,
    apiVersion = api.versions[1],
  ): Promise<Output<S>> {
    this.write(request(api, body, apiVersion, 7));
    const frame = await this.frame();
    if (!frame) throw new Error(`the broker closed the connection instead of answering ${api.name}`);
    const reader = new Reader(frame);
    reader.int32();
    return decodeResponse(api as unknown as Api<Fields, S>, apiVersion, reader);
  }

  #arrived(frame: Uint8Array): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting(frame);
    else this.#frames.push(frame);
  }
}

/** The bytes of a whole request, length included. */
export function request<Q extends Fields>(
  api: Api<Q, Fields>,
  body: Input<Q>,
  apiVersion = api.versions[1],
  correlationId = 1,
): Uint8Array {
  return concat(encodeRequest(api, { apiVersion, correlationId, clientId: 'raw' }, body));
}

export const correlationIdOf = (frame: Uint8Array | undefined) => frame && new Reader(frame).int32();

/** Four bytes of length in front. */
export function framed(content: Uint8Array, announced = content.length): Uint8Array {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setInt32(0, announced);
  return concat([size, content]);
}
