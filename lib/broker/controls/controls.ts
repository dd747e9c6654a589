/**
 * Stepping in between a request and its answer: what a test does to a broker.
 *
 * A control says which requests it is for and what becomes of them. The dispatcher comes by here with each request; as a rule nobody wants it and its
 * handler answers. Where several controls want it they stand in line, in the order in which they were made: one that lets it pass hands it to the
 * next, and the last to the handler. The cluster keeps the controls, not a broker, so they hold when a broker is started again.
 *
 * Delays go by the clock of the broker, which in a simulated world is virtual.
 */
import { type ErrorName, Errors } from '../../protocol/errors.ts';
import type { Host } from '../../trace/host.ts';
import { type Duration, toMs } from '../../world/duration.ts';
import { type Arrived, CloseConnection, type Interceptor, NO_ANSWER } from '../dispatch.ts';
import type { Services } from '../services.ts';
import { errorAnswers } from './errorAnswers.ts';
import { RequestLog } from './requestLog.ts';
import type { ApiName, ResponseBody, SeenRequest } from './requests.ts';
import { type Act, type Control, type Handle, mustBePossible, type RequestFilter, Rule } from './rule.ts';

/** What can become of the requests chosen with `on`. Each call makes a control, which holds from now on. */
export interface ControlledRequests<Name extends ApiName> {
  /** Lets them pass, and tells of each when the broker begins with it. Without `look`, see `requests` of the control. */
  observe(look?: (seen: SeenRequest<Name>) => void): Control<Name>;
  /**
   * Answers in place of the broker, which does not see the request. A function may ask `handle` for what the broker answers, which then does what it is asked, and
   * change it. A Produce with `acks=0` gets no answer in any case.
   */
  answer(
    response:
      | ResponseBody<Name>
      | ((
          seen: SeenRequest<Name>,
          handle: () => Promise<ResponseBody<Name>>,
        ) => ResponseBody<Name> | Promise<ResponseBody<Name>>),
  ): Control<Name>;
  /** Answers this error for everything that the request names, and does nothing of it. To a Produce with `acks=0` Kafka says so by ending the connection. */
  answerError(error: ErrorName): Control<Name>;
  /** The broker begins this much later. What comes after it on the same connection waits its turn. */
  delay(duration: Duration): Control<Name>;
  /** The broker does what it is asked, and answers this much later. */
  delayAnswer(duration: Duration): Control<Name>;
  /** The broker does what it is asked, and the answer never leaves. The connection stays, so the client finds out by its time-out. */
  dropAnswer(): Control<Name>;
  /** The connection ends in place of an answer. With `handled` the broker does what it is asked first; by default the request is lost. */
  dropConnection(settings?: { readonly handled?: boolean }): Control<Name>;
}

/** A control in the line, whatever its API. */
interface Link {
  take(seen: SeenRequest, services: Services): boolean;
  act(seen: SeenRequest, handle: Handle, host: Host): unknown;
  remove(): void;
}

export class RequestControls implements Interceptor {
  readonly log = new RequestLog();
  #line: readonly Link[] = [];
  /** By connection, what its requests have to wait for: those of a producer overlap, and none may pass another. */
  readonly #heldBack = new Map<string, Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  /** What shall become of requests of this API. Throws a `TypeError` for a name or filter that nothing could ever match. */
  on<Name extends ApiName>(name: Name, filter: RequestFilter<Name> = {}): ControlledRequests<Name> {
    mustBePossible(name, filter);
    const add = (what: string, act: Act<Name>) => this.#add(name, filter, what, act);
    return {
      observe: (look) =>
        add('observe', (seen, handle) => {
          this.#asked(() => look?.(seen));
          return handle();
        }),
      answer: (response) =>
        add('answer', async (seen, handle) => {
          const own = typeof response === 'function' ? await this.#own(() => response(seen, typed(handle))) : response;
          return expectsAnswer(seen) ? own : NO_ANSWER;
        }),
      answerError: (error) =>
        add(`answerError ${error}`, (seen, handle) => {
          if (!expectsAnswer(seen)) throw new CloseConnection(`a control answers ${error} to ${name}`);
          return errorAnswers[name](seen.request, Errors[error].code, typed(handle));
        }),
      delay: (duration) => {
        const ms = toMs(duration);
        return add(`delay ${ms} ms`, async ({ remote }, handle, sleep) => {
          const waits = sleep(ms);
          this.#heldBack.set(remote, waits);
          await waits;
          this.#heldBack.delete(remote);
          return handle();
        });
      },
      delayAnswer: (duration) => {
        const ms = toMs(duration);
        return add(`delayAnswer ${ms} ms`, async (_, handle, sleep) => {
          const response = await handle();
          await sleep(ms);
          return response;
        });
      },
      dropAnswer: () =>
        add('dropAnswer', async (_, handle) => {
          await handle();
          return NO_ANSWER;
        }),
      dropConnection: ({ handled = false } = {}) =>
        add('dropConnection', async (_, handle) => {
          if (handled) await handle();
          throw new CloseConnection(`a control drops the connection of ${name}`);
        }),
    };
  }

