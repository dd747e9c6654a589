/**
 * `kafka.cluster`: the brokers behind a Kafka of ours, for tests that want to look inside them or to get in their way.
 *
 * `serve` and `simulate` have the same one. It adds nothing to what goes over the wire: what it tells is read from the brokers (inspection.ts), and
 * what it does to requests is done between their arrival and their handler (controls.ts).
 */
import type { Codecs } from '../../world/world.ts';
import type { Broker } from '../broker.ts';
import type { ControlledRequests, RequestControls } from './controls.ts';
import {
  committedOf,
  type GroupView,
  groupsOf,
  type LoggedRecord,
  type OffsetsByTopic,
  type RecordsSettings,
  recordsOf,
} from './inspection.ts';
import type { RequestLog } from './requestLog.ts';
import type { ApiName } from './requests.ts';
import type { RequestFilter } from './rule.ts';

/** A client's connection. */
export interface ConnectionView {
  /** The other end. */
  readonly remote: string;
  /** The name that the client gave with its latest request; null: none yet. */
  readonly clientId: string | null;
  readonly brokerId: number;
}

/** What `serve` and `simulate` have in common; each adds what its world has beside, such as crashes. */
export abstract class ControlledCluster {
  readonly #codecs: Codecs;
  readonly #controls: RequestControls;

  constructor(codecs: Codecs, controls: RequestControls) {
    this.#codecs = codecs;
    this.#controls = controls;
  }

  /** The brokers that run now. */
  protected abstract running(): readonly Broker[];

  /** Reads from the disks of the brokers, in a way that nothing else can notice. */
  protected look<T>(read: () => Promise<T>): Promise<T> {
    return read();
  }

  // #region on
  /**
   * Chooses requests by their API and says what becomes of them:
   *
   * ```ts
   * kafka.cluster.on('Produce', { topic: 'orders', times: 2 }).answerError('NOT_LEADER_OR_FOLLOWER');
   * kafka.cluster.on('Heartbeat', { clientId: 'billing' }).delay('10 s');
   * const commits = kafka.cluster.on('OffsetCommit').observe();
   * ```
   *
   * Throws a `TypeError` for an API that does not exist, and for a filter that could never match.
   */
  on<Name extends ApiName>(api: Name, filter?: RequestFilter<Name>): ControlledRequests<Name> {
    return this.#controls.on(api, filter);
  }
  // #endregion on

  /** Removes every control that `on` has made; what was held back goes on. For `afterEach`, where tests share a cluster. */
  removeControls(): void {
    this.#controls.removeAll();
  }

  /** The requests that have come so far. */
  get requests(): RequestLog {
    return this.#controls.log;
  }

  /**
   * The records of a topic that consumers can see, partition by partition, in order; keys and values as text unless `settings` has other deserializers.
   * Rejects with a `RangeError` when there is no such topic or partition.
   */
  records<K = string, V = string>(topic: string, settings: RecordsSettings<K, V> = {}): Promise<LoggedRecord<K, V>[]> {
    return this.look(async () => {
      for (const broker of this.running()) {
        const records = await recordsOf(broker, this.#codecs, topic, settings);
        if (records !== undefined) return records;
      }
      const names = this.running().flatMap(({ topics }) => [...topics.all].map(({ name }) => name));
      const { partition } = settings;
      throw new RangeError(
        `there is no ${partition === undefined ? '' : `partition ${partition} of `}topic ${topic}: this cluster has ${names.join(', ') || 'no topic'}`,
      );
    });
  }

  /** The offsets that a group has committed: `{ orders: { 0: 17 } }`. */
  committed(groupId: string): OffsetsByTopic {
    return Object.fromEntries(this.running().flatMap((broker) => Object.entries(committedOf(broker, groupId))));
  }

  /** Every group with its members and their assignments, by name. */
  groups(): GroupView[] {
    return this.running().flatMap(groupsOf);
  }

  /** One group; undefined: there is none of this name. */
  group(groupId: string): GroupView | undefined {
    return this.groups().find((group) => group.groupId === groupId);
  }

  /** Who is connected. */
  connections(): ConnectionView[] {
    return this.running().flatMap((broker) =>
      broker.connections.map(({ remote, clientId }) => ({ remote, clientId, brokerId: broker.brokerId })),
    );
  }
}
