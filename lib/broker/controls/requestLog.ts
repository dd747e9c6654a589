/** The requests that have come, and how many of each kind: who asked what is often all that a test wants to know. */
import type { ApiName, RequestInfo } from './requests.ts';

/** How many requests are kept, and how many clients are told apart: a broker runs for weeks. */
const LATEST = 1_000;
const CLIENTS = 1_000;
const OTHERS = '(others)';

export class RequestLog {
  #latest: RequestInfo[] = [];
  #counts = new Map<string, Map<ApiName, number>>();

  /** The newest thousand, oldest first. */
  get latest(): readonly RequestInfo[] {
    return this.#latest.slice(-LATEST);
  }

  /** How many have come, by client and API: `{ billing: { Metadata: 1, Produce: 3 } }`. A client without a name goes by the empty text. */
  get counts(): { readonly [clientId: string]: { readonly [api in ApiName]?: number } } {
    return Object.fromEntries([...this.#counts].map(([clientId, apis]) => [clientId, Object.fromEntries(apis)]));
  }

  /** How many have come of an API, from everybody or from one client. */
  count(api: ApiName, clientId?: string): number {
    const asked = clientId === undefined ? [...this.#counts.values()] : [this.#counts.get(clientId)];
    return asked.reduce((sum, apis) => sum + (apis?.get(api) ?? 0), 0);
  }

  /** Forgets all: what comes from now on is counted from zero. */
  clear(): void {
    this.#latest = [];
    this.#counts.clear();
  }

  /** What `console.log` shows in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): RequestLog['counts'] {
    return this.counts;
  }

  /** For the broker. */
  add(info: RequestInfo): void {
    // Cut rarely and by half, so that keeping the list short costs nothing worth counting.
    if (this.#latest.length === 2 * LATEST) this.#latest = this.#latest.slice(-LATEST);
    this.#latest.push(info);
    const apis = this.#countsOf(info.clientId ?? '');
    apis.set(info.api, (apis.get(info.api) ?? 0) + 1);
  }

  #countsOf(clientId: string): Map<ApiName, number> {
    const known = this.#counts.get(clientId);
    if (known !== undefined) return known;
    if (this.#counts.size >= CLIENTS && clientId !== OTHERS) return this.#countsOf(OTHERS);
    const apis = new Map<ApiName, number>();
    this.#counts.set(clientId, apis);
    return apis;
  }
}
