/**
 * From the bytes of a request to the bytes of its answer.
 *
 * There is one table of routes: API, versions, handler. What ApiVersions announces is computed from it, so a request is announced exactly when
 * somebody handles it. A handler takes a decoded request and answers data; it does not know what a socket is.
 */
import { Reader } from '../bytes/reader.ts';
import { MessageTooLarge } from '../bytes/writer.ts';
import { type AnyApi, ApiVersions } from '../protocol/apis/index.ts';
import { Errors } from '../protocol/errors.ts';
import { decodeRequestHeader, encodeResponse, type RequestHeader } from '../protocol/frame.ts';
import { type Api, type Fields, type Input, type Output, shapeOf } from '../protocol/schema.ts';
import type { AnswerRoom } from './answerMemory.ts';
import { unsupportedApiVersions } from './handlers/18-api-versions.ts';
import type { RequestContext, Services } from './services.ts';

/** The client asked for no answer (Produce with `acks=0`). */
export const NO_ANSWER = Symbol('no answer');

/** The connection has to end: where no answer is expected, this is the only way to say that something is wrong. */
export class CloseConnection extends Error {
  override readonly name = 'CloseConnection';
}

/** All partitions of a large cluster in one request, and more than anybody has reason to ask for. */
const MAX_REQUEST_ENTRIES = 1_000_000;

/**
 * The largest answer, without the batches in it, which have limits of their own: as much as the largest request is by default. Most APIs answer about as much
 * as they are asked, or what there is. Where the two multiply, kilobytes of request would else be all the memory that a broker has.
 */
const MAX_ANSWER_BYTES = 100 << 20;

type Answer<Response extends Fields> = Input<Response> | typeof NO_ANSWER;

export type Handler<A> =
  A extends Api<infer Request, infer Response>
    ? (
        services: Services,
        request: Output<Request>,
        context: RequestContext,
      ) => Answer<Response> | Promise<Answer<Response>>
    : never;

export interface Route {
  readonly api: AnyApi;
  /** The versions that the handler takes. */
  readonly versions: readonly [min: number, max: number];
  /** Whether the next request of the connection may be begun before this one is answered. Answers keep their order in any case. */
  readonly pipelined: boolean;
  readonly handle: (services: Services, request: unknown, context: RequestContext) => unknown;
}

export interface RouteSettings {
  readonly versions?: readonly [min: number, max: number];
  readonly pipelined?: boolean;
}

export function route<Request extends Fields, Response extends Fields>(
  api: Api<Request, Response>,
  handle: Handler<Api<Request, Response>>,
  { versions = api.versions, pipelined = false }: RouteSettings = {},
): Route {
  return { api: api as unknown as AnyApi, versions, pipelined, handle: handle as Route['handle'] };
}

/** A request that has been decoded and waits for its handler. */
export interface Arrived {
  /** The API's name. */
  readonly api: string;
  readonly request: unknown;
  readonly context: RequestContext;
}

/** May step in between a request and its handler: answers what `handle` answers, or something of its own (controls/controls.ts). */
export interface Interceptor {
  intercept(services: Services, arrived: Arrived, handle: () => unknown): unknown;
}

/** A request that can be handled. */
export interface Job {
  readonly header: RequestHeader;
  readonly apiName: string;
  readonly pipelined: boolean;
  /** Null: there is no answer. Rejects with `CloseConnection`, or with whatever a bug throws. */
  answer(): Promise<readonly Uint8Array[] | null>;
}

export class Dispatcher {
  readonly #services: Services;
  readonly #routes = new Map<number, Route[]>();
  readonly #interceptor: Interceptor | undefined;

  constructor(services: Services, routes: readonly Route[], interceptor?: Interceptor) {
    this.#services = services;
    this.#interceptor = interceptor;
    for (const one of routes) this.#routes.set(one.api.key, [...(this.#routes.get(one.api.key) ?? []), one]);
  }

  // #region decode
  /** Reads a request. Throws `MalformedBytes`, and `CloseConnection` for a request that nobody here understands. */
  decode(frame: Uint8Array, remote: string, room?: AnswerRoom): Job {
    const reader = new Reader(frame, MAX_REQUEST_ENTRIES);
    const header = decodeRequestHeader(reader, (key) => this.#routes.get(key)?.[0].api.flexibleSince);
    const routes = this.#routes.get(header.apiKey);
    if (routes === undefined) throw new CloseConnection(`there is no API ${header.apiKey} here`);
    const found = routes.find(({ versions }) => header.apiVersion >= versions[0] && header.apiVersion <= versions[1]);
    if (found === undefined) return this.#unsupported(header, routes[0]);
    const request = found.api.request.read(reader, shapeOf(found.api, header.apiVersion));
    // What is left behind the last field is not looked at, as in Kafka (AbstractRequest.java): librdkafka leaves three
    // bytes there when it asks for the metadata of all topics.
    const context: RequestContext = { version: header.apiVersion, clientId: header.clientId, remote, room };
    return {
      header,
      apiName: found.api.name,
      pipelined: found.pipelined,
      answer: async () => {
        const handle = () => found.handle(this.#services, request, context);
        const arrived = { api: found.api.name, request, context };
        const response = await (this.#interceptor
          ? this.#interceptor.intercept(this.#services, arrived, handle)
          : handle());
        if (response === NO_ANSWER) return null;
        return encode(found.api, header, response as Input<Fields>);
      },
    };
  }
  // #endregion decode

  /** A client that asks for versions in a version that we do not know gets an answer that every client can read; for others there is none. */
  #unsupported(header: RequestHeader, { api }: Route): Job {
    if (header.apiKey !== ApiVersions.key) {
      throw new CloseConnection(`${api.name} has no version ${header.apiVersion} here`);
    }
    const response = unsupportedApiVersions(this.#services, Errors.UNSUPPORTED_VERSION);
    return {
      header,
      apiName: api.name,
      pipelined: false,
      answer: async () =>
        encodeResponse(ApiVersions as unknown as AnyApi, 0, header.correlationId, response as Input<Fields>),
    };
  }
}

function encode(api: AnyApi, { apiVersion, correlationId }: RequestHeader, response: Input<Fields>): Uint8Array[] {
  try {
    return encodeResponse(api, apiVersion, correlationId, response, MAX_ANSWER_BYTES);
  } catch (error) {
    if (!(error instanceof MessageTooLarge)) throw error;
    throw new CloseConnection(
      `the answer to ${api.name} would have more than ${MAX_ANSWER_BYTES} bytes: ask for less at once`,
    );
  }
}
