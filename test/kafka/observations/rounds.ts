/** Rounds of a group, event by event: who is in, who has to meet again, and what the generation is then. */
import { errorIn, Group, generationIn, type Member, strategy } from './group.ts';
import { observation } from './observation.ts';
import type { Plain } from './telling.ts';

/** A stable group of three in generation 2, led by `a`. */
export async function trio(group: Group, given: Parameters<Member['join']>[0] = {}): Promise<readonly Member[]> {
  const a = await group.member('a');
  await a.enter(given);
  await a.sync({ a: 'work of a' });
  const [b, c] = [await group.member('b'), await group.member('c')];
  await b.join(given);
  await c.join(given);
  const entered = [b.join(given), c.join(given)];
  await group.is('PreparingRebalance');
  await Promise.all([a.join(given), ...entered]);
  await Promise.all([a.sync({ a: 'one', b: 'two', c: 'three' }), b.sync(), c.sync()]);
  return [a, b, c];
}

export const roundObservations = [
  observation('two newcomers meet a stable group in one round', async (scene) => {
    const group = await Group.in(scene);
    await trio(group);
    return group.describe();
  }),
  observation('generations after each event', async (scene) => {
    const group = await Group.in(scene);
    const [a, b] = await group.pair();
    const seen: Plain[] = [['a pair', a.generationId]];
    seen.push(['the follower again', generationIn(await b.join())]);
    const changed = b.join({ protocols: [strategy('range', 'b changed')] });
    await group.is('PreparingRebalance');
    seen.push(['the follower changed', generationIn(await a.join()), generationIn(await changed)]);
    await Promise.all([a.sync({ a: 'one', b: 'two' }), b.sync()]);
    const again = a.join();
    await group.is('PreparingRebalance');
    seen.push(['the leader again', generationIn(await b.join()), generationIn(await again)]);
    await Promise.all([a.sync({ a: 'one', b: 'two' }), b.sync()]);
    await b.leave();
    seen.push(['one left', generationIn(await a.join())]);
    await a.sync({ a: 'all' });
    await a.leave();
    const next = await group.stable('next');
    return [...seen, ['all left, and another came', next.generationId]];
  }),
  observation('the leader leaves while its follower waits for work', async (scene) => {
    const group = await Group.in(scene);
    const [a, b] = await group.gathered();
    const waiting = b.sync();
    await scene.pause(200);
    return [await a.leave(), await waiting, await b.heartbeat(), await b.join(), await group.state()];
  }),
  observation('a follower leaves while the leader divides the work', async (scene) => {
    const group = await Group.in(scene);
    const [a, b] = await group.gathered();
    return [await b.leave(), await a.sync({ a: 'one', b: 'two' }), await a.heartbeat(), await a.join()];
  }),
  observation('the leader leaves while the group prepares', async (scene) => {
    const group = await Group.in(scene);
    const [a, b] = await group.pair();
    const c = await group.member('c');
    const entered = c.enter();
    await group.is('PreparingRebalance');
    const left = await a.leave();
    const [ofB, ofC] = await Promise.all([b.join(), entered]);
    return [left, errorIn(ofB), generationIn(ofB), errorIn(ofC), generationIn(ofC), await group.state()];
  }),
  observation('all members leave in turn, and the group is empty in one generation more', async (scene) => {
    const group = await Group.in(scene);
    const [a, b, c] = await trio(group);
    const seen = [await a.leave(), await group.state(), await b.leave(), await group.state(), await c.leave()];
    const next = await group.stable('next');
    return [...seen, next.generationId];
  }),
  observation('an id that was handed out keeps a round open until it comes back', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.stable();
    const b = await group.member('b');
    await b.join();
    const waiting = a.join();
    await group.is('PreparingRebalance');
    await scene.pause(300);
    const state = await group.state();
    return [state, await b.join(), await waiting];
  }),
  observation('an id that was handed out and leaves lets the round end', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.stable();
    const b = await group.member('b');
    await b.join();
    const waiting = a.join();
    await group.is('PreparingRebalance');
    return [await b.leave(), await waiting, await group.state()];
  }),
  observation('heartbeats of the old and the coming generation in each state', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.stable();
    const each = async () => {
      const now = a.generationId;
      const answers: Plain[] = [await group.state()];
      for (const generationId of [now - 1, now, now + 1]) answers.push(await a.heartbeat({ generationId }));
      return answers;
    };
    const stable = await each();
    const b = await group.member('b');
    const entered = b.enter();
    await group.is('PreparingRebalance');
    const preparing = await each();
    await Promise.all([a.join(), entered]);
    return [stable, preparing, await each()];
  }),
  observation('syncs of the old and the coming generation in each state', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.stable();
    const each = async () => {
      const now = a.generationId;
      const answers: Plain[] = [await group.state()];
      for (const generationId of [now - 1, now + 1]) answers.push(await a.sync({}, { generationId }));
      return answers;
    };
    const stable = await each();
    const b = await group.member('b');
    const entered = b.enter();
    await group.is('PreparingRebalance');
    const preparing = [...(await each()), await a.sync()];
    await Promise.all([a.join(), entered]);
    return [stable, preparing, await each()];
  }),
  observation('a join that comes again while the first still waits', async (scene) => {
    const group = await Group.in(scene);
    const [a, b] = await group.pair();
    const first = b.join({ protocols: [strategy('range', 'b changed')] });
    await group.is('PreparingRebalance');
    const twin = await b.again();
    const second = twin.join({ protocols: [strategy('range', 'b changed again')] });
    await scene.pause(300);
    const lead = await a.join();
    return [await scene.within(1_000, first), await second, lead];
  }),
  observation('a sync that comes again while the first still waits', async (scene) => {
    const group = await Group.in(scene);
    const [a, b] = await group.gathered();
    const first = b.sync();
    await scene.pause(300);
    const second = (await b.again()).sync();
    await scene.pause(300);
    await a.sync({ a: 'one', b: 'two' });
    return [await scene.within(1_000, first), await second];
  }),
  observation('a member leaves whose join waits', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.stable();
    const b = await group.member('b');
    const entered = b.enter();
    await group.is('PreparingRebalance');
    const left = await (await b.again()).leave();
    return [left, await entered, await a.join(), await group.state()];
  }),
  observation('a follower joins again while the assignment is being written', async (scene) => {
    const group = await Group.in(scene);
    const [a, b] = await group.gathered();
    const [lead, again] = await Promise.all([a.sync({ a: 'one', b: 'two' }), b.join()]);
    return [lead, again, await b.sync(), await group.state()];
  }),
  observation('a newcomer joins while the assignment is being written', async (scene) => {
    const group = await Group.in(scene);
    const [a, b] = await group.gathered();
    const c = await group.member('c');
    await c.join();
    const followed = b.sync();
    const [lead, entered] = [a.sync({ a: 'one', b: 'two' }), c.join()];
    // Whichever comes first: both are answered, and the newcomer makes a new round.
    await Promise.all([lead, followed]);
    await group.is('PreparingRebalance');
    const all = await Promise.all([a.join(), b.join(), entered]);
    return [all.map(errorIn), all.map(generationIn), await group.state()];
  }),
  observation('commits and joins at the same time', async (scene) => {
    const topic = await scene.topic('ledger');
    const group = await Group.in(scene);
    const a = await group.stable();
    const b = await group.member('b');
    await b.join();
    const twin = await a.again();
    const [committed, entered] = [twin.commit(topic, 5), b.join()];
    const stored = await committed;
    await group.is('PreparingRebalance');
    await a.join();
    return [stored, errorIn(await entered), await group.committed(topic)];
  }),
  observation('an id of one group is not known in another', async (scene) => {
    const [one, two] = [await Group.in(scene, 'one'), await Group.in(scene, 'two')];
    const [a, b] = [await one.stable('a'), await two.stable('b')];
    return [
      await a.heartbeat({ groupId: two.id }),
      errorIn(await a.join({ groupId: two.id })),
      errorIn(await a.sync({}, { groupId: two.id })),
      await b.heartbeat(),
    ];
  }),
];
