/** What is left of the two parsers does what they do: all sources of the library come out the same. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import * as config from '../../lib/broker/config.ts';
import { slimAcorn, slimSucrase, withoutSentences } from '../../site/kernel/slimming.ts';
import * as whole from '../../site/kernel/transform.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

async function slimmed(): Promise<typeof whole> {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'site/kernel/transform.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'slim',
    mainFields: ['module', 'main'],
    target: 'es2022',
    minify: true,
    plugins: [slimSucrase(), slimAcorn()],
  });
  return new Function(`${outputFiles[0].text}\nreturn slim;`)();
}

function sources(): [path: string, text: string][] {
  const folders = ['lib', 'chapters/tools', 'site/kernel'].map((folder) => join(root, folder));
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  );
  return files.filter((file) => file.endsWith('.ts')).map((file) => [file, readFileSync(file, 'utf8')]);
}

test('compiles every source of the library as the whole parsers do', async () => {
  const slim = await slimmed();
  const all = sources();
  expect(all.length).toBeGreaterThan(200);
  for (const [file, text] of all) expect(slim.compileModule(text), file).toBe(whole.compileModule(text));
});

test('refuses with the same words what is wrong', async () => {
  const slim = await slimmed();
  const wrong = [
    'const a = ;',
    'let a = 1;\nlet a = 2;',
    'await await;',
    'if (',
    "'open",
    'class { }',
    'export default 1',
    'a b',
    'return 1; }',
    '1 = 2',
  ];
  for (const text of wrong) {
    const words = message(() => whole.compileCell(text));
    expect(
      message(() => slim.compileCell(text)),
      text,
    ).toBe(words);
    expect(words, text).not.toBe('');
  }
});

test('asks the engine about regular expressions', async () => {
  const slim = await slimmed();
  expect(message(() => slim.compileCell('1;\n/(/;'))).toMatch(/^2: Invalid regular expression/);
  expect(message(() => slim.compileCell('/a/gg;'))).toMatch(/^1: Invalid/);
  expect(slim.compileCell(String.raw`/(?<year>\d{4})\p{L}/u`)).toContain(String.raw`(/(?<year>\d{4})\p{L}/u)`);
});

function message(compile: () => string): string {
  try {
    compile();
    return '';
  } catch (error) {
    const { line, message } = error as whole.CellSyntaxError;
    return `${line}: ${message}`;
  }
}

test('without its sentences, the list of settings has every setting as it was', async () => {
  const file = join(root, 'lib/broker/config.ts');
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'slim',
    plugins: [withoutSentences(file)],
  });
  const slim: typeof config = new Function(`${outputFiles[0].text}\nreturn slim;`)();
  expect(slim.brokerConfig()).toEqual(config.brokerConfig());
  expect(slim.logSettings(slim.brokerConfig(), {})).toEqual(config.logSettings(config.brokerConfig(), {}));
  expect(slim.groupSettings(slim.brokerConfig())).toEqual(config.groupSettings(config.brokerConfig()));
  expect(Object.keys(slim.properties)).toEqual(Object.keys(config.properties));
  expect(outputFiles[0].text).not.toContain('The largest record batch.');
});
