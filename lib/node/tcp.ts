/**
 * The network as it is: TCP, through `node:net`.
 *
 * A stream is paused as soon as something has come that nobody asked for. What comes then stays in the kernel, the sender's window
 * closes, and so a slow reader costs the sender time and us no memory. In the other direction `write` resolves once the
 * kernel has the bytes, so whoever waits for it before writing more never heaps up answers for a peer that does not read.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { AddressInUse, ConnectionLost } from '../world/errors.ts';
import type { Address, Listener, Network, Stream } from '../world/world.ts';

/** The address exists nowhere on this machine, or may not be used. The message says what to do. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen';
}

/** How long a connection may take to come about; Kafka's `socket.connection.setup.timeout.ms`. */
export const CONNECT_TIMEOUT_MS = 10_000;
/** Requests are small and answered at once, so nothing is held back; keep-alive finds peers that vanished without a word. */
const socketOptions = { noDelay: true, keepAlive: true };

export const tcp: Network = {
  listen(at, accept) {
    const server = createServer(socketOptions, (socket) => accept(new TcpStream(socket)));
    return listening(server, at);
  },

  connect(to) {
    const socket = connect({ ...socketOptions, host: to.host, port: to.port });
    return new Promise((resolve, reject) => {
      const failed = (why: string) => {
        clearTimeout(timer);
        socket.destroy();
        reject(
          new ConnectionLost(
            `nobody answers at ${to.host}:${to.port} (${why}): is the broker running, and is this its address?`,
          ),
        );
      };
      const timer = setTimeout(() => failed(`not within ${CONNECT_TIMEOUT_MS / 1000} s`), CONNECT_TIMEOUT_MS);
      const onError = (error: NodeJS.ErrnoException) => failed(error.code ?? error.message);
      socket.once('error', onError);
      socket.once('connect', () => {
        clearTimeout(timer);
        socket.off('error', onError);
        resolve(new TcpStream(socket));
      });
    });
  },
};

/** Rejects with `AddressInUse` or `CannotListen`. */
export function listening(server: Server, at: Address): Promise<Listener> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(whyNotListening(at, error)));
    server.listen({ host: at.host, port: at.port, exclusive: true }, () => {
      // From here on an error concerns one connection that could not be accepted; the others go on.
      server.removeAllListeners('error').on('error', () => {});
      resolve(listenerOf(server, at.host));
    });
  });
}

function listenerOf(server: Server, host: string): Listener {
  const bound = server.address();
  const port = bound !== null && typeof bound === 'object' ? bound.port : 0;
  return {
    address: { host, port },
    async close() {
      // The callback of `close` would wait for the streams already accepted, which are not ours to end.
      if (server.listening) server.close();
    },
  };
}

function whyNotListening(at: Address, error: NodeJS.ErrnoException): Error {
  if (error.code === 'EADDRINUSE') return new AddressInUse(at.host, at.port);
  if (error.code === 'EACCES') {
    return new CannotListen(`port ${at.port} on ${at.host} is not allowed to this user: choose one above 1023`);
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') {
    return new CannotListen(
      `${at.host} is not an address of this machine: use 127.0.0.1 for this machine alone, or 0.0.0.0 for all its networks`,
    );
  }
  return new CannotListen(`cannot listen on ${at.host}:${at.port}: ${error.message}`);
}

export class TcpStream implements Stream {
  readonly remote: string;
  readonly #socket: Socket;
  /** What has come and was not asked for: little, since the socket is paused then. */
  readonly #arrived: Uint8Array[] = [];
  /** Whoever waits in `read`. */
  #reader: ((bytes: Uint8Array | null) => void) | undefined;
  #ended = false;
  #lostBecause = 'the other side closed it';

  constructor(socket: Socket) {
    this.#socket = socket;
    this.remote = `${socket.remoteAddress}:${socket.remotePort}`;
    socket.on('data', (bytes: Buffer) => this.#arrive(plain(bytes)));
    socket.on('end', () => this.#end());
    socket.on('close', () => this.#end());
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#lostBecause = error.code ?? error.message;
    });
  }

  read(): Promise<Uint8Array | null> {
    const bytes = this.#arrived.shift();
    if (bytes !== undefined) return Promise.resolve(bytes);
    if (this.#ended) return Promise.resolve(null);
    if (this.#socket.isPaused()) this.#socket.resume();
    return new Promise((resolve) => {
      this.#reader = resolve;
    });
  }

  /**
   * What a fetch answers has come from a file into our memory, and goes from here into the socket's. Kafka spares itself both ways with `sendfile`: told
   * where in a file the batches lie, the kernel moves them from its cache of the file to the socket, and the bytes never enter the process. Node
   * offers no such call for sockets. Here it would also mean to send what nobody has looked at, since the log checks what lies in older segments
   * before it leaves; and under TLS Kafka has to copy too.
   */
  write(chunks: readonly Uint8Array[]): Promise<void> {
    if (chunks.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      if (!this.#socket.writable) return reject(this.#lost());
      const last = chunks.length - 1;
      // All chunks between cork and uncork leave in one system call.
      this.#socket.cork();
      for (let index = 0; index < last; index++) this.#socket.write(chunks[index]);
      this.#socket.write(chunks[last], (error) => (error ? reject(this.#lost()) : resolve()));
      this.#socket.uncork();
    });
  }

  abort(reason: string): void {
    if (this.#socket.destroyed) return;
    this.#lostBecause = reason;
    this.#socket.destroy();
  }

  #lost(): ConnectionLost {
    return new ConnectionLost(`the connection to ${this.remote} is lost: ${this.#lostBecause}`);
  }

  #arrive(bytes: Uint8Array): void {
    if (this.#reader !== undefined) return this.#answer(bytes);
    this.#arrived.push(bytes);
    this.#socket.pause();
  }

  #end(): void {
    this.#ended = true;
    this.#answer(null);
  }

  #answer(bytes: Uint8Array | null): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.(bytes);
  }
}

/** A `Buffer` looks like a `Uint8Array` until somebody calls `slice`, which there does not copy: the rooms above get the plain kind. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
