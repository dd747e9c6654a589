/** Our own consumer, driven by lines like those of the others: `node --import tsx driver.ts BOOTSTRAP`. See ../driver.ts. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Consumer,
  cooperativeSticky,
  KafkaError,
  RebalanceInProgressError,
  roundRobin,
  type TopicPartition,
} from '../../../lib/index.ts';
import { connect } from '../../../lib/node/index.ts';
import type { Life, Operations } from '../driver.ts';
import { answer } from '../lines.mjs';

const strategies = { roundrobin: roundRobin, 'cooperative-sticky': cooperativeSticky };
const kafka = await connect(process.argv[2]);
const members = new Map<string, Member>();

/** A consumer that polls by itself and notes what comes. */
class Member {
  readonly received: [number, number][] = [];
  readonly #calls: [Life['calls'][number][0], number[]][] = [];
  readonly #consumer: Consumer;
  readonly #ended: Promise<void>;
  readonly #commits: boolean;
  #failure: string | null = null;
  #isHeld = false;
  #isLeaving = false;

  constructor({ group, topic, strategy, instanceId, commits }: Operations['join'][0]) {
    this.#commits = commits === true;
    this.#consumer = kafka.consumer({
      groupId: group,
      ...(strategy && { partitionAssignmentStrategy: [strategies[strategy]] }),
      ...(instanceId && { groupInstanceId: instanceId }),
      ...{ autoOffsetReset: 'earliest', enableAutoCommit: false },
      ...{ sessionTimeoutMs: 6000, heartbeatIntervalMs: 200, fetchMaxWaitMs: 100 },
    });
    this.#ended = this.#run(topic).catch((error) => {
      this.#failure = String(error);
    });
  }

  get partitions(): number[] {
    return this.#consumer.assignment().map(({ partition }) => partition);
  }

  get life(): Life {
    const { generationId } = this.#consumer.groupMetadata();
    return { generation: generationId, calls: this.#calls, failure: this.#failure };
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
  }

  leave(): Promise<void> {
    this.#isLeaving = true;
    return this.#ended;
  }

  async #run(topic: string): Promise<void> {
    const note = (what: Life['calls'][number][0], partitions: readonly TopicPartition[]) =>
      this.#calls.push([what, partitions.map(({ partition }) => partition)]);
    await this.#consumer.subscribe([topic], {
      onPartitionsAssigned: (partitions) => void note('assigned', partitions),
      onPartitionsRevoked: async (partitions) => {
        note('revoked', partitions);
        if (this.#commits) await this.#consumer.commitSync();
      },
      onPartitionsLost: (partitions) => void note('lost', partitions),
    });
    let isCommitted = true;
    while (!this.#isLeaving) {
      if (this.#isHeld) {
        await sleep(20);
        continue;
      }
      const records = await this.#consumer.poll('50 ms');
      for (const { partition, offset } of records) this.received.push([partition, offset]);
      if (records.length > 0) isCommitted = false;
      else if (this.#commits && !isCommitted) isCommitted = await this.#commit();
    }
    await this.#consumer.close();
  }

  /** Answers false in the middle of a rebalance: later, then. */
  async #commit(): Promise<boolean> {
    try {
      await this.#consumer.commitSync();
      return true;
    } catch (error) {
      if (error instanceof RebalanceInProgressError) return false;
      throw error;
    }
  }
}

function memberNamed({ member }: { readonly member: string }): Member {
  const found = members.get(member);
  if (!found) throw new Error(`no member ${member}`);
  return found;
}

type Answered = { [Name in 'state' | 'life']: (request: Operations[Name][0]) => Operations[Name][1] };

const told: Answered = {
  state: (request) => {
    const { partitions, received } = memberNamed(request);
    return { partitions, received };
  },
  life: (request) => memberNamed(request).life,
};

const operations = {
  ...told,
  join: (request: Operations['join'][0]) => void members.set(request.member, new Member(request)),
  leave: (request: Operations['leave'][0]) => memberNamed(request).leave(),
  hold: (request: Operations['hold'][0]) => memberNamed(request).hold(true),
  release: (request: Operations['release'][0]) => memberNamed(request).hold(false),
};

await answer(operations, (error) => (error instanceof KafkaError ? error.error.code : null));
