/** Which consumer held which partition as a member of its group, from when to when: as the consumers themselves tell it. */
import type { TraceEvent } from '../../trace/trace.ts';

export interface Holding {
  /** The consumer. */
  readonly node: string;
  readonly partition: string;
  /** Its member id and generation when it got the partition. */
  readonly member: string;
  readonly generation: number;
  readonly from: number;
  /** Infinity: it holds it still. */
  readonly until: number;
  /** How it came to an end. `gone`: with the process. */
  readonly end: 'revoked' | 'lost' | 'gone' | 'open';
}

interface Partitions {
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[];
}

export function holdings(events: readonly TraceEvent[]): Holding[] {
  const all: { -readonly [name in keyof Holding]: Holding[name] }[] = [];
  const open = new Map<string, (typeof all)[number]>();
  const finish = (key: string, until: number, end: Holding['end']) => {
    const holding = open.get(key);
    open.delete(key);
    if (holding !== undefined) Object.assign(holding, { until, end });
  };
  for (const [index, { what, node, detail }] of events.entries()) {
    if (what === 'consumer.assigned') {
      const { member, generation } = detail as never as { member: string; generation: number };
      for (const partition of partitionsIn(detail)) {
        const key = `${node} ${partition}`;
        if (open.has(key)) continue;
        const holding = { node, partition, member, generation, from: index, until: Infinity, end: 'open' as const };
        open.set(key, holding);
        all.push(holding);
      }
    } else if (what === 'consumer.revoked' || what === 'consumer.lost') {
      const end = what === 'consumer.lost' ? 'lost' : 'revoked';
      for (const partition of partitionsIn(detail)) finish(`${node} ${partition}`, index, end);
    } else if (what === 'process.crashed' || what === 'process.exited') {
      for (const [key, holding] of [...open]) if (runsIn(holding.node, node)) finish(key, index, 'gone');
    }
  }
  return all;
}

/** `ledger-0`, for each partition that an event lists. */
export function partitionsIn(detail: TraceEvent['detail']): string[] {
  return (detail as never as Partitions).partitions.map(({ topic, partition }) => `${topic}-${partition}`);
}

/** The node of a key that was made of a node, a space and a partition. A process may have spaces in its name, a partition has none. */
export function nodeIn(key: string): string {
  return key.slice(0, key.lastIndexOf(' '));
}

/** Clients are named after their process. */
export function runsIn(client: string, process: string): boolean {
  return client === process || client.startsWith(`${process}/`);
}

/** The process of a client. */
export function processOf(client: string): string {
  const slash = client.lastIndexOf('/');
  return slash < 0 ? 'main' : client.slice(0, slash);
}
