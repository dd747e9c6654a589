/**
 * Where each exercise is cut in two: which functions of the learner run in the child, and what of the grader's world they may touch through the pipe.
 *
 * The whole simulated Kafka, its trace, the bank and the verdict are on the grader's side in every chapter. The learner's functions are called there as if
 * they were in the same process, and what they are handed is a stand-in with the methods listed here and no others. For exercises whose answer is a function of
 * data alone (02, 08, 10, W), a hidden seed also makes questions that no chapter asks.
 */
import { Partitioners } from 'kafkajs';
import type { Verdict } from '../index.ts';
import { assignerIn, kafkajsIn } from '../kafkajs/index.ts';
import { type Dice, hiddenGroups, hiddenKeys, hiddenRecords, hiddenStreams } from './hidden.ts';
import type { Surface } from './peer.ts';

/** What the learner's cell passed to `check`. */
export type Answer = readonly unknown[];

/** Lets the learner's side use an object as far as the surface goes, and answers the object. */
export type Expose = <T extends object>(value: T, surface: Surface) => T;

export interface Cut {
  readonly judge: (answer: Answer, expose: Expose) => Promise<Verdict> | Verdict;
  /** Questions from a hidden seed; what is wrong, if anything is. */
  readonly hidden?: (answer: Answer, dice: Dice) => string | undefined;
}

const iterator: Surface = { methods: { next: 'data', return: 'data' } };

const consumer: Surface = {
  methods: {
    ...{ subscribe: 'data', subscription: 'data', assign: 'data', unsubscribe: 'data', assignment: 'data' },
    ...{ poll: 'data', wakeup: 'data', commitSync: 'data', commitAsync: 'data', committed: 'data', close: 'data' },
    ...{ seek: 'data', seekToBeginning: 'data', seekToEnd: 'data', position: 'data', offsetsForTimes: 'data' },
    ...{ beginningOffsets: 'data', endOffsets: 'data', pause: 'data', resume: 'data', paused: 'data' },
    ...{ enforceRebalance: 'data', groupMetadata: 'data', '@@asyncIterator': iterator },
  },
};
const producer: Surface = { methods: { send: 'data', close: 'data' } };
const world: Surface = { methods: { now: 'data', sleep: 'data', pass: 'data' } };
const kafka: Surface = { methods: { consumer, producer }, values: { world } };
const work: Surface = { call: 'data' };
const store: Surface = { methods: { apply: 'data', applyAt: 'data' } };
const memory: Surface = { methods: { load: 'data', apply: 'data', save: 'data', forget: 'data' } };
const group: Surface = {
  methods: { append: 'data', answer: 'data' },
  values: { leader: 'data', members: 'data', stored: 'data' },
  given: ['waiting'],
};

/** A function of the learner's, as the pipe has it. */
type Any = (...parameters: unknown[]) => unknown;

function fn(value: unknown): Any {
  if (typeof value !== 'function') throw new TypeError('check was not given a function');
  return value as Any;
}

function fields(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new TypeError('check was not given an object');
  return value as Record<string, unknown>;
}

/** The learner's function, whose parameters are exposed as far as the surfaces in their places go. */
function lending(given: unknown, expose: Expose, ...surfaces: (Surface | 'data')[]): Any {
  const learners = fn(given);
  return (...parameters) => {
    for (const [index, surface] of surfaces.entries()) {
      const one = parameters[index];
      if (surface !== 'data' && one !== null && (typeof one === 'object' || typeof one === 'function'))
        expose(one, surface);
    }
    return learners(...parameters);
  };
}

/** What a checker takes first. Of the right type or not, what a learner's function answers has been copied by the pipe, and is no more than a wrong answer. */
type Parameters0<F> = F extends (first: infer A, ...rest: never[]) => unknown ? A : never;

