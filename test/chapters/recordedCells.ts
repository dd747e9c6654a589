/** Runs the cells that need Apache Kafka, each by itself, with the Kafka of a test in its place. */
import * as course from 'course';
import * as recorded from 'course/recorded';
import * as kafkaito from 'kafkaito';
import { vi } from 'vitest';
import type { Cell } from '../../chapters/tools/cells.ts';
import { CellRuntime } from '../../site/kernel/runtime.ts';

/** What the cell prints, where KAFKA_BOOTSTRAP is `bootstrap`. Throws with what the cell fails with. */
export async function printed(bootstrap: string, { id, code }: Cell): Promise<string> {
  vi.stubEnv('KAFKA_BOOTSTRAP', bootstrap);
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    const modules = { course: () => course, 'course/recorded': () => recorded, kafkaito: () => kafkaito };
    const result = await new CellRuntime(modules, (value) => console.log(value)).run(id, code, {});
    if (!result.ok) throw new Error(`cell ${id}: ${result.error.title}`);
    return log.mock.calls.map((line) => line.join(' ')).join('\n');
  } finally {
    log.mockRestore();
    vi.unstubAllEnvs();
  }
}

/** The same without the line that says where it was seen, which differs in each run. */
export async function shownOn(bootstrap: string, cell: Cell): Promise<string> {
  return (await printed(bootstrap, cell)).replace(/^Seen on the Kafka at .*\n/, '');
}
