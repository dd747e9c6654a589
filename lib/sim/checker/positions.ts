/** S36 and S37: where a consumer reads, from the moment that it gets a partition. */
import { answeredOf, type History } from './history.ts';
import { nodeIn, partitionsIn, runsIn } from './holdings.ts';
import type { Finding, Given, Property } from './property.ts';

/** The offset that has to come next, and the event that says so. */
interface Next {
  readonly offset: number;
  readonly at: number;
}

// #region S36
function* inOrder(history: History, { dense = false }: Given): Generator<Finding> {
  const expected = new Map<string, Next>();
  for (const [index, { what, node, detail }] of history.events.entries()) {
    if (what === 'consumer.revoked' || what === 'consumer.lost') {
      for (const partition of partitionsIn(detail)) expected.delete(`${node} ${partition}`);
    } else if (what === 'process.crashed' || what === 'process.exited') {
      for (const key of expected.keys()) if (runsIn(nodeIn(key), node)) expected.delete(key);
    }
    const partition = `${detail.topic}-${detail.partition}`;
    const key = `${node} ${partition}`;
    if (what === 'consumer.position') expected.set(key, { offset: Number(detail.offset), at: index });
    if (what !== 'consumer.records') continue;
    const next = expected.get(key);
    const [from, to] = [Number(detail.from), Number(detail.to)];
    expected.set(key, { offset: to + 1, at: index });
    if (next === undefined || from === next.offset || (from > next.offset && !dense)) continue;
    const text = `${node} handed out ${partition} from ${from} on, and ${next.offset} was next`;
    yield { at: index, text, because: [next.at] };
  }
}
// #endregion S36

// #region S37
function* fromCommitted(history: History): Generator<Finding> {
  const told = new Map<string, Next[]>();
  for (const { request, response, answered } of answeredOf(history, 'OffsetFetch')) {
    for (const [partition, offset] of Object.entries(response.offsets)) {
      const key = `${request.client} ${partition}`;
      told.set(key, [...(told.get(key) ?? []), { offset, at: answered }]);
    }
  }
  for (const [index, { what, node, detail }] of history.events.entries()) {
    if (what !== 'consumer.position' || detail.from !== 'committed') continue;
    const partition = `${detail.topic}-${detail.partition}`;
    const last = told
      .get(`${node} ${partition}`)
      ?.filter(({ at }) => at < index)
      .at(-1);
    if (last === undefined || last.offset === detail.offset) continue;
    const text = `${node} began ${partition} at ${detail.offset}, and had been told that ${last.offset} is committed`;
    yield { at: index, text, because: [last.at] };
  }
}
// #endregion S37

export const positionProperties: readonly Property[] = [
  { row: 'S36', promise: 'While a consumer has a partition, its records come in order, each once.', check: inOrder },
  { row: 'S37', promise: 'Reading begins at the committed offset.', check: fromCommitted },
];
