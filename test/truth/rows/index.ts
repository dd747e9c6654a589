/** All rows, in the order of their ids. */
import { a } from './a.ts';
import { b } from './b.ts';
import { c1 } from './c1.ts';
import { c2 } from './c2.ts';
import { d } from './d.ts';
import { e1 } from './e1.ts';
import { e2 } from './e2.ts';
import { e3 } from './e3.ts';
import type { Row } from './row.ts';

export type { Row, Shown, Verdict } from './row.ts';

export const rows: readonly Row[] = [...a, ...b, ...c1, ...c2, ...d, ...e1, ...e2, ...e3];
