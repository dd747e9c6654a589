/** The answers of chapter 10. */
import { type Assignor, range, roundRobin, type TopicPartition } from 'kafkaito';

/** Votes for the new one, and knows the old one for as long as somebody needs it. */
export const rolling: readonly Assignor[] = [roundRobin, range];

/** Everybody keeps what it has, up to a fair share; what is left goes, one by one, to whoever has least. */
export const keeping: Assignor = {
  name: 'keeping',
  assign(members, counts) {
    const order = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
    const hands = new Map<string, TopicPartition[]>(order.map(({ memberId }) => [memberId, []]));
    const of = (memberId: string) => hands.get(memberId) ?? [];
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const fair = Math.ceil(total / members.length);
    const free: TopicPartition[] = [];
    for (const [topic, count] of counts) {
      for (let partition = 0; partition < count; partition++) {
        const owner = order.find(({ ownedPartitions }) =>
          ownedPartitions.some((one) => one.topic === topic && one.partition === partition),
        );
        if (owner?.topics.includes(topic) && of(owner.memberId).length < fair)
          of(owner.memberId).push({ topic, partition });
        else free.push({ topic, partition });
      }
    }
    for (const one of free) {
      const wanting = order.filter(({ topics }) => topics.includes(one.topic));
      const least = wanting.reduce((a, b) => (of(b.memberId).length < of(a.memberId).length ? b : a));
      of(least.memberId).push(one);
    }
    return hands;
  },
};
