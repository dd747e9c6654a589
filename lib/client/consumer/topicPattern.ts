/**
 * Topics by pattern: which topics the cluster has, and which of them a regular expression matches.
 *
 * The cluster knows nothing of the pattern. The consumer asks for the names of all topics, before each meeting of its group and again when its
 * metadata has grown old, and joins with the names that match. So a new topic is found by each member in its own time; the first one to find it
 * calls the group together, and the others look once more as they join.
 *
 * Source: Apache Kafka `ConsumerCoordinator.updatePatternSubscription`.
 */
import { Metadata } from '../../protocol/apis/03-metadata.ts';
import type { Cancel } from '../../world/world.ts';
import type { ClientContext } from '../clientContext.ts';
import type { SubscriptionState } from './subscriptionState.ts';

export interface TopicPatternSettings {
  readonly metadataMaxAgeMs: number;
  readonly requestTimeoutMs: number;
  readonly excludeInternalTopics: boolean;
}

export class TopicPattern {
  readonly #context: ClientContext;
  readonly #state: SubscriptionState;
  readonly #settings: TopicPatternSettings;
  readonly #changed: () => void;
  #aging: Cancel | undefined;

  /** `changed` is called when other topics match than before. */
  constructor(context: ClientContext, state: SubscriptionState, settings: TopicPatternSettings, changed: () => void) {
    this.#context = context;
    this.#state = state;
    this.#settings = settings;
    this.#changed = changed;
  }

  /** Brings the topics of the subscription up to date. Rejects with `TimedOutError` when no broker answers. */
  async refresh(): Promise<void> {
    const { pattern } = this.#state;
    if (pattern === undefined) return;
    this.#aging?.();
    // Also when nobody answers now, the clock asks again.
    const again = () => void this.refresh().catch(() => {});
    this.#aging = this.#context.timers.after(this.#settings.metadataMaxAgeMs, again);
    const ask = () => this.#topicsOf(pattern);
    const topics = await this.#context.retrying('list the topics', this.#settings.requestTimeoutMs, ask);
    if (this.#state.pattern !== pattern) return;
    const before = this.#state.topics;
    this.#state.topics = topics;
    if (topics.join() !== before.join()) this.#changed();
  }

  async #topicsOf(pattern: RegExp): Promise<string[]> {
    const connection = await this.#context.connections.any();
    const response = await connection.send(Metadata, { topics: null, allowAutoTopicCreation: false });
    // A pattern with the flag g or y would remember where it has stopped.
    const matches = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
    return response.topics
      .filter(({ errorCode, isInternal }) => errorCode === 0 && !(isInternal && this.#settings.excludeInternalTopics))
      .map(({ name }) => name ?? '')
      .filter((name) => matches.test(name))
      .sort();
  }
}
