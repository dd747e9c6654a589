import { expect, test } from 'vitest';
import { memoryDisk } from '../../lib/node/memoryDisk.ts';
import { realWorld } from '../../lib/node/world.ts';
import { Process } from '../../lib/sim/process.ts';
import { SimulatedWorld } from '../../lib/sim/simulatedWorld.ts';
import type { Host } from '../../lib/trace/host.ts';
import { Trace } from '../../lib/trace/trace.ts';
import type { Stream } from '../../lib/world/world.ts';

const address = { host: 'server', port: 1 };
const bytes = (...values: number[]) => Uint8Array.from(values);

function start() {
  const world = new SimulatedWorld(1);
  return {
    world,
    pass: (ms: number) => world.drive.drive('pass', world.clock.of('test').sleep(ms)),
    go: <T>(promise: Promise<T>) => world.drive.drive('test', promise),
  };
}

/** A server that sends every chunk back. */
async function echo({ network }: Host): Promise<void> {
  await network.listen(address, async (stream) => {
    for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) await stream.write([chunk]);
    stream.abort('the other side has ended');
  });
}

test('after a crash no line of the program runs again, not even catch and finally', async () => {
  const { world, pass } = start();
  const process = world.process('program');
  const { clock, network, disk } = process.host();
  await pass(0);
  const lines: string[] = [];
  const waits: [string, () => Promise<unknown>][] = [
    ['clock.sleep', () => clock.sleep(10)],
    ['network.connect', () => network.connect(address)],
    ['network.listen', () => network.listen(address, () => {})],
    ['disk.open', () => disk.open('file')],
    ['disk.lock', () => disk.lock()],
  ];
  for (const [name, wait] of waits) {
    void (async () => {
      try {
        lines.push(`${name} begins`);
        await wait();
        lines.push(`${name} came back`);
      } catch {
        lines.push(`${name} failed`);
      } finally {
        lines.push(`${name} is over`);
      }
    })();
  }
  clock.after(5, () => lines.push('a timer'));
  process.crash();
  await pass(1000);
  expect(lines).toEqual(waits.map(([name]) => `${name} begins`));
  // And what is begun after the crash leads nowhere.
  void disk.open('after').then(() => lines.push('opened'));
  clock.after(1, () => lines.push('a timer after'));
  await pass(1000);
  expect(lines.length).toBe(waits.length);
  expect(await world.drive.drive('list', world.disk('program').list(''))).toEqual(['file']);
});

test('a crash ends connections at the other side, after what had been written', async () => {
  const { world, go } = start();
  const server = world.process('server');
  const client = world.process('client');
  const accepted: Stream[] = [];
  await go(server.host().network.listen(address, (stream) => accepted.push(stream)));
  const stream = await go(client.host().network.connect(address));
  await stream.write([bytes(1)]);
  client.crash();
  expect(await go(accepted[0].read())).toEqual(bytes(1));
  expect(await go(accepted[0].read())).toBeNull();
});

test('a crash frees port, disk lock and timers, and what came too late is given back', async () => {
  const { world, go, pass } = start();
  const first = world.process('server');
  const { network, disk, clock } = first.host();
  await go(network.listen(address, () => {}));
  await go(disk.lock());
  clock.after(5000, () => {});
  first.crash();
  await pass(10);
  const second = world.process('server');
  await go(second.host().network.listen(address, () => {}));
  // Crashed while it waits for the lock, which it gets a moment later.
  void second.host().disk.lock();
  second.crash();
  await pass(10);
  const third = world.process('server');
  await go(third.host().network.listen(address, () => {}));
  await go(third.host().disk.lock());
  expect(world.clock.next(10)).toEqual([]);
});

test('what a process had written is there for the next, acknowledged or not', async () => {
  const { world, go, pass } = start();
  const first = world.process('server');
  const file = await go(first.host().disk.open('log'));
  let acknowledged = false;
  void file.append([bytes(1, 2, 3)]).then(() => {
    acknowledged = true;
  });
  first.crash();
  await pass(10);
  const again = await go(world.process('server').host().disk.open('log'));
  expect([again.size, acknowledged]).toEqual([3, false]);
});

