/** Tells a run of the ledger from its trace: what went between the program, the broker and the bank, and when the program was killed. */
import { type Drawing, type LaneStep, lanes, type SimulatedKafka, type TraceEvent } from '../../lib/index.ts';
import { booked } from './bank.ts';
import { events } from './card.ts';

const PROGRAM = 'the program';
const BROKER = 'the broker';
const BANK = 'the bank';

/** The run so far, from the moment at which the program first read an event. */
export function story(caption: string, kafka: SimulatedKafka): Drawing {
  let balance = 0;
  const steps = kafka.cluster.trace.events.flatMap((event) => {
    if (event.what !== 'effect.done') return stepsOf(event);
    const before = balance;
    const amount = Number(String(event.detail.name).split(' ')[1]);
    balance = booked(before, amount);
    const refused = balance !== before + amount ? 'refused, ' : '';
    return [{ at: event.at, from: PROGRAM, to: BANK, says: `${event.detail.name}: ${refused}${balance}` }];
  });
  return lanes(steps, { caption, lanes: [BROKER, PROGRAM, BANK] });
}

function stepsOf({ at, node, what, detail }: TraceEvent): LaneStep[] {
  if (what === 'offset.committed') {
    return [{ at, from: PROGRAM, to: BROKER, says: `commit: go on at ${detail.offset}` }];
  }
  if (!node.startsWith('ledger')) return [];
  if (what === 'consumer.records') {
    const offset = Number(detail.from);
    return [{ at, from: BROKER, to: PROGRAM, says: `event ${offset}: ${events[offset]}` }];
  }
  if (what === 'process.started' && node === 'ledger again') return [{ at, lane: PROGRAM, says: 'started again' }];
  if (what === 'process.crashed') return [{ at, lane: PROGRAM, says: 'killed', decisive: true }];
  if (what === 'consumer.position' && detail.from === 'committed') {
    return [{ at, lane: PROGRAM, says: `is given its place: go on at ${detail.offset}` }];
  }
  return [];
}
