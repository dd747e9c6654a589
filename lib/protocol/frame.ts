/**
 * Frames: how requests and responses follow each other on a connection.
 *
 * A frame is four bytes of length and then that many bytes of content. A request begins with a header that names the API, its version and a
 * correlation id of the client's choice; the response carries the same id and nothing else by which to know it, so whoever asked must
 * remember which API and version it was.
 *
 * Source: KIP-482 for headers with tagged fields; `RequestHeader.json`, `ResponseHeader.json`.
 */
import { MalformedBytes, Reader } from '../bytes/reader.ts';
import { concat, Writer } from '../bytes/writer.ts';
import { type Api, type Fields, type Input, type Output, shapeOf } from './schema.ts';

const API_VERSIONS_KEY = 18;
/** A chunk takes some two hundred bytes beside its content: when they are many and small, they are put together. */
const MANY_CHUNKS = 256;
const SMALL_CHUNK_BYTES = 1_024;

export interface RequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  /** Chosen by the client, copied into the response. */
  readonly correlationId: number;
  readonly clientId: string | null;
}

export function encodeRequest<Request extends Fields>(
  api: Api<Request, Fields>,
  header: Omit<RequestHeader, 'apiKey'>,
  body: Input<Request>,
): Uint8Array[] {
  const shape = shapeOf(api, header.apiVersion);
  const writer = new Writer();
  writer.int16(api.key);
  writer.int16(header.apiVersion);
  writer.int32(header.correlationId);
  // The client id kept its two-byte length in the flexible header, so that a broker can read it before it knows the version.
  const clientId = header.clientId === null ? null : Writer.utf8(header.clientId);
  writer.int16(clientId === null ? -1 : clientId.length);
  if (clientId !== null) writer.bytes(clientId);
  if (shape.flexible) writer.unsignedVarint(0);
  api.request.write(writer, body, shape);
  return framed(writer);
}

/** Reads the header of a request. `flexibleSince` answers, for an API key, the first version with tagged fields; undefined: unknown API. */
export function decodeRequestHeader(
  reader: Reader,
  flexibleSince: (apiKey: number) => number | undefined,
): RequestHeader {
  const apiKey = reader.int16();
  const apiVersion = reader.int16();
  const correlationId = reader.int32();
  const length = reader.int16();
  const clientId = length < 0 ? null : reader.string(length);
  if (apiVersion >= (flexibleSince(apiKey) ?? Infinity)) skipTaggedFields(reader);
  return { apiKey, apiVersion, correlationId, clientId };
}

/** Throws `MessageTooLarge` where the response, without the batches in it, would have more than `maxBytes`. */
export function encodeResponse<Response extends Fields>(
  api: Api<Fields, Response>,
  version: number,
  correlationId: number,
  body: Input<Response>,
  maxBytes = Infinity,
): Uint8Array[] {
  const shape = shapeOf(api, version);
  const writer = new Writer(undefined, maxBytes);
  writer.int32(correlationId);
  if (hasTaggedResponseHeader(api, version)) writer.unsignedVarint(0);
  api.response.write(writer, body, shape);
  return framed(writer);
}

/** The body of a response whose correlation id has been read from `reader` already. */
export function decodeResponse<Response extends Fields>(
  api: Api<Fields, Response>,
  version: number,
  reader: Reader,
): Output<Response> {
  if (hasTaggedResponseHeader(api, version)) skipTaggedFields(reader);
  return api.response.read(reader, shapeOf(api, version));
}

/** A client that asks for versions cannot know yet which header the broker speaks, so that one response keeps the oldest. */
export function hasTaggedResponseHeader(api: Pick<Api, 'key' | 'flexibleSince'>, version: number): boolean {
  return version >= api.flexibleSince && api.key !== API_VERSIONS_KEY;
}

function skipTaggedFields(reader: Reader): void {
  for (let count = reader.unsignedVarint(); count > 0; count--) {
    reader.unsignedVarint();
    reader.bytes(reader.unsignedVarint());
  }
}

function framed(writer: Writer): Uint8Array[] {
  const { length } = writer;
  const content = writer.finish();
  const size = new Writer(4);
  size.int32(length);
  return [...size.finish(), ...content];
}

/**
 * Cuts the bytes of a connection into frames. TCP keeps bytes in order and nothing else: one chunk may hold half a frame, or three.
 *
 * The announced length is believed only as far as bytes have arrived: a promise of 2 GB is refused by `maxFrameBytes`, and a
 * promise below it allocates nothing until the bytes are there.
 */
export class FrameSplitter {
  /** The largest frame that is accepted from here on. */
  maxFrameBytes: number;
  #chunks: Uint8Array[] = [];
  #buffered = 0;
  /** Length of the frame being collected, or -1 while its four length bytes are incomplete. */
  #expected = -1;

  constructor(maxFrameBytes: number) {
    this.maxFrameBytes = maxFrameBytes;
  }

  /** The length of the frame of which a part has come; 0: there is none, or its length is not known yet. */
  get announced(): number {
    return Math.max(0, this.#expected);
  }

  // #region push
  /** Takes the next bytes and answers the frames that they complete, without their length. Throws `MalformedBytes`. */
  push(chunk: Uint8Array): Uint8Array[] {
    const frames: Uint8Array[] = [];
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    const count = this.#chunks.length;
    if (count > MANY_CHUNKS && this.#buffered < count * SMALL_CHUNK_BYTES) this.#chunks = [concat(this.#chunks)];
    for (;;) {
      if (this.#expected === -1) {
        if (this.#buffered < 4) return frames;
        this.#expected = new Reader(this.#take(4)).int32();
        if (this.#expected < 0 || this.#expected > this.maxFrameBytes) {
          throw new MalformedBytes(unacceptable(this.#expected, this.maxFrameBytes));
        }
      }
      if (this.#buffered < this.#expected) return frames;
      frames.push(this.#take(this.#expected));
      this.#expected = -1;
    }
  }
  // #endregion push

  #take(length: number): Uint8Array {
    this.#buffered -= length;
    const first = this.#chunks[0];
    if (first !== undefined && first.length >= length) {
      this.#chunks[0] = first.subarray(length);
      if (this.#chunks[0].length === 0) this.#chunks.shift();
      return first.subarray(0, length);
    }
    const whole = new Uint8Array(length);
    let filled = 0;
    let used = 0;
    for (; filled < length; used++) {
      const part = this.#chunks[used].subarray(0, length - filled);
      whole.set(part, filled);
      filled += part.length;
      if (part.length < this.#chunks[used].length) {
        this.#chunks[used] = this.#chunks[used].subarray(part.length);
        break;
      }
    }
    this.#chunks.splice(0, used);
    return whole;
  }
}

/** The first bytes of TLS, a handshake or an alert, look like the length of a large frame: a riddle to everybody who meets that number in a log. */
function unacceptable(announced: number, maxFrameBytes: number): string {
  const start = announced >>> 16;
  if (start === 0x1603 || start === 0x1503) {
    return 'the other side speaks TLS and this one does not: use TLS on both sides, or on neither';
  }
  return `a frame of ${announced} bytes is announced; at most ${maxFrameBytes} are accepted`;
}
