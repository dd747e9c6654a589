/**
 * What a consumer is made of, and who knows whom.
 *
 * Each part has one concern, and they meet in few places: the state of the subscription, which most of them read; the signal, by which whatever
 * happens in the background wakes a waiting `poll`; and the way in which the application is called back. consumer.ts says when each of them
 * has its turn.
 */
import type { Host } from '../../trace/host.ts';
import type { Address } from '../../world/world.ts';
import { ClientContext } from '../clientContext.ts';
import { WakeupError } from '../errors.ts';
import { Signal } from '../waiting.ts';
import { AutoCommit } from './autoCommit.ts';
import { Commits } from './commits.ts';
import { CoordinatorClient } from './coordinatorClient.ts';
import { Wakeup } from './deadline.ts';
import { Fetcher } from './fetcher.ts';
import { Leader } from './leader.ts';
import { LogOffsets } from './logOffsets.ts';
import { Membership } from './membership.ts';
import { Metrics } from './metrics.ts';
import { Offsets, type OffsetToCommit } from './offsets.ts';
import { OneAtATime } from './oneAtATime.ts';
import { Positions } from './positions.ts';
import { Rebalancer } from './rebalancer.ts';
import { type CompleteConsumerSettings, protocolOf } from './settings.ts';
import { SubscriptionState } from './subscriptionState.ts';
import { TopicPattern } from './topicPattern.ts';

export interface ConsumerParts<K, V> {
  readonly context: ClientContext;
  readonly state: SubscriptionState;
  readonly signal: Signal;
  readonly wakeup: Wakeup;
  readonly calls: OneAtATime;
  readonly membership: Membership;
  readonly rebalancer: Rebalancer;
  readonly offsets: Offsets;
  readonly commits: Commits;
  readonly autoCommit: AutoCommit;
  readonly log: LogOffsets;
  readonly positions: Positions;
  readonly fetcher: Fetcher<K, V>;
  readonly metrics: Metrics;
  /** Repeats `attempt` until it succeeds, `defaultApiTimeoutMs` are over, or `wakeup` is called. */
  waits<T>(doing: string, attempt: () => Promise<T>): Promise<T>;
}

export function consumerParts<K, V>(
  host: Host,
  bootstrap: readonly Address[],
  settings: CompleteConsumerSettings<K, V>,
): ConsumerParts<K, V> {
  const context = new ClientContext(host, bootstrap, settings);
  const state = new SubscriptionState();
  const signal = new Signal(context.timers);
  const changed = () => signal.raise();
  context.metadata.onUpdate.add(changed);
  const wakeup = new Wakeup();
  const waits = waitsWith(context, wakeup, settings.defaultApiTimeoutMs);
  const calls = new OneAtATime('consumer', (call) => {
    if (call === 'poll') membership.heartbeats.pollLeft();
  });
  const callOut = (run: () => void | Promise<void>) => calls.callOut(run);

  const coordinator = new CoordinatorClient(context, settings.groupId ?? '');
  const leader: Leader = new Leader(context, state, settings, () =>
    membership.requestRejoin('the partitions of a topic have changed'),
  );
  const membership: Membership = new Membership(
    context,
    coordinator,
    settings,
    leader,
    () => calls.isIn('poll'),
    changed,
  );
  const pattern = new TopicPattern(context, state, settings, () =>
    membership.requestRejoin('other topics match the pattern'),
  );

  const offsets = new Offsets(context, coordinator, membership);
  const commits = new Commits(state, offsets, { waits, callOut, changed });
  const attempt = (covered: readonly OffsetToCommit[]) => commits.attempt(covered);
  const autoCommit = new AutoCommit(context, settings, () => state.positions(), attempt);

  const protocol = protocolOf(settings.partitionAssignmentStrategy);
  const rebalancer = new Rebalancer(context, state, membership, protocol, {
    commitBeforeRebalance: () => autoCommit.now(settings.maxPollIntervalMs),
    findTopics: () => pattern.refresh(),
    assigned: (partitions, { generationId }) => {
      leader.assigned({ partitions, generationId });
      autoCommit.restart();
    },
    callOut,
  });

  const log = new LogOffsets(context, settings.isolationLevel);
  const committed = settings.groupId === undefined ? undefined : offsets;
  const positions = new Positions(context, state, committed, log, settings, changed);
  const fetcher = new Fetcher(context, state, settings, changed);
  const metrics = new Metrics(context.timers, state);
  const inside = { context, state, signal, wakeup, calls, waits };
  return { ...inside, membership, rebalancer, offsets, commits, autoCommit, log, positions, fetcher, metrics };
}

function waitsWith(
  context: ClientContext,
  wakeup: Wakeup,
  timeoutMs: number,
): ConsumerParts<unknown, unknown>['waits'] {
  return async (doing, attempt) => {
    wakeup.check();
    let isAwaited = true;
    const attempts = context.retrying(doing, timeoutMs, async () => {
      // What nobody waits for any more shall not be sent again.
      if (!isAwaited) throw new WakeupError();
      return attempt();
    });
    try {
      return await wakeup.orThrow(attempts);
    } finally {
      isAwaited = false;
    }
  };
}
