/**
 * What cells import as `course/theatre`: a run to be looked at moment by moment, and broken at any of them.
 *
 * In a notebook a theatre is a still drawing of its decisive moment, with the whole run in words beside it. On the page it moves, and where the reader wants something
 * broken, the page asks for `again` with that wish. In a notebook the same wish is written into the call: `{ at: 20_013, crash: 'website 1' }`.
 */
import { figureOf, svgOf } from '../../../lib/draw/theatre/picture.ts';
import { type FaultScene, momentAt, type Play, seconds } from '../../../lib/draw/theatre/scene.ts';
import { isAnswerTo, stageOf } from '../../../lib/draw/theatre/stageOf.ts';
import { playWords } from '../../../lib/draw/theatre/words.ts';
import { type Duration, type SimulatedKafka, simulate, type TopicSeeds } from '../../../lib/index.ts';
import { toMs } from '../../../lib/world/duration.ts';
import type { DisplayBundle } from '../index.ts';
import { type Cast, type Fault, type Program, perform, type Run } from './run.ts';
import { verdictOf } from './verdict.ts';

/** What the reader wishes to see. Only one thing is broken in a run. */
export interface Wish {
  /** The moment, in ms of the world: to look at, and to break something at. */
  readonly at?: number;
  /** Kills this program then, as `kill -9`. */
  readonly crash?: string;
  /** Stops this program then, for a minute. */
  readonly freeze?: string;
  /** Drops the next answer to this program that has to do with its group: the broker has done what it was asked. */
  readonly drop?: string;
  /** What everything that is left to chance grows from. Default 1; with `world`, what that makes of it. */
  readonly seed?: number;
}

export interface TheatreSettings<Stage> extends Wish {
  readonly caption: string;
  /** Topics to begin with, as for `simulate`. */
  readonly topics?: TopicSeeds;
  /** Makes the world, in place of `topics`. */
  readonly world?: (seed: number) => Promise<SimulatedKafka>;
  /** What happens before the programs start: its answer is given to each of them, and to `outcome`. */
  readonly setup?: (kafka: SimulatedKafka) => Stage | Promise<Stage>;
  /** `reading`: who reads what, without the messages of the group. Default `protocol`. */
  readonly level?: 'reading' | 'protocol';
  /** When programs enter that are not there from the beginning: `{ 'ledger 3': '30 s' }`. */
  readonly entrances?: { readonly [name: string]: Duration };
  /** How long the run is. Default 20 s. */
  readonly within?: Duration;
  /** How long it goes on after something was broken. Default 90 s: a session of 45 s is over then, and what was frozen has come back. */
  readonly aftermath?: Duration;
  /** A program that was killed is started again after this time. Default: it stays dead. */
  readonly restart?: Duration;
  /** What a run has left behind, in a few words. */
  readonly outcome?: (stage: Stage) => string | number;
}

/** What this cell and the page know each other by: the page shows a play in motion where it finds one of this type. */
const PLAY = 'application/vnd.kafkaito.play+json';
const DISPLAY = Symbol.for('kafkaito.display');
/** The page's kernel says with it that there is somebody who can play. */
const STAGE = Symbol.for('kafkaito.stage');

/** A theatre that has been opened, so that it can be asked for another run. */
interface Opened {
  present(wish: Wish): Promise<void>;
}

const opened = new Map<string, Opened>();

/**
 * Runs programs and shows the run. `programs` is one program, as `everyCrash` takes it, or several by the names of their processes; each gets a Kafka of its own
 * and what `setup` has answered. The same seed gives the same run in every medium. Rejects when the wish cannot be granted: the message says why.
 */
export async function theatre<Stage = undefined>(
  programs: Program<Stage> | { readonly [name: string]: Program<Stage> },
  settings: TheatreSettings<Stage>,
): Promise<void> {
  const { caption, at, crash, freeze, drop } = settings;
  const house = new House(typeof programs === 'function' ? { program: programs } : programs, settings);
  opened.set(caption, house);
  await house.present({ at, crash, freeze, drop });
}

/** Shows a theatre that was opened before with another wish. */
export async function again(caption: string, wish: Wish): Promise<void> {
  const house = opened.get(caption);
  if (house === undefined) throw new Error(`'${caption}' is not open any more: run its cell again`);
  await house.present(wish);
}

class House<Stage> implements Opened {
  readonly #cast: Cast<Stage>;
  readonly #settings: TheatreSettings<Stage>;
  readonly #calm = new Map<number, Run>();

