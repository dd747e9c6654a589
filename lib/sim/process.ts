/**
 * A process: a program's whole access to the world, held in one hand, so that it can be crashed or frozen as a real one can.
 *
 * A program in JavaScript cannot be stopped from outside, but one that talks to the world only through its doors can be starved: after a crash no
 * timer of it fires and no promise of a door ever settles, so no line of it runs again, no `catch` and no `finally` either, as after `kill -9`.
 * What the operating system would do is done for it: its connections end, its ports and its disk lock are free. A frozen
 * process (`kill -STOP`) keeps all of these; what would have run is held back and runs at thaw, in order, and its clock has gone on meanwhile.
 *
 * It works over any world. Under `simulate` it is what a broker and a spawned task run in; with `serve` and `connect` a task is crashed in real time.
 */
import type { Host } from '../trace/host.ts';
import type { Trace } from '../trace/trace.ts';
import type { Cancel, Clock, Disk, DiskFile, Listener, Network, Stream, World } from '../world/world.ts';

export interface ProcessSettings {
  /** Told each time control is about to return to the program, with the door it comes from: `clock.after`, `stream.read`. It may crash the process. */
  readonly onReturn?: (door: string) => void;
}

export class Process {
  readonly name: string;
  readonly #world: World;
  readonly #trace: Trace;
  readonly #onReturn: (door: string) => void;
  readonly #hosts = new Map<string, Host>();
  readonly #clock: Clock;
  readonly #network: Network;
  readonly #disk: Disk;
  /** What the operating system takes back when the process is gone. */
  readonly #belongings = new Set<() => void>();
  /** What waits for the thaw, in the order in which it would have run. */
  readonly #held: (() => void)[] = [];
  #state: 'running' | 'frozen' | 'thawing' | 'gone' = 'running';

  constructor(world: World, name: string, trace: Trace, settings: ProcessSettings = {}) {
    this.name = name;
    this.#world = world;
    this.#trace = trace;
    this.#onReturn = settings.onReturn ?? (() => {});
    this.#clock = this.#makeClock();
    this.#network = this.#makeNetwork();
    this.#disk = this.#makeDisk();
    trace.record(name, 'process.started');
  }

  get gone(): boolean {
    return this.#state === 'gone';
  }

  get frozen(): boolean {
    return this.#state === 'frozen';
  }

  /** The world as this process sees it. Several parts of one process may go by names of their own in the trace. */
  host(name = this.name): Host {
    let host = this.#hosts.get(name);
    if (host === undefined) {
      host = {
        name,
        trace: this.#trace,
        clock: this.#clock,
        network: this.#network,
        disk: this.#disk,
        random: this.#world.random.fork(name),
        codecs: this.#world.codecs,
      };
      this.#hosts.set(name, host);
    }
    return host;
  }

  /** `kill -9`. Harmless on a process that is gone. */
  crash(): void {
    this.#end('process.crashed');
  }

  /** The program has returned: what it left open is closed by the system, as after a crash. */
  exit(): void {
    this.#end('process.exited');
  }