  // #region intercept
  /** For the dispatcher: answers what `handle` answers, or what a control has in its place. */
  intercept(services: Services, { api, request, context }: Arrived, handle: Handle): unknown {
    const { version, clientId, remote } = context;
    const atMs = services.host.clock.monotonicMs();
    const info = { api: api as ApiName, version, clientId, remote, brokerId: services.brokerId, atMs };
    this.log.add(info);
    if (this.#line.length === 0) return handle();
    const seen = { ...info, request } as SeenRequest;
    return this.#heldBack.has(remote) ? this.#inTurn(services, seen, handle) : this.#pass(services, seen, handle);
  }

  async #inTurn(services: Services, seen: SeenRequest, handle: Handle): Promise<unknown> {
    while (this.#heldBack.has(seen.remote)) await this.#heldBack.get(seen.remote);
    return this.#pass(services, seen, handle);
  }

  #pass(services: Services, seen: SeenRequest, handle: Handle): unknown {
    const line = this.#line;
    const next = (from: number): unknown => {
      const at = line.findIndex((link, index) => index >= from && link.take(seen, services));
      return at === -1 ? handle() : line[at].act(seen, () => next(at + 1), services.host);
    };
    return next(0);
  }
  // #endregion intercept

  /** Removes all controls; what they hold back goes on. */
  removeAll(): void {
    for (const link of this.#line) link.remove();
  }

  /** Throws the first error that a function given to a control has thrown, if nobody has been told of it. */
  report(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
  }

  #add<Name extends ApiName>(
    name: Name,
    { where = () => true, ...filter }: RequestFilter<Name>,
    what: string,
    act: Act<Name>,
  ): Control<Name> {
    const safely = (seen: SeenRequest<Name>) => this.#asked(() => where(seen)) ?? false;
    const rule: Rule<Name> = new Rule(name, { ...filter, where: safely }, what, act, () => {
      this.#line = this.#line.filter((link) => link !== rule);
    });
    this.#line = [...this.#line, rule];
    return rule;
  }

  /** Calls a function of the test. What it throws is for `report`; no client shall suffer from it. */
  #asked<T>(call: () => T): T | undefined {
    try {
      return call();
    } catch (error) {
      this.#failure ??= { error };
      return undefined;
    }
  }

  /** As `asked`, where there is no answer without the function. */
  async #own<T>(make: () => T): Promise<Awaited<T>> {
    try {
      return await make();
    } catch (error) {
      if (!(error instanceof CloseConnection)) this.#failure ??= { error };
      throw new CloseConnection('a function that was to answer has failed');
    }
  }
}

/** A producer that wants no acknowledgement takes any answer for that to its next request. */
function expectsAnswer({ request }: SeenRequest): boolean {
  return (request as { readonly acks?: number }).acks !== 0;
}

function typed<Name extends ApiName>(handle: Handle): () => Promise<ResponseBody<Name>> {
  return async () => (await handle()) as ResponseBody<Name>;
}
