/**
 * What people say about consumer groups, sentence by sentence, and what there is to it.
 *
 * A row has a verdict and the thing that shows it: an experiment of its own in `test/truth/`, whose title begins with its id; a test or scenario that was there already;
 * or the reason why there is none. rows.test.ts holds all of that against the tests that exist, and against ROWS.md.
 */

/** TRUE as it stands; COND: only under a condition; OLD: not any more; WRONG: never; OPINION and QUESTION: nothing that could be either. */
export type Verdict = 'TRUE' | 'COND' | 'OLD' | 'WRONG' | 'OPINION' | 'QUESTION';

export interface Row {
  /** `A-01` to `E-103`: the letter stands for where it was said. */
  readonly id: string;
  readonly verdict: Verdict;
  /** What is said. */
  readonly claim: string;
  /** What holds. */
  readonly truth: string;
  readonly shown: Shown;
}

export type Shown =
  | { readonly by: 'experiment' }
  | { readonly by: 'test'; readonly file: string; readonly title: string }
  | { readonly by: 'nobody'; readonly reason: string };

export const experiment: Shown = { by: 'experiment' };

/** A test or scenario that exists: a file in `test/`, and the text of its title. */
export const test = (file: string, title: string): Shown => ({ by: 'test', file: `test/${file}`, title });

export const needsCluster: Shown = { by: 'nobody', reason: 'needs several brokers: waits for replication' };
export const needsNewProtocol: Shown = {
  by: 'nobody',
  reason: 'is about groups of KIP-848 or KIP-932, which are not there yet',
};
export const isForeign: Shown = { by: 'nobody', reason: 'is about the programming interface of another client' };
export const isOpinion: Shown = { by: 'nobody', reason: 'is an opinion' };

export const row = (id: string, verdict: Verdict, claim: string, truth: string, shown: Shown): Row => ({
  ...{ id, verdict, claim },
  ...{ truth, shown },
});
