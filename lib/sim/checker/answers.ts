/** S27 and S29: who is answered, and how often. */
import { countUpTo, type History, of } from './history.ts';
import type { Finding, Property } from './property.ts';

// #region S27
/** Once a static member has come back under a new id, the old id is worth nothing. */
function* oneOfAName(history: History): Generator<Finding> {
  const fenced = new Map<string, { readonly why: string; readonly at: number; readonly life: number }>();
  for (const [at, { what, detail }] of history.events.entries()) {
    if (what !== 'group.member' || detail.change !== 'replaced') continue;
    fenced.set(String(detail.member), { why: String(detail.why), at, life: countUpTo(history.lives, at) });
  }
  for (const { request, response, asked, answered, life } of of(history, 'OffsetCommit', 'Heartbeat', 'SyncGroup')) {
    const fence = fenced.get(request.member);
    if (fence === undefined || response === undefined || fence.at > asked || fence.life !== life) continue;
    const errors = response.errors === undefined ? [response.error] : Object.values(response.errors);
    if (!errors.includes(0)) continue;
    const text = `${request.api} of ${request.member} was accepted, though it had been replaced: ${fence.why}`;
    yield { at: answered, text, because: [fence.at, asked] };
  }
}
// #endregion S27

function* answeredOnce(history: History): Generator<Finding> {
  for (const index of history.answersTooMany) {
    const { detail } = history.events[index];
    yield { at: index, text: `${detail.api} of ${detail.client} was answered a second time` };
  }
}

export const answerProperties: readonly Property[] = [
  { row: 'S27', promise: 'A group.instance.id has one holder, and the one before is refused.', check: oneOfAName },
  { row: 'S29', promise: 'A request is answered once.', check: answeredOnce },
];
