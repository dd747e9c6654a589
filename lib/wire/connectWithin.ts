/** A broker that cannot be reached may stay silent instead of refusing: the wait for the connection has a limit of its own. */
import type { Host } from '../trace/host.ts';
import { ConnectionLost } from '../world/errors.ts';
import type { Address, Stream } from '../world/world.ts';

/** Rejects with `ConnectionLost`. A connection that comes too late is ended. */
export function connectWithin(host: Host, address: Address, timeoutMs: number): Promise<Stream> {
  return new Promise((resolve, reject) => {
    let late = false;
    const cancel = host.clock.after(timeoutMs, () => {
      late = true;
      reject(new ConnectionLost(`nobody answered at ${address.host}:${address.port} within ${timeoutMs} ms`));
    });
    host.network.connect(address).then(
      (stream) => {
        cancel();
        if (late) stream.abort('the connection came too late');
        else resolve(stream);
      },
      (error) => {
        cancel();
        reject(error);
      },
    );
  });
}
