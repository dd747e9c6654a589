/**
 * The gate in front of a connection, where there is one: what a client says goes there until it has shown who it is. How that is done
 * is in `sasl/`, which only a broker with users needs; connections know this interface and nothing else.
 */
import type { Services } from './services.ts';

export interface Authentication {
  /** For one connection. */
  begin(services: Services): Authenticator;
}

export interface Authenticator {
  /** Who the client is, once that is clear. From then on its requests are handled. */
  readonly user: string | undefined;
  /** What is said to the next frame of a client that is not let in yet. Throws `MalformedBytes`. */
  take(frame: Uint8Array): Reply;
}

export interface Reply {
  /** Null: nothing is said. */
  readonly answer: readonly Uint8Array[] | null;
  /** Why the client is not let in: the connection is to be closed after the answer. */
  readonly failure?: string;
}