  freeze(): void {
    if (this.#state !== 'running' && this.#state !== 'thawing') return;
    this.#state = 'frozen';
    this.#trace.record(this.name, 'process.frozen');
  }

  thaw(): void {
    if (this.#state !== 'frozen') return;
    this.#state = 'thawing';
    this.#trace.record(this.name, 'process.thawed', { held: this.#held.length });
    this.#runHeld();
  }

  #end(what: string): void {
    if (this.#state === 'gone') return;
    this.#state = 'gone';
    this.#held.length = 0;
    this.#trace.record(this.name, what);
    for (const takeBack of [...this.#belongings]) takeBack();
    this.#belongings.clear();
  }

  // #region doors
  /** Everything that ever runs in this process, after its first line, comes through here. */
  #enter<T>(door: string, run: (value: T) => void, value: T): void {
    if (this.#state === 'running') this.#return(door, run, value);
    else if (this.#state !== 'gone') this.#held.push(() => this.#return(door, run, value));
  }

  #return<T>(door: string, run: (value: T) => void, value: T): void {
    this.#onReturn(door);
    if (!this.gone) run(value);
  }

  /** A promise of a door. It settles when `ask` does, if the process lives to see it. */
  #ask<T>(door: string, ask: () => Promise<T>): Promise<T> {
    if (this.gone) return new Promise(() => {});
    return ask().then(
      (value) => this.#settle(door, () => value),
      (error) => this.#settle(door, () => Promise.reject(error)),
    );
  }

  /** As `enter`, for what a promise settles with. Only who has to wait for the thaw, or for ever, costs another promise. */
  #settle<T>(door: string, settle: () => T | Promise<T>): T | Promise<T> {
    if (this.#state === 'running') {
      this.#onReturn(door);
      if (!this.gone) return settle();
    }
    return new Promise<void>((resolve) => this.#enter(door, resolve, undefined)).then(settle);
  }
  // #endregion doors

  /** One after the other, each with all that follows from it, as when they first would have run. */
  #runHeld(): void {
    this.#world.clock.after(0, () => {
      if (this.#state !== 'thawing') return;
      const next = this.#held.shift();
      if (next === undefined) {
        this.#state = 'running';
        return;
      }
      next();
      this.#runHeld();
    });
  }

  #makeClock(): Clock {
    const { clock } = this.#world;
    const after = (ms: number, run: () => void): Cancel => {
      if (this.gone) return () => {};
      let cancelled = false;
      // Between the end of the wait and the thaw of a frozen process it can still be cancelled.
      const fire = () => {
        if (!cancelled) run();
      };
      const cancelInner = clock.after(ms, () => {
        this.#belongings.delete(cancel);
        this.#enter('clock.after', fire, undefined);
      });
      const cancel = () => {
        cancelled = true;
        this.#belongings.delete(cancel);
        cancelInner();
      };
      this.#belongings.add(cancel);
      return cancel;
    };
    return {
      monotonicMs: () => clock.monotonicMs(),
      wallMs: () => clock.wallMs(),
      after,
      sleep: (ms) => new Promise((resolve) => after(ms, resolve)),
    };
  }

  #makeNetwork(): Network {
    const { network } = this.#world;
    return {
      listen: (at, accept) =>
        this.#ask('network.listen', async () => {
          const listener = await network.listen(at, (stream) => {
            const kept = this.#keepStream(stream);
            this.#enter('network.accept', accept, kept);
          });
          return this.#keepListener(listener);
        }),
      connect: (to) => this.#ask('network.connect', async () => this.#keepStream(await network.connect(to))),
    };
  }

  #keepListener(listener: Listener): Listener {
    const close = () => void listener.close().catch(() => {});
    this.#keep(close);
    return {
      address: listener.address,
      close: () => {
        this.#belongings.delete(close);
        return this.#ask('listener.close', () => listener.close());
      },
    };
  }

  #keepStream(stream: Stream): Stream {
    const abort = () => stream.abort(`${this.name} is gone`);
    this.#keep(abort);
    return {
      remote: stream.remote,
      read: () => this.#ask('stream.read', () => stream.read()),
      write: (chunks) => this.#ask('stream.write', () => stream.write(chunks)),
      abort: (reason) => {
        if (this.gone) return;
        this.#belongings.delete(abort);
        stream.abort(reason);
      },
    };
  }

  #makeDisk(): Disk {
    const { disk } = this.#world;
    return {
      open: (path) => this.#ask('disk.open', async () => this.#keepFile(await disk.open(path))),
      list: (folder) => this.#ask('disk.list', () => disk.list(folder)),
      remove: (path) => this.#ask('disk.remove', () => disk.remove(path)),
      rename: (from, to) => this.#ask('disk.rename', () => disk.rename(from, to)),
      syncDirectory: (folder) => this.#ask('disk.syncDirectory', () => disk.syncDirectory(folder)),
      lock: () => this.#ask('disk.lock', async () => this.#keep(await disk.lock())),
    };
  }

  #keepFile(file: DiskFile): DiskFile {
    const close = () => void file.close().catch(() => {});
    this.#keep(close);
    return {
      get size() {
        return file.size;
      },
      readInto: (at, target) => this.#ask('file.readInto', () => file.readInto(at, target)),
      append: (chunks) => this.#ask('file.append', () => file.append(chunks)),
      truncate: (size) => this.#ask('file.truncate', () => file.truncate(size)),
      sync: () => this.#ask('file.sync', () => file.sync()),
      close: () => {
        this.#belongings.delete(close);
        return this.#ask('file.close', () => file.close());
      },
    };
  }

  /** What is got from the system goes back to it when the process ends; at once, if it has ended before the answer came. */
  #keep(takeBack: () => void): () => void {
    if (this.gone) takeBack();
    else this.#belongings.add(takeBack);
    return () => {
      this.#belongings.delete(takeBack);
      if (!this.gone) takeBack();
    };
  }
}
