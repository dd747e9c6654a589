/** Runs one cell in a fresh kernel, for `npm run doctor`: exit code 0 when it prints what it should. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './chapters.ts';
import { startKernel } from './kernel.ts';

const scratch = join(root, '.cache', 'notebooks');
mkdirSync(scratch, { recursive: true });
const folder = mkdtempSync(join(scratch, 'doctor-'));
const kernel = await startKernel({ folder });
const { outputs } = await kernel.execute("const sum: number = await Promise.resolve(1 + 1);\nconsole.log('sum', sum);");
await kernel.close();
rmSync(folder, { recursive: true, force: true, maxRetries: 3 });

const [first] = outputs;
if (first?.output_type !== 'stream' || first.text !== 'sum 2\n') {
  console.error(`A cell that prints "sum 2" has given: ${JSON.stringify(outputs)}`);
  process.exitCode = 1;
}
