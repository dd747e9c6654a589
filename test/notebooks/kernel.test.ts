import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../notebooks/tools/chapters.ts';
import type { Kernel } from '../../notebooks/tools/kernel.ts';
import { freePorts, startKernel } from '../../notebooks/tools/kernel.ts';
import { fresh } from '../tools/fresh.ts';

const scratch = join(root, '.cache', 'notebooks');
let base: string;
let folder: string;
let kernel: Kernel;

beforeAll(async () => {
  mkdirSync(scratch, { recursive: true });
  base = mkdtempSync(join(scratch, 'a test-'));
  folder = join(base, 'mine');
  kernel = await startKernel({ folder });
}, 120_000);

afterAll(async () => {
  await kernel?.close();
  rmSync(base, { recursive: true, force: true, maxRetries: 3 });
  // What the kernel keeps of sources that are only there for this test.
  rmSync(join(root, '.cache', 'kernel', 'withoutTypes', relative(root, base)), { recursive: true, force: true });
});

test('A kernel whose port was taken in the meantime is started on others', async () => {
  const [taken, ...rest] = await freePorts(5);
  const somebody = createServer().listen(taken, '127.0.0.1');
  await once(somebody, 'listening');
  let calls = 0;
  const findPorts = async (count: number) => (calls++ === 0 ? [taken, ...rest] : freePorts(count));
  const another = await startKernel({ folder: join(base, 'another'), findPorts });
  expect(calls).toBe(2);
  expect((await another.execute('console.log(6 * 7)')).outputs).toMatchObject([{ text: '42\n' }]);
  await another.close();
  somebody.close();
});

/** Runs a cell and gives what it printed, on either stream. */
async function run(code: string): Promise<string> {
  const { outputs } = await kernel.execute(code);
  return outputs.map((output) => (output.output_type === 'stream' ? output.text : '')).join('');
}

