/** Time in groups of several members: sessions, rounds that nobody comes to, work that nobody asks for. */
import { errorIn, Group, generationIn } from './group.ts';
import { observation } from './observation.ts';
import { trio } from './rounds.ts';
import type { Plain } from './telling.ts';

export const timerObservations = [
  observation('one of three is silent, and the others meet without it', async (scene) => {
    const group = await Group.in(scene);
    const [a, b, c] = await trio(group, { sessionTimeoutMs: 2_000 });
    const beating = async () => {
      await Promise.all([a.heartbeat(), b.heartbeat()]);
      return (await group.state()) === 'PreparingRebalance';
    };
    await scene.until(beating);
    const [ofA, ofB] = await Promise.all([a.join(), b.join()]);
    return [
      errorIn(ofA),
      generationIn(ofA),
      errorIn(ofB),
      generationIn(ofB),
      await c.heartbeat(),
      await group.describe(),
    ];
  }),
  observation('commits keep a session alive', async (scene) => {
    const topic = await scene.topic('ledger');
    const group = await Group.in(scene);
    const a = await group.member('a');
    await a.enter({ sessionTimeoutMs: 2_500 });
    await a.sync({ a: 'work' });
    const seen: Plain[] = [];
    for (let count = 0; count < 6; count++) {
      await scene.pause(600);
      seen.push(await a.commit(topic, count));
    }
    return [...seen, await group.state()];
  }),
  observation('commits that are refused keep no session alive', async (scene) => {
    const topic = await scene.topic('ledger');
    const group = await Group.in(scene);
    const a = await group.member('a');
    await a.enter({ sessionTimeoutMs: 1_500 });
    await a.sync({ a: 'work' });
    await scene.until(async () => {
      await a.commit(topic, 1, { generationIdOrMemberEpoch: a.generationId + 1 });
      return (await group.state()) === 'Empty';
    });
    return a.commit(topic, 1);
  }),
  observation('who waits in a join cannot beat, and is not missed', async (scene) => {
    const group = await Group.in(scene);
    const [a, b] = await group.pair();
    const waiting = b.join({ sessionTimeoutMs: 1_000, protocols: [{ name: 'range', metadata: new Uint8Array(0) }] });
    await group.is('PreparingRebalance');
    await scene.pause(2_500);
    const lead = await a.join();
    return [generationIn(lead), errorIn(await waiting), generationIn(await waiting), await group.state()];
  }),
  observation('who waits for its work cannot beat, and is not missed', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.stable();
    const b = await group.member('b');
    const entered = b.enter({ sessionTimeoutMs: 1_000 });
    await group.is('PreparingRebalance');
    await Promise.all([a.join(), entered]);
    const waiting = b.sync();
    await scene.pause(2_500);
    return [await a.sync({ a: 'one', b: 'two' }), await waiting];
  }),
  observation('an id that nobody comes back with holds a round up for its session', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.stable();
    const b = await group.member('b');
    await b.join({ sessionTimeoutMs: 1_500 });
    const waiting = a.join();
    await group.is('PreparingRebalance');
    return [await waiting, errorIn(await b.join())];
  }),
  observation('who does not ask for its work is out, and the others meet again', async (scene) => {
    const group = await Group.in(scene);
    const short = { rebalanceTimeoutMs: 1_500 };
    const a = await group.member('a');
    await a.enter(short);
    await a.sync({ a: 'work' });
    const b = await group.member('b');
    const entered = b.enter(short);
    await group.is('PreparingRebalance');
    await Promise.all([a.join(short), entered]);
    const lead = await a.sync({ a: 'one', b: 'two' });
    const stable = await group.state();
    await group.is('PreparingRebalance');
    const beats = [await a.heartbeat(), await b.heartbeat()];
    return [lead, stable, ...beats, await b.sync(), await a.join(short)];
  }),
  observation('a leader that hands in nothing is out, and its follower is told', async (scene) => {
    const group = await Group.in(scene);
    const short = { rebalanceTimeoutMs: 1_500 };
    const a = await group.member('a');
    await a.enter(short);
    await a.sync({ a: 'work' });
    const b = await group.member('b');
    const entered = b.enter(short);
    await group.is('PreparingRebalance');
    await Promise.all([a.join(short), entered]);
    const told = await b.sync();
    return [told, await a.heartbeat(), await b.join(short)];
  }),
  observation('two of three do not come to a round in time', async (scene) => {
    const group = await Group.in(scene);
    const [a, b, c] = await trio(group, { rebalanceTimeoutMs: 1_500 });
    const alone = await a.join({ rebalanceTimeoutMs: 1_500 });
    return [alone, await b.heartbeat(), await c.heartbeat()];
  }),
  observation('a round waits as long as the most patient member wants', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.member('a');
    await a.enter({ rebalanceTimeoutMs: 500 });
    await a.sync({ a: 'work' });
    const b = await group.member('b');
    const entered = b.enter({ rebalanceTimeoutMs: 4_000 });
    await group.is('PreparingRebalance');
    await scene.pause(1_500);
    const still = await group.state();
    return [
      still,
      await a.heartbeat(),
      generationIn(await a.join({ rebalanceTimeoutMs: 500 })),
      errorIn(await entered),
    ];
  }),
  observation('who heard nothing of a round and beats is told of it', async (scene) => {
    const group = await Group.in(scene);
    const [a, b, c] = await trio(group);
    const waiting = a.join();
    await group.is('PreparingRebalance');
    const beats = [await b.heartbeat(), await c.heartbeat(), await b.heartbeat()];
    const all = await Promise.all([b.join(), c.join(), waiting]);
    return [beats, all.map(generationIn)];
  }),
  observation('a static member that does not come to a round keeps its place', async (scene) => {
    const group = await Group.in(scene);
    const short = { rebalanceTimeoutMs: 1_500 };
    const a = await group.member('a', 'one');
    await a.join(short);
    await a.sync({ a: 'work' });
    const b = await group.member('b');
    const joined = await b.enter(short);
    return [joined, await group.describe()];
  }),
  observation('a static member that does not ask for its work loses its place', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.member('a', 'one');
    await a.join({ rebalanceTimeoutMs: 1_000 });
    await group.is('Empty');
    return [await a.heartbeat(), await a.sync({ a: 'work' })];
  }),
  observation('a static member that is silent for longer than its session loses its place', async (scene) => {
    const group = await Group.in(scene);
    const a = await group.member('a', 'one');
    await a.join({ sessionTimeoutMs: 1_000 });
    await a.sync({ a: 'work' });
    await group.is('Empty');
    const back = await group.member('back', 'one');
    return [await a.heartbeat(), await back.join()];
  }),
];