test('a frozen process stands still while its connections stay, and then runs what was held back, in order', async () => {
  const { world, go, pass } = start();
  const server = world.process('server');
  await go(echo(server.host()));
  const client = world.process('client');
  const stream = await go(client.host().network.connect(address));
  const { clock } = client.host();
  const seen: string[] = [];
  clock.after(20, () => seen.push(`timer of 20 at ${clock.monotonicMs() - begin}`));
  clock.after(10, () => {
    seen.push(`timer of 10 at ${clock.monotonicMs() - begin}`);
    void Promise.resolve().then(() => seen.push('what follows from it'));
  });
  const begin = clock.monotonicMs();
  await stream.write([bytes(7)]);
  void stream.read().then((chunk) => seen.push(`read ${chunk}`));
  client.freeze();
  await pass(100);
  expect(seen).toEqual([]);
  client.thaw();
  await pass(1);
  expect(seen).toEqual(['read 7', 'timer of 10 at 100', 'what follows from it', 'timer of 20 at 100']);
  expect(client.frozen).toBe(false);
  await stream.write([bytes(8)]);
  expect(await go(stream.read())).toEqual(bytes(8));
});

test('a timer cancelled by something held back before it does not fire at thaw', async () => {
  const { world, pass } = start();
  const process = world.process('program');
  const { clock } = process.host();
  const seen: string[] = [];
  const cancel = clock.after(20, () => seen.push('the cancelled'));
  clock.after(10, () => cancel());
  process.freeze();
  await pass(100);
  process.thaw();
  await pass(10);
  expect(seen).toEqual([]);
});

test('frozen again in the middle of a thaw, and crashed while frozen', async () => {
  const { world, pass } = start();
  const process = world.process('program');
  const { clock } = process.host();
  const seen: number[] = [];
  for (let index = 1; index <= 4; index++) {
    clock.after(index, () => {
      seen.push(index);
      if (index === 2) process.freeze();
    });
  }
  process.freeze();
  await pass(10);
  process.thaw();
  await pass(10);
  expect(seen).toEqual([1, 2]);
  process.thaw();
  await pass(10);
  expect(seen).toEqual([1, 2, 3, 4]);
  clock.after(1, () => seen.push(5));
  process.freeze();
  await pass(10);
  process.crash();
  process.thaw();
  await pass(10);
  expect([seen.length, process.gone]).toEqual([4, true]);
});

test('a process can be crashed at the moment when control returns to it, and hears from which door', async () => {
  const { world, pass } = start();
  const doors: string[] = [];
  const process: Process = world.process('program', {
    onReturn: (door) => {
      doors.push(door);
      if (doors.length === 3) process.crash();
    },
  });
  const { clock, disk } = process.host();
  const lines: number[] = [];
  void (async () => {
    const file = await disk.open('log');
    lines.push(1);
    await clock.sleep(5);
    lines.push(2);
    await file.append([bytes(1)]);
    lines.push(3);
  })();
  await pass(100);
  expect(doors).toEqual(['disk.open', 'clock.after', 'file.append']);
  expect(lines).toEqual([1, 2]);
});

test('the lives of a process are in the trace', async () => {
  const { world } = start();
  const process = world.process('program');
  process.freeze();
  process.thaw();
  process.crash();
  process.crash();
  world.process('other').exit();
  expect(world.trace.events.map(({ node, what }) => `${node} ${what}`)).toEqual([
    'program process.started',
    'program process.frozen',
    'program process.thawed',
    'program process.crashed',
    'other process.started',
    'other process.exited',
  ]);
});

test('in the real world, too, a crashed process stops and its connection ends', async () => {
  const real = realWorld(memoryDisk());
  const trace = new Trace(real.clock);
  const server = new Process(real, 'server', trace);
  const client = new Process(real, 'client', trace);
  const accepted = new Promise<Stream>((resolve) => {
    void server
      .host()
      .network.listen({ host: '127.0.0.1', port: 0 }, resolve)
      .then(async (listener) => {
        const stream = await client.host().network.connect(listener.address);
        await stream.write([bytes(1)]);
        void stream.read().then(() => lines.push('read'));
      });
  });
  const lines: string[] = [];
  client.host().clock.after(1, () => lines.push('timer'));
  const stream = await accepted;
  expect(await stream.read()).toEqual(bytes(1));
  client.freeze();
  await stream.write([bytes(2)]);
  client.crash();
  expect(await stream.read()).toBeNull();
  server.exit();
  await real.clock.sleep(20);
  expect(lines.filter((line) => line === 'read')).toEqual([]);
});