describe('A cell', () => {
  test('is checked strictly, and an error names its line', async () => {
    const { ok, outputs } = await kernel.execute(
      "const fine = 1;\n\nconst name: string = [fine].at(0) === 1 ? null : 'x';",
    );
    expect(ok).toBe(false);
    expect(outputs).toEqual([
      {
        output_type: 'stream',
        name: 'stderr',
        text: expect.stringMatching(/^3:7 - Type '(string \| )?null' is not assignable/),
      },
    ]);
  });

  test('prints its last value, and may use what earlier cells declared', async () => {
    expect(await run('let balance = 100;\nconst add = (amount: number) => { balance += amount; };')).toBe('');
    expect(await run('add(30);\nbalance')).toBe('130\n');
  });

  test('may be nothing but a `for await`', async () => {
    expect(await run('for await (const word of ["one", "two"]) console.log(word);')).toBe('one\ntwo\n');
  });

  test('that throws shows lines as they were written, of earlier cells too, and nothing of the kernel', async () => {
    await run(
      'interface Event {\n  amount: number;\n}\n\n// Types and comments are gone when this runs.\nfunction book(event: Event) {\n  throw new RangeError("no cover for " + event.amount);\n}',
    );
    const printed = await run('\n\nbook({ amount: -120 });');
    expect(printed).toMatch(
      /^RangeError: no cover for -120\n {4}at book \(cell \[\d+\]:7:9\)\n {4}at cell \[\d+\]:3:1\n$/,
    );
  });

  test('that fails late, after an await, shows its lines as well', async () => {
    expect(await run('type Name = string;\nawait null;\nthrow new Error("late" satisfies Name);')).toMatch(
      /^Error: late\n {4}at cell \[\d+\]:3:7\n$/,
    );
  });

  test('that leaves a rejection to nobody is told so', async () => {
    expect(await run('Promise.reject(new Error("unheard"));\nawait new Promise((go) => setTimeout(go, 20));')).toMatch(
      /^UnhandledPromiseRejection: Error: unheard\n/,
    );
  });

  test('shows warnings as they are everywhere: without numbers of processes, and not those that come with a version of Node', async () => {
    const warn = (name: string) => `process.emitWarning('mind this', '${name}');`;
    const pause = 'await new Promise((go) => setTimeout(go, 20));';
    const cell = [warn('ExperimentalWarning'), warn('TimeoutNegativeWarning'), warn('SomeWarning'), pause].join('\n');
    expect(await run(cell)).toBe('SomeWarning: mind this\n');
  });

  test('imports packages of the project, and of Node', async () => {
    expect(
      await run(
        'import { Kafka } from "kafkajs";\nimport { basename } from "node:path";\ntypeof Kafka + basename("a/b")',
      ),
    ).toBe('functionb\n');
  });

  test('shows one content in several forms as one output', async () => {
    const { outputs } = await kernel.execute(
      `const display = (globalThis as unknown as { [name: symbol]: (bundle: object) => void })[Symbol.for('kafkaito.display')];
display({ 'text/plain': 'a < b', 'image/svg+xml': '<svg/>' });`,
    );
    const html = expect.stringMatching(/^<figure[^>]*><svg\/><details>.*<pre>a &#60; b<\/pre>/);
    const data = { 'text/plain': 'a < b', 'image/svg+xml': '<svg/>', 'text/html': html };
    expect(outputs).toEqual([{ output_type: 'display_data', data, metadata: {} }]);
  });
});

describe('A cell that is a file', () => {
  test('is saved beside the notebook and imported by other cells, and its errors name its lines', async () => {
    const source =
      '// file: ledger.ts\nexport function sum(amounts: number[]): number {\n  throw new Error("not yet");\n}';
    expect(await run(source)).toBe('saved ledger.ts\n');
    expect(readFileSync(join(folder, 'ledger.ts'), 'utf8')).toBe(`${source}\n`);
    expect(await run("import { sum } from './ledger.ts';\n\nsum([1]);")).toMatch(
      /^Error: not yet\n {4}at sum \(ledger\.ts:3\)\n {4}at cell \[\d+\]:3:\d\n$/,
    );
  });

  test('counts as soon as it is saved again, its types too', async () => {
    await run('// file: ledger.ts\nexport const sum = (amounts: string[]) => amounts.join("+");');
    expect(await run("import { sum } from './ledger.ts';\nsum(['1', '2'])")).toBe('1+2\n');
    expect(await run("import { sum } from './ledger.ts';\nsum([1])")).toMatch(/^2:6 - Type 'number' is not assignable/);
  });

  test('counts when it was edited outside the notebook', async () => {
    writeFileSync(join(folder, 'ledger.ts'), '// file: ledger.ts\nexport const edited = true;\n');
    expect(await run("import { edited } from './ledger.ts';\nedited")).toBe('true\n');
  });

  test('may go away and come back, and a mistake in it stops only the cells that import it', async () => {
    const file = join(folder, 'passing.ts');
    const use = "import { passing } from './passing.ts';\npassing";
    writeFileSync(file, 'export const passing = 1;\n');
    expect(await run(use)).toBe('1\n');
    rmSync(file);
    expect(await run(use)).toMatch(/Cannot find module '.\/passing.ts'/);
    writeFileSync(file, 'export const passing: number = 2;\n');
    expect(await run(use)).toBe('2\n');
    writeFileSync(file, 'export const passing: number = "two";\n');
    expect(await run('1 + 1')).toBe('2\n');
    expect(await run(use)).toMatch(/^passing\.ts 1:14 - Type 'string' is not assignable/);
  });

  test('is checked when it is saved', async () => {
    expect(await run('// file: wrong.ts\nexport const one: number = "1";')).toBe(
      "wrong.ts 2:14 - Type 'string' is not assignable to type 'number'.\nsaved wrong.ts\n",
    );
  });

  test('never overwrites work of a learner that no cell of this notebook has saved', async () => {
    const name = fresh('other');
    writeFileSync(join(folder, `${name}.ts`), 'mine\n');
    expect(await run(`// file: ${name}.ts\nexport {};`)).toBe(
      `saved ${name}.ts; the one that was there is now kept/${name}-1.ts\n`,
    );
    expect(await run(`// file: ${name}.ts\nexport { };`)).toBe(`saved ${name}.ts\n`);
    expect(readFileSync(join(folder, 'kept', `${name}-1.ts`), 'utf8')).toBe('mine\n');
    expect(existsSync(join(folder, 'kept', `${name}-2.ts`))).toBe(false);
  });
});

describe('A source of the project that is edited while the notebook is open', () => {
  const library = (name: string, text: string) => writeFileSync(join(base, name), text);

  test('is read again when the cell that imports it runs again, however far behind the import it lies', async () => {
    library('front.ts', "export { answer } from './behind.ts';\n");
    library('behind.ts', 'export const answer: number = 41;\n');
    const cell = "import { answer } from '../front.ts';\nanswer";
    expect(await run(cell)).toBe('41\n');
    library('behind.ts', '// edited\nexport const answer: number = 42;\n');
    expect(await run(cell)).toBe('42\n');
  });

  test('shows the line of an error that was edited in, and an error of types before anything runs', async () => {
    library(
      'behind.ts',
      '// edited\n// again\n\nexport const answer: number = (() => { throw new Error("here"); })();\n',
    );
    expect(await run("import { answer } from '../front.ts';\nanswer")).toMatch(
      /^Error: here\n {4}at [^\n]*behind\.ts:4\)?\n/,
    );
    library('behind.ts', 'export const answer: number = "42";\n');
    expect(await run("import { answer } from '../front.ts';\nanswer")).toMatch(
      /behind\.ts 1:14 - Type 'string' is not assignable/,
    );
  });

  test('leaves the library alone when only a file of the learner has changed', async () => {
    library('front.ts', "export { answer } from './behind.ts';\nexport const state = { count: 0 };\n");
    library('behind.ts', 'export const answer = 1;\n');
    const saves1 =
      "// file: uses.ts\nimport { state } from '../front.ts';\nexport const use = () => (state.count += 1);";
    expect(await run(saves1)).toBe('saved uses.ts\n');
    expect(await run("import { use } from './uses.ts';\nuse()")).toBe('1\n');
    const saves10 =
      "// file: uses.ts\nimport { state } from '../front.ts';\nexport const use = () => (state.count += 10);";
    expect(await run(saves10)).toBe('saved uses.ts\n');
    expect(await run("import { use } from './uses.ts';\nuse()")).toBe('11\n');
  });
});

