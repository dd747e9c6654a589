/** A broker that cannot be reached may stay silent instead of refusing: the wait for the connection has a limit of its own. */
import type { Host } from '../trace/host.ts';
import { ConnectionLost } from '../world/errors.ts';
import type { Address, Cancel, Stream } from '../world/world.ts';

/** Rejects with `ConnectionLost`. While it waits, `opening` has how to give it up. A connection that comes too late is ended. */
export function connectWithin(host: Host, address: Address, timeoutMs: number, opening: Set<Cancel>): Promise<Stream> {
  return new Promise((resolve, reject) => {
    let late = false;
    const giveUp = (why: string) => {
      late = true;
      done();
      reject(new ConnectionLost(`nobody answered at ${address.host}:${address.port} ${why}`));
    };
    const cancel = host.clock.after(timeoutMs, () => giveUp(`within ${timeoutMs} ms`));
    const leave = () => giveUp('before this side was closed');
    const done = () => {
      cancel();
      opening.delete(leave);
    };
    opening.add(leave);
    host.network.connect(address).then(
      (stream) => {
        done();
        if (late) stream.abort('the connection came too late');
        else resolve(stream);
      },
      (error) => {
        done();
        reject(error);
      },
    );
  });
}
