/** Writes ROWS.md anew. */
import { writeFileSync } from 'node:fs';
import { rows } from './rows/index.ts';
import { experiments, TABLE, tableOf } from './table.ts';

writeFileSync(TABLE, tableOf(rows, experiments()));
