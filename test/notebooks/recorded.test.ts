import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cellsOf } from '../../chapters/tools/cells.ts';
import { serve } from '../../lib/node/index.ts';
import { readChapters, root } from '../../notebooks/tools/chapters.ts';
import { startKernel } from '../../notebooks/tools/kernel.ts';

test('A cell that needs Apache Kafka asks the one that the environment of the kernel names', async () => {
  const scratch = join(root, '.cache', 'notebooks');
  mkdirSync(scratch, { recursive: true });
  const folder = mkdtempSync(join(scratch, 'recorded-'));
  const served = await serve({ port: 0, config: { 'group.initial.rebalance.delay.ms': '0' } });
  const kernel = await startKernel({ folder, kafkaBootstrap: served.bootstrap });
  try {
    const [{ chapter }] = readChapters(['08']);
    const [cell] = cellsOf(chapter).filter(({ mark }) => mark === 'recorded');
    const { ok, outputs } = await kernel.execute(cell.code);
    const text = outputs.map((output) => (output.output_type === 'stream' ? output.text : '')).join('');
    expect(text).toMatch(new RegExp(`^Seen on the Kafka at ${served.bootstrap}\\.\nledger → generation 1, 1 member`));
    expect(ok).toBe(true);
  } finally {
    await kernel.close();
    await served.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}, 60_000);
