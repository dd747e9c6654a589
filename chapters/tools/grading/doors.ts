/**
 * What Node's permissions leave open, closed in the child before a submission begins: signals to other processes, the network, sockets that are files.
 *
 * These functions are taken away from the modules that have them. That keeps from the network whoever asks for it by name, on every system; it is no wall against
 * somebody who knows the inside of Node. A wall is the network namespace, where there is one.
 */
import dgram from 'node:dgram';
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import os from 'node:os';

const CLOSED: readonly [owner: object, names: readonly string[]][] = [
  [process, ['kill', '_kill', '_debugProcess', '_debugEnd', 'dlopen']],
  [os, ['setPriority']],
  [net, ['_createServerHandle']],
  [net.Socket.prototype, ['connect']],
  [net.Server.prototype, ['listen', '_listen2']],
  [dgram.Socket.prototype, ['bind', 'connect', 'send']],
  ...[
    dns,
    dns.promises,
    dns.Resolver.prototype,
    dns.promises.Resolver.prototype,
    Object.getPrototypeOf(dns.Resolver.prototype),
  ].map((owner): [object, string[]] => [owner, questionsOf(owner)]),
];

/** Whatever asks for the address of a name, or for the name of an address. */
function questionsOf(owner: object): string[] {
  return Object.getOwnPropertyNames(owner).filter((name) => /^(lookup|resolve|reverse)/.test(name));
}

export function closeDoors(): void {
  for (const [owner, names] of CLOSED) {
    for (const name of names) {
      const value = () => {
        throw new Error(`${name} is not to be had while a submission is graded`);
      };
      Object.defineProperty(owner, name, { value, configurable: false, writable: false });
    }
  }
  syncBuiltinESMExports();
}
