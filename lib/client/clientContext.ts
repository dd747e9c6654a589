/** What every client is made of: its host, its timers, its connections, and what it knows of the cluster. */
import type { Host } from '../trace/host.ts';
import type { Address } from '../world/world.ts';
import { Connections } from './connections.ts';
import { Metadata } from './metadata.ts';
import type { CommonDefaults } from './settings.ts';
import { Backoff, retrying, Timers } from './waiting.ts';

export class ClientContext {
  readonly host: Host;
  readonly timers: Timers;
  readonly connections: Connections;
  readonly metadata: Metadata;
  readonly backoff: Backoff;

  constructor(
    host: Host,
    bootstrap: readonly Address[],
    settings: CommonDefaults & { readonly allowAutoCreateTopics: boolean },
  ) {
    this.host = host;
    this.timers = new Timers(host.clock);
    this.backoff = new Backoff(host.random.fork('retry'), settings.retryBackoffMs, settings.retryBackoffMaxMs);
    this.connections = new Connections(host, this.timers, bootstrap, {
      clientId: host.name,
      requestTimeoutMs: settings.requestTimeoutMs,
    });
    this.metadata = new Metadata(this.connections, this.timers, this.backoff, settings);
  }

  /** Repeats `attempt` while its errors may pass, at most for `timeoutMs`. `doing` completes "could not …". */
  retrying<T>(doing: string, timeoutMs: number, attempt: () => Promise<T>): Promise<T> {
    return retrying(this.timers, this.backoff, doing, timeoutMs, attempt);
  }

  close(): void {
    this.metadata.close();
    this.timers.close();
    this.connections.close();
  }
}