  constructor(programs: Cast<Stage>['programs'], settings: TheatreSettings<Stage>) {
    const { topics, world = (seed: number) => simulate({ seed, topics }), setup, outcome, restart } = settings;
    const entrances = Object.entries(settings.entrances ?? {}).map(([name, when]) => [name, toMs(when)] as const);
    const stranger = entrances.find(([name]) => !(name in programs));
    if (stranger !== undefined) throw new TypeError(`entrances: there is no program '${stranger[0]}'`);
    const restartMs = restart === undefined ? undefined : toMs(restart);
    this.#cast = { programs, entrances: Object.fromEntries(entrances), world, setup, outcome, restartMs };
    this.#settings = settings;
  }

  async present(wish: Wish): Promise<void> {
    show(await this.#play(wish));
  }

  async #play(wish: Wish): Promise<Play> {
    const { caption, level, within = '20 s', aftermath = '90 s' } = this.#settings;
    // A world that is made by somebody else may grow from a seed that nobody has told us.
    const known = wish.seed ?? this.#settings.seed ?? (this.#settings.world === undefined ? 1 : undefined);
    const seed = known ?? 1;
    const forMs = toMs(within);
    const calm = this.#calm.get(seed) ?? (await perform(this.#cast, { seed, forMs }));
    this.#calm.set(seed, calm);
    const cast = Object.keys(this.#cast.programs);
    const common = { caption, cast, level, seed: known, fromMs: calm.fromMs };
    const { events, records } = calm;
    const quiet = stageOf(events, { ...common, atMs: wish.at, records });
    const wanted = faultOf(wish, quiet);
    if (wanted === undefined) return quiet;
    const fault = placed(wanted, events);
    const untilMs = Math.max(forMs, wanted.at - calm.fromMs + toMs(aftermath));
    const broken = await perform(this.#cast, { seed, forMs: untilMs, fault });
    const outcome = broken.outcome === undefined ? [] : [`In the end: ${broken.outcome}. Without it: ${calm.outcome}.`];
    const verdict = [`${said(wanted, broken)}.`, ...outcome, ...verdictOf(events, broken.events, cast, wanted.at)];
    return stageOf(broken.events, { ...common, atMs: wanted.at, records: broken.records, fault: wanted, verdict });
  }
}

/** What the wish wants broken; undefined: nothing. Throws when that is not possible in this run. */
function faultOf({ at, crash, freeze, drop }: Wish, quiet: Play): FaultScene | undefined {
  const who = crash ?? freeze ?? drop;
  if (who === undefined) return undefined;
  const scene = quiet.moments[at === undefined ? quiet.decisive : momentAt(quiet, at)];
  const member = scene.members.find(({ name }) => name === who);
  const names = scene.members.map(({ name }) => name).join(', ');
  if (member === undefined) throw new RangeError(`there is no program '${who}': this run has ${names}`);
  if (member.state !== 'running') throw new RangeError(`'${who}' is not running at ${seconds(scene.at)}`);
  return { what: crash !== undefined ? 'crash' : freeze !== undefined ? 'freeze' : 'drop', who, at: scene.at };
}

/** Finds the place of a fault in the events of the calm run. */
function placed({ what, who, at }: FaultScene, events: Run['events']): Fault {
  let after = events.findIndex((event) => event.at > at) - 1;
  if (after < 0) after = events.length - 1;
  if (what !== 'drop') return { what, who, after };
  const answer = events.find((event, index) => index > after && isAnswerTo(who, event));
  if (answer === undefined) throw new RangeError(`nothing more is answered to '${who}' after ${seconds(at)}`);
  const { api, client } = answer.detail;
  const same = events.slice(0, events.indexOf(answer) + 1).filter((event) => {
    return event.what === 'response.sent' && event.detail.api === api && event.detail.client === client;
  });
  return { what, who, api: String(api), clientId: String(client), nth: same.length };
}

function said({ what, who, at }: FaultScene, { events }: Run): string {
  if (what !== 'drop') return `${who} is ${what === 'crash' ? 'killed' : 'frozen for a minute'} at ${seconds(at)}`;
  const dropped = events.find((event) => event.what === 'theatre.dropped');
  return `The answer to the ${dropped?.detail.api} of ${who}, which leaves the broker at ${seconds(dropped?.at ?? at)}, is dropped`;
}

function show(play: Play): void {
  const global = globalThis as { [DISPLAY]?: (bundle: DisplayBundle) => void; [STAGE]?: boolean };
  const words = playWords(play);
  const display = global[DISPLAY];
  if (display === undefined) return console.log(words);
  const drawing = svgOf(figureOf(play, play.moments[play.decisive]), play.caption, play.verdict);
  const bundle = { 'text/plain': words, 'image/svg+xml': drawing };
  display(global[STAGE] === true ? Object.assign(bundle, { [PLAY]: JSON.stringify(play) }) : bundle);
}
