/** What a client and a broker say to each other while the client logs in, frame by frame, for tests that look at single words. */
import { expect } from 'vitest';
import { Reader } from '../../lib/bytes/reader.ts';
import { concat, Writer } from '../../lib/bytes/writer.ts';
import { SaslAuthenticate, SaslHandshake } from '../../lib/protocol/apis/index.ts';
import { decodeResponse, encodeRequest, FrameSplitter } from '../../lib/protocol/frame.ts';
import type { Api, Fields, Input, Output } from '../../lib/protocol/schema.ts';
import { bytesOf } from '../../lib/wire/scram.ts';
import type { Stream } from '../../lib/world/world.ts';

/** A connection on which requests are said and answers heard, one by one. */
export class Talk {
  readonly #stream: Stream;
  readonly #splitter = new FrameSplitter(1 << 20);
  readonly #frames: Uint8Array[] = [];

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  async ask<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    body: Input<Q>,
    version = api.versions[1],
  ): Promise<Output<S>> {
    await this.say(request(api, body, version));
    const reader = new Reader(await this.hear());
    expect(reader.int32()).toBe(7);
    return decodeResponse(api as unknown as Api<Fields, S>, version, reader);
  }

  say(bytes: Uint8Array): Promise<void> {
    return this.#stream.write([bytes]);
  }

  async hear(): Promise<Uint8Array> {
    while (this.#frames.length === 0) {
      const chunk = await this.#stream.read();
      if (chunk === null) throw new Error('the broker has closed the connection');
      this.#frames.push(...this.#splitter.push(chunk));
    }
    return this.#frames.shift()!;
  }

  /** The connection ends, and nothing is said before. */
  async end(): Promise<void> {
    await expect(this.hear()).rejects.toThrow('has closed');
  }

  handshake(mechanism: string, version = 1) {
    return this.ask(SaslHandshake, { mechanism }, version);
  }

  token(token: string | Uint8Array, version = 2) {
    return this.ask(SaslAuthenticate, { authBytes: typeof token === 'string' ? bytesOf(token) : token }, version);
  }
}

export function request<Q extends Fields>(api: Api<Q, Fields>, body: Input<Q>, apiVersion: number): Uint8Array {
  return concat(encodeRequest(api, { apiVersion, correlationId: 7, clientId: 'c' }, body));
}

export function framed(content: Uint8Array): Uint8Array {
  const writer = new Writer();
  writer.int32(content.length);
  writer.bytes(content);
  return concat(writer.finish());
}
