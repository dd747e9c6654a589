/** All scenarios. */
import { admin } from './admin.ts';
import { commit } from './commit.ts';
import { consumer } from './consumer.ts';
import { crash } from './crash.ts';
import { fetch } from './fetch.ts';
import { group } from './group.ts';
import { keeping } from './keeping.ts';
import { produce } from './produce.ts';
import { rebalance } from './rebalance.ts';
import type { Scenario } from './scenario.ts';

export const scenarios: readonly Scenario[] = [
  ...produce,
  ...fetch,
  ...commit,
  ...group,
  ...crash,
  ...admin,
  ...keeping,
  ...consumer,
  ...rebalance,
];
