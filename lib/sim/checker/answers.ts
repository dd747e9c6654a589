/** S27 and S29: who is answered, and how often. */
import { answeredOf, type History, of } from './history.ts';
import type { Finding, Property } from './property.ts';

// #region S27
/** Once a static member has come back under a new id, the old id is worth nothing. */
function* oneOfAName(history: History): Generator<Finding> {
  const fenced = new Map<string, { readonly by: string; readonly at: number; readonly life: number }>();
  const current = new Map<string, string>();
  const returns = [...answeredOf(history, 'JoinGroup')]
    .filter(({ request, response }) => request.instance !== null && response.error === 0)
    .sort((one, other) => one.answered - other.answered);
  for (const { request, response, answered, life } of returns) {
    const name = `${request.group} ${request.instance}`;
    const before = current.get(name);
    current.set(name, response.member);
    if (before !== undefined && before !== response.member)
      fenced.set(before, { by: response.member, at: answered, life });
  }
  for (const { request, response, asked, answered, life } of of(history, 'OffsetCommit', 'Heartbeat', 'SyncGroup')) {
    const fence = fenced.get(request.member);
    if (fence === undefined || response === undefined || fence.at > asked || fence.life !== life) continue;
    const errors = response.errors === undefined ? [response.error] : Object.values(response.errors);
    if (!errors.includes(0)) continue;
    const text = `${request.api} of ${request.member} was accepted, though ${fence.by} had taken its place (${request.instance})`;
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
