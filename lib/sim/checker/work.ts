/**
 * S38 to S40: what becomes of the work. With "commit after the work" nothing is left out and some of it may be done twice; with "commit before
 * the work" nothing is done twice and some of it may be left out. And what is done twice can be said exactly: it lies between the committed
 * offset at which the next owner began and the place that the owner before had reached.
 */
import { answeredOf, type History, type Work } from './history.ts';
import type { Finding, Given, Property } from './property.ts';

function byPartition(history: History): Map<string, Work[]> {
  const works = new Map<string, Work[]>();
  for (const work of history.works) {
    const others = works.get(work.partition);
    if (others === undefined) works.set(work.partition, [work]);
    else others.push(work);
  }
  return works;
}

// #region S38
function* nothingLeftOut(history: History, { commits, dense = false }: Given): Generator<Finding> {
  if (commits !== 'afterWork' || !dense) return;
  const works = byPartition(history);
  const checked = new Map<string, number>();
  for (const { request, response, answered } of answeredOf(history, 'OffsetCommit')) {
    for (const { partition, offset } of request.offsets) {
      if (response.errors[partition] !== 0) continue;
      const from = checked.get(partition) ?? 0;
      const done = new Set((works.get(partition) ?? []).filter(({ at }) => at < answered).map((work) => work.offset));
      for (let missing = from; missing < offset; missing++) {
        if (done.has(missing)) continue;
        yield {
          at: answered,
          text: `${partition} is committed up to ${offset}, and nobody has done the work of ${missing}`,
        };
      }
      checked.set(partition, Math.max(from, offset));
    }
  }
}
// #endregion S38

// #region S39
/**
 * Commits may overtake each other: one that was held up on its way, and whose sender has committed more since, sets the group back when it arrives. The broker
 * allows that (S8), and with it a repetition.
 */
function* nothingTwice(history: History, { commits }: Given): Generator<Finding> {
  if (commits !== 'beforeWork') return;
  for (const [partition, works] of byPartition(history)) {
    const first = new Map<number, Work>();
    const committed = committedOffsets(history, partition);
    for (const work of works) {
      const before = first.get(work.offset);
      if (before === undefined) {
        first.set(work.offset, work);
        continue;
      }
      if (wasSetBack(committed, work)) continue;
      const text = `${work.process} did the work of ${partition} ${work.offset}, which ${before.process} had done`;
      yield { at: work.at, text, because: [before.at] };
    }
  }
}

interface Committed {
  readonly at: number;
  readonly offset: number;
}

function committedOffsets(history: History, partition: string): Committed[] {
  return history.events.flatMap(({ what, detail }, at) =>
    what === 'offset.committed' && `${detail.topic}-${detail.partition}` === partition
      ? [{ at, offset: Number(detail.offset) }]
      : [],
  );
}

/** Whether before this work a commit behind the record had been followed by one in front of it. */
function wasSetBack(committed: readonly Committed[], work: Work): boolean {
  const behind = committed.find(({ offset }) => offset > work.offset);
  return (
    behind !== undefined && committed.some(({ at, offset }) => at > behind.at && at < work.at && offset <= work.offset)
  );
}
// #endregion S39

// #region S40
/** A repetition is explained by a position below it that was taken up since the work was first done, or by two processes that both had it. */
function* onlyUncommitted(history: History, { commits }: Given): Generator<Finding> {
  if (commits !== 'afterWork') return;
  const begun = new Map<string, { readonly at: number; readonly offset: number }[]>();
  for (const [at, { what, node, detail }] of history.events.entries()) {
    if (what !== 'consumer.position') continue;
    const process = node.slice(0, Math.max(0, node.lastIndexOf('/')));
    const key = `${process} ${detail.topic}-${detail.partition}`;
    begun.set(key, [...(begun.get(key) ?? []), { at, offset: Number(detail.offset) }]);
  }
  for (const [partition, works] of byPartition(history)) {
    const last = new Map<string, Work>();
    for (const work of works) {
      const key = `${work.process} ${work.offset}`;
      const before = last.get(key);
      last.set(key, work);
      const positions = begun.get(`${work.process} ${partition}`) ?? [];
      const explained = positions.some(
        ({ at, offset }) => at < work.at && at > (before?.at ?? -1) && offset <= work.offset,
      );
      if (explained) continue;
      const text = `${work.process} did the work of ${partition} ${work.offset}${before ? ' again' : ''}, and no position of its own led there`;
      yield { at: work.at, text, because: before ? [before.at] : [] };
    }
  }
}
// #endregion S40

export const workProperties: readonly Property[] = [
  {
    row: 'S38',
    promise: 'Commit after the work: everything below a committed offset has been done.',
    check: nothingLeftOut,
  },
  { row: 'S39', promise: 'Commit before the work: nothing is done twice.', check: nothingTwice },
  {
    row: 'S40',
    promise: 'Repeated is only what lies between a committed offset and a position.',
    check: onlyUncommitted,
  },
];
