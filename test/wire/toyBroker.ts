/**
 * A broker of a few lines: it speaks frames, and answers what the test tells it to. `connected` opens connections to it in a simulated world.
 */
import { Reader } from '../../lib/bytes/reader.ts';
import { ApiVersions } from '../../lib/protocol/apis/18-api-versions.ts';
import { apis } from '../../lib/protocol/apis/index.ts';
import { decodeRequestHeader, encodeResponse, FrameSplitter, type RequestHeader } from '../../lib/protocol/frame.ts';
import { type Api, type Fields, shapeOf } from '../../lib/protocol/schema.ts';
import { SimulatedWorld } from '../../lib/sim/simulatedWorld.ts';
import type { Host } from '../../lib/trace/host.ts';
import { Connection, type ConnectionSettings } from '../../lib/wire/connection.ts';
import type { Address, Stream } from '../../lib/world/world.ts';

export interface Asked {
  readonly header: RequestHeader;
  /** The decoded body. */
  readonly body: { readonly [name: string]: unknown };
  /** Sends an answer, in the version of the question unless told otherwise. */
  answer(body: { readonly [name: string]: unknown }, version?: number, correlationId?: number): void;
  readonly stream: Stream;
}

export const ADDRESS = { host: 'broker', port: 9092 };

/** Versions that the toy announces: what the library knows, where not told otherwise. */
export type Announced = { readonly [apiKey: number]: readonly [min: number, max: number] };

export class Toy {
  readonly world = new SimulatedWorld(1);
  readonly host: Host = this.world.process('client').host();
  readonly asked: Asked[] = [];

  /**
   * `respond` gets every request but ApiVersions, which is answered with `announced`. While it returns a promise, the next request of the connection
   * waits, as with a real broker.
   */
  async listen(
    respond: (asked: Asked) => unknown,
    announced: Announced | ((asked: Asked) => void) = {},
    address: Address = ADDRESS,
  ): Promise<void> {
    const network = this.world.process(address.host).host().network;
    await network.listen(address, (stream) => void this.#serve(stream, respond, announced));
  }

  open(settings: Partial<ConnectionSettings> = {}): Promise<Connection> {
    return this.drive(Connection.open(this.host, ADDRESS, { clientId: 'test', ...settings }));
  }

  /** Lets time pass until `promise` settles. */
  drive<T>(promise: Promise<T>): Promise<T> {
    return this.world.drive.drive('the test', promise);
  }

  async #serve(
    stream: Stream,
    respond: (asked: Asked) => unknown,
    announced: Announced | ((asked: Asked) => void),
  ): Promise<void> {
    const splitter = new FrameSplitter(1 << 20);
    for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) {
      for (const frame of splitter.push(chunk)) {
        const reader = new Reader(frame);
        const header = decodeRequestHeader(reader, (key) => apis.get(key)?.flexibleSince);
        const api = apis.get(header.apiKey) as Api<Fields, Fields>;
        const body = api.request.read(reader, shapeOf(api, header.apiVersion)) as Asked['body'];
        const asked: Asked = {
          header,
          body,
          stream,
          answer: (body, version = header.apiVersion, correlationId = header.correlationId) =>
            void stream.write(encodeResponse(api, version, correlationId, body as never)).catch(() => {}),
        };
        if (api.key !== ApiVersions.key) {
          this.asked.push(asked);
          await respond(asked);
        } else if (typeof announced === 'function') announced(asked);
        else asked.answer({ errorCode: 0, apiKeys: versions(announced) });
      }
    }
  }
}

export function versions(announced: Announced): { apiKey: number; minVersion: number; maxVersion: number }[] {
  return [...apis.values()].map(({ key, versions }) => {
    const [minVersion, maxVersion] = announced[key] ?? versions;
    return { apiKey: key, minVersion, maxVersion };
  });
}