export const cuts: { readonly [chapter: string]: () => Promise<Cut> } = {
  async '00'() {
    const { judge } = await import('../exercises/00.ts');
    const GOAL = 280;
    return {
      judge([goal, given], expose) {
        if (goal !== GOAL) throw new TypeError(`the goal of the exercise is ${GOAL}`);
        const { onEvent, crashWhen, settings } = fields(given);
        type Attempt = Parameters<typeof judge>[1];
        const attempt = {
          onEvent: lending(onEvent, expose, 'data', consumer, store),
          // The checker hands out an object that answers two questions; here these two go over the pipe.
          crashWhen: (seen: { balance: number; committed: number }) =>
            fn(crashWhen)({ balance: seen.balance, committed: seen.committed }),
          settings,
        };
        return judge(GOAL, attempt as Attempt);
      },
    };
  },
  async '02'() {
    const { judge } = await import('../exercises/02.ts');
    return {
      judge: ([given]) => judge(fn(given) as Parameters0<typeof judge>, Partitioners.DefaultPartitioner as never),
      hidden: ([given], dice) => hiddenKeys(fn(given) as Parameters0<typeof judge>, dice),
    };
  },
  async '05'() {
    const { judge } = await import('../exercises/05.ts');
    return {
      judge: ([given], expose) => judge(lending(given, expose, work) as Parameters0<typeof judge>),
    };
  },
  async '06'() {
    const { judge } = await import('../exercises/06.ts');
    return {
      judge: ([given], expose) => judge(lending(given, expose, kafka, store) as Parameters0<typeof judge>),
    };
  },
  async '07'() {
    const { judge } = await import('../exercises/07.ts');
    return {
      judge: ([given]) => judge(copiesIn(given)),
    };
  },
  async '08'() {
    const { judge } = await import('../exercises/08.ts');
    return {
      judge: ([given]) => judge(fn(given) as Parameters0<typeof judge>),
      hidden: ([given], dice) => hiddenRecords(fn(given) as Parameters0<typeof judge>, dice),
    };
  },
  async '09'() {
    const { judge } = await import('../exercises/09.ts');
    return {
      judge([given], expose) {
        const { onSync, onAppended, onGone } = fields(given);
        const decider = {
          onSync: lending(onSync, expose, group),
          onAppended: lending(onAppended, expose, group),
          onGone: lending(onGone, expose, group),
        };
        return judge(decider as Parameters0<typeof judge>);
      },
    };
  },
  async '10'() {
    const { judge } = await import('../exercises/10.ts');
    return {
      judge: ([given]) => judge(fields(given) as unknown as Parameters0<typeof judge>, { kafkajsIn, assignerIn }),
      hidden: ([given], dice) => hiddenGroups(fields(given) as unknown as Parameters0<typeof judge>, dice),
    };
  },
  async '11'() {
    const { judge } = await import('../exercises/11.ts');
    return {
      judge: ([given], expose) => judge(lending(given, expose, kafka, work) as Parameters0<typeof judge>),
    };
  },
  async '12'() {
    const { judge } = await import('../exercises/12.ts');
    return {
      judge: ([given], expose) => judge(lending(given, expose, memory, consumer) as Parameters0<typeof judge>),
    };
  },
  async '14'() {
    const { judge } = await import('../exercises/14.ts');
    return {
      judge: ([given], expose) => judge(lending(given, expose, consumer, work) as Parameters0<typeof judge>),
    };
  },
  async W() {
    const { judge } = await import('../exercises/W.ts');
    return {
      judge: ([given]) => judge(fn(given) as Parameters0<typeof judge>),
      hidden: ([given], dice) => hiddenStreams(fn(given) as Parameters0<typeof judge>, dice),
    };
  },
};

const MOST_COPIES = 50;

function copiesIn(given: unknown): { name: string; groupId: string }[] {
  if (!Array.isArray(given) || given.length > MOST_COPIES) throw new TypeError('check was not given a list of copies');
  return given.map((one) => {
    const { name, groupId } = fields(one);
    return { name: String(name), groupId: String(groupId) };
  });
}
