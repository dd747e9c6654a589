/** A connection of a world in the shape of Node's socket, as far as kafkajs uses one: this is what its public setting `socketFactory` makes. */
import type { Network, Stream } from '../../../lib/index.ts';

export interface Destination {
  readonly host: string;
  readonly port: number;
  readonly onConnect: () => void;
}

type Listener = (value?: unknown) => void;

export class Socket {
  readonly #listeners: { readonly event: string; readonly listener: Listener }[] = [];
  readonly #wrap: (bytes: Uint8Array) => Uint8Array;
  #stream: Stream | undefined;
  #ended = false;

  /** `wrap` makes the kind of bytes that the program expects, a `Buffer`. */
  constructor(network: Network, { host, port, onConnect }: Destination, wrap: (bytes: Uint8Array) => Uint8Array) {
    this.#wrap = wrap;
    network.connect({ host, port }).then(
      (stream) => this.#connected(stream, onConnect),
      (error) => this.#emit('error', error),
    );
  }

  on(event: string, listener: Listener): this {
    this.#listeners.push({ event, listener });
    return this;
  }

  write(bytes: Uint8Array): void {
    this.#stream?.write([bytes]).catch((error) => this.#emit('error', error));
  }

  end(): void {
    this.#ended = true;
    this.#stream?.abort('kafkajs is done with it');
  }

  unref(): this {
    return this;
  }

  #connected(stream: Stream, onConnect: () => void): void {
    this.#stream = stream;
    if (this.#ended) {
      this.end();
      return;
    }
    onConnect();
    void this.#read(stream);
  }

  async #read(stream: Stream): Promise<void> {
    for (let bytes = await stream.read(); bytes !== null; bytes = await stream.read()) {
      this.#emit('data', this.#wrap(bytes));
    }
    this.#emit('end');
  }

  #emit(event: string, value?: unknown): void {
    for (const known of this.#listeners) if (known.event === event) known.listener(value);
  }
}
