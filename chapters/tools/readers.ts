/** Tells from a trace who read which partition, and from when on. */
import {
  type Drawing,
  type OwnershipMoment,
  ownership,
  type SimulatedKafka,
  type TopicPartition,
  type TraceEvent,
} from '../../lib/index.ts';

/** Changes closer together than this are one moment: a rebalance hands out its partitions one after the other. */
const ONE_MOMENT_MS = 500;

/** Who read the partitions of `topic`, of all programs or of those whose names begin with `who`. */
export function readers(caption: string, kafka: SimulatedKafka, topic: string, who = ''): Drawing {
  const owners = new Map<number, string>();
  const present = new Set<string>();
  const moments: OwnershipMoment[] = [];
  let count = 0;
  for (const event of kafka.cluster.trace.events) {
    const name = event.node.split('/')[0];
    if (!name.startsWith(who)) continue;
    const says = changed(event, name, topic, owners, present);
    if (says === undefined) continue;
    count = Math.max(count, ...[...owners.keys()].map((partition) => partition + 1));
    const last = moments.at(-1);
    const joins = last !== undefined && event.at - last.at < ONE_MOMENT_MS && event.what !== 'process.crashed';
    if (joins) moments.pop();
    const rows = Array.from({ length: count }, (_, partition) => owners.get(partition));
    const idle = [...present].filter((member) => !rows.includes(member)).sort();
    moments.push({ at: event.at, says: joins ? last.says : says, owners: rows, idle });
  }
  const rows = Array.from({ length: count }, (_, partition) => `partition ${partition}`);
  const whole = moments.map((moment) => ({ ...moment, owners: rows.map((_, row) => moment.owners[row]) }));
  return ownership(whole, { caption, rows });
}

/** Takes an event into account; answers in words what is different, or undefined when nothing is. */
function changed(
  { what, detail }: TraceEvent,
  name: string,
  topic: string,
  owners: Map<number, string>,
  present: Set<string>,
): string | undefined {
  const partitions = ((detail.partitions ?? []) as unknown as TopicPartition[])
    .filter((one) => one.topic === topic)
    .map(({ partition }) => partition);
  const giveUp = () => {
    for (const [partition, owner] of owners) if (owner === name) owners.delete(partition);
  };
  switch (what) {
    case 'consumer.assigned':
      present.add(name);
      for (const partition of partitions) owners.set(partition, name);
      return 'assigned';
    case 'consumer.revoked':
    case 'consumer.lost':
      if (partitions.length === 0) return undefined;
      for (const partition of partitions) if (owners.get(partition) === name) owners.delete(partition);
      return 'rebalance';
    case 'process.crashed':
      if (!present.delete(name)) return undefined;
      giveUp();
      return `${name} killed`;
    default:
      return undefined;
  }
}