describe('A kernel', () => {
  test('ends when the process that started it is killed', async () => {
    const starter = `
      const { spawn } = require('node:child_process');
      const { writeFileSync } = require('node:fs');
      const { createServer } = require('node:net');
      const names = ['shell_port', 'iopub_port', 'stdin_port', 'control_port', 'hb_port'];
      const servers = names.map(() => createServer().listen(0, '127.0.0.1'));
      setTimeout(() => {
        const ports = Object.fromEntries(names.map((name, index) => [name, servers[index].address().port]));
        for (const server of servers) server.close();
        writeFileSync('connection.json', JSON.stringify({ ...ports, ip: '127.0.0.1', transport: 'tcp', key: 'k' }));
        const args = [process.argv[1], 'kernel', '--config-path', process.cwd() + '/connection.json'];
        console.log(JSON.stringify([spawn(process.execPath, args, { stdio: 'ignore' }).pid, ports.shell_port]));
      }, 100);
    `;
    const launcher = join(root, 'notebooks', 'tools', 'kernel', 'launcher.cjs');
    const parent = spawn(process.execPath, ['-e', starter, launcher], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [printed] = await once(parent.stdout, 'data');
    const [kernelId, shellPort] = JSON.parse(String(printed));
    await expect.poll(() => listens(shellPort), { timeout: 30_000 }).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => isAlive(kernelId), { timeout: 30_000 }).toBe(false);
  }, 90_000);
});

/** Whether something answers on a port of this machine. */
function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}
