/**
 * Explains a frame byte by byte: which bytes are which field, and what they say.
 *
 * A request says in its header which API and version it is; whoever shows a response has to know what was asked. What is malformed is read as far as it
 * makes sense, and the byte at which it stops is named, so a frame of whatever origin can be given: this never throws, and the work it does is bounded
 * by the number of bytes.
 */
import { MalformedBytes } from '../bytes/reader.ts';
import { type AnyApi, ApiVersions, apis } from '../protocol/apis/index.ts';
import { Errors, errorOf } from '../protocol/errors.ts';
import { FrameSplitter, hasTaggedResponseHeader } from '../protocol/frame.ts';
import { int16, int32, type Shape, shapeOf, string } from '../protocol/schema.ts';
import { batchRows } from './batchRows.ts';
import { type AnyField, type BadByte, BadBytes, counted, EnoughRows, FieldRows, type FrameRow } from './fieldRows.ts';

export type { BadByte, FrameRow } from './fieldRows.ts';

/** What was asked, without which a response cannot be read. */
export interface Question {
  readonly apiKey: number;
  readonly apiVersion: number;
}

export interface ExplainedFrame {
  /** `Metadata request, version 6`. */
  readonly title: string;
  /** In the order of the bytes, without gaps. */
  readonly rows: readonly FrameRow[];
  /** Where the bytes stop making sense; absent when all of them do. */
  readonly bad?: BadByte;
  /** There would be more rows than anybody looks at, and the rest is left out. */
  readonly isCut: boolean;
}

/** Kafka's own limit (`socket.request.max.bytes`). */
const MAX_FRAME_BYTES = 100 * 1024 * 1024;
/** The header is read before anything is known about the version, and so it has no version itself. */
const headerShape: Shape = { version: 0, flexible: false };
const noTags = new Map<number, never>();

/** @param answers for a response: the request that it answers. Without it the bytes are read as a request. */
export function explainFrame(bytes: Uint8Array, answers?: Question): ExplainedFrame {
  const reading = new Reading(bytes);
  try {
    reading.frame(answers);
    return { title: reading.title, rows: reading.rows, isCut: false };
  } catch (error) {
    if (error instanceof EnoughRows) return { title: reading.title, rows: reading.rows, isCut: true };
    if (!(error instanceof BadBytes)) throw error;
    return { title: reading.title, rows: reading.rows, bad: error.bad, isCut: false };
  }
}

class Reading extends FieldRows {
  title = 'A frame';

  frame(answers: Question | undefined): void {
    this.#size();
    if (answers === undefined) this.#request();
    else this.#response(answers);
    this.passOver('rest', 'which nobody reads');
    this.end = this.bytes.length;
    this.passOver('next', 'of the next frame');
  }

  override read(path: string, field: AnyField, shape: Shape): void {
    if (field.format.type === 'records') this.#records(path, field, shape);
    else super.read(path, field, shape);
  }

  override value(path: string, field: AnyField, shape: Shape, say?: (value: unknown) => string): unknown {
    return super.value(path, field, shape, say ?? nameOf(path));
  }

  #size(): void {
    const size = Number(this.value('size', about(int32, 'The bytes of the frame behind this field.'), headerShape));
    try {
      new FrameSplitter(MAX_FRAME_BYTES).push(this.bytes.subarray(0, 4));
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error;
      this.bad(0, 'size', `${error.message}${asText(this.bytes.subarray(0, 4))}`);
    }
    this.end = this.at + size;
  }

  #request(): void {
    const at = this.at;
    const apiKey = Number(this.value('apiKey', about(int16, 'Which API is meant.'), headerShape));
    const api = apis.get(apiKey);
    if (api === undefined) this.bad(at, 'apiKey', `no API with the key ${apiKey} is described here`);
    const version = Number(this.value('apiVersion', about(int16, 'In which of its versions.'), headerShape));
    const [min, max] = api.versions;
    if (version < min || version > max)
      this.bad(at + 2, 'apiVersion', `${api.name} is described here in versions ${min} to ${max}`);
    this.title = `${api.name} request, version ${version}`;
    this.#correlationId();
    this.value('clientId', about(string.nullable(), 'The name that the client gives itself.'), headerShape);
    const shape = shapeOf(api, version);
    if (shape.flexible) this.tagged('', noTags, shape);
    this.read('', api.request as AnyField, shape);
  }

  #response({ apiKey, apiVersion }: Question): void {
    const api = apis.get(apiKey);
    if (api === undefined) this.bad(this.at, '', `no API with the key ${apiKey} is described here`);
    const [min, max] = api.versions;
    this.#correlationId();
    const version = this.#isInOldestForm(api) ? 0 : apiVersion;
    if (!(version >= min && version <= max))
      this.bad(this.at, '', `${api.name} is described here in versions ${min} to ${max}`);
    this.title = `${api.name} response, version ${version}`;
    const shape = shapeOf(api, version);
    if (hasTaggedResponseHeader(api, version)) this.tagged('', noTags, shape);
    this.read('', api.response as AnyField, shape);
  }

  #correlationId(): void {
    this.value('correlationId', about(int32, 'Chosen by the client, copied into the response.'), headerShape);
  }

  /** A broker that does not know the version of the question about versions answers in version 0 (KIP-511). */
  #isInOldestForm(api: AnyApi): boolean {
    const [high, low] = this.bytes.subarray(this.at, this.end);
    return api.key === ApiVersions.key && high === 0 && low === Errors.UNSUPPORTED_VERSION.code;
  }

  /** The length has a row of its own, and then the batches come. */
  #records(path: string, field: AnyField, shape: Shape): void {
    const from = this.at;
    const length = this.length(path, field, shape);
    this.add(from, path, 'records', length === -1 ? 'null' : counted(length, 'byte'), field.options.about);
    const { end } = this;
    this.end = this.at + Math.max(0, length);
    batchRows(this, `${path}.batches`);
    this.end = end;
  }
}

/** Says after some numbers what they stand for. */
function nameOf(path: string): ((value: unknown) => string) | undefined {
  if (path.endsWith('apiKey')) return (key) => `${key} ${apis.get(Number(key))?.name ?? ''}`.trimEnd();
  if (path.endsWith('rrorCode')) return (code) => `${code} ${errorOf(Number(code)).name}`;
  return undefined;
}

/** Somebody who speaks another protocol often begins with text, as a browser does. */
function asText(bytes: Uint8Array): string {
  const isText = bytes.length === 4 && bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
  return isText ? `; as text these four bytes are "${String.fromCharCode(...bytes)}"` : '';
}

function about(field: { about(text: string): unknown }, says: string): AnyField {
  return field.about(says) as AnyField;
}
