/** Tells a run of the ledger from its trace: what went between the program, the broker and the bank, and when the program was killed. */
import { type Drawing, type LaneStep, lanes, type SimulatedKafka, type TraceEvent } from '../../lib/index.ts';
import { events } from './card.ts';

const PROGRAM = 'the program';
const BROKER = 'the broker';
const BANK = 'the bank';

/** The run so far, from the moment at which the program first read an event. */
export function story(caption: string, kafka: SimulatedKafka): Drawing {
  const steps = kafka.cluster.trace.events.flatMap(stepsOf);
  return lanes(steps, { caption, lanes: [BROKER, PROGRAM, BANK] });
}

function stepsOf({ at, node, what, detail }: TraceEvent): LaneStep[] {
  if (!node.startsWith('ledger') && what !== 'offset.committed') return [];
  if (what === 'consumer.records') {
    const offset = Number(detail.from);
    return [{ at, from: BROKER, to: PROGRAM, says: `event ${offset}: ${events[offset]}` }];
  }
  if (what === 'offset.committed')
    return [{ at, from: PROGRAM, to: BROKER, says: `commit: go on at ${detail.offset}` }];
  if (what === 'effect.done') return [{ at, from: PROGRAM, to: BANK, says: String(detail.name) }];
  if (what === 'process.crashed') return [{ at, lane: PROGRAM, says: 'killed', decisive: true }];
  if (what === 'consumer.position' && detail.from === 'committed') {
    return [{ at, lane: PROGRAM, says: `started again, goes on at ${detail.offset}` }];
  }
  return [];
}
