/**
 * The three programs of a grading run, each made into one file: the judge, the child's end of the pipe, and a submission.
 *
 * A submission is made of the learner's text and what it imports by the names that cells use. `course/NN` is the real module with its checks exchanged for
 * ones that hand the answer over the pipe; of everything it names, only what it uses goes with it. Files of its own it has none.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildFailure, build, type Plugin } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..', '..');
const tools = join(root, 'chapters', 'tools');
const require = createRequire(import.meta.url);

const common = {
  bundle: true,
  platform: 'node',
  target: 'es2022',
  logLevel: 'silent',
  keepNames: true,
  treeShaking: true,
} as const;

/** Where the bundled programs lie. */
export interface Programs {
  readonly judge: string;
  readonly child: string;
  readonly trial: string;
}

/** Writes the judge, the child and the trial into the folder. */
export async function bundlePrograms(folder: string): Promise<Programs> {
  const judge = join(folder, 'judge.cjs');
  const inside = ['child', 'trial'].map((name) => join(here, `${name}.ts`));
  await build({
    ...common,
    entryPoints: [join(here, 'judge.ts')],
    outfile: judge,
    format: 'cjs',
    plugins: [forTheJudge],
  });
  await build({ ...common, entryPoints: inside, outdir: folder, outExtension: { '.js': '.mjs' }, format: 'esm' });
  return { judge, child: join(folder, 'child.mjs'), trial: join(folder, 'trial.mjs') };
}

/** The checkers get their worlds from `seeded.ts`, and kafkajs as it is installed. */
const forTheJudge: Plugin = {
  name: 'for the judge',
  setup({ onResolve }) {
    onResolve({ filter: /\/sim\/simulate\.ts$|^\.\/simulate\.ts$/ }, ({ path, importer }) => {
      const isFrontDoor = importer === join(root, 'lib', 'index.ts') && path === './sim/simulate.ts';
      return isFrontDoor ? { path: join(here, 'seeded.ts') } : undefined;
    });
    onResolve({ filter: /^kafkajs$/ }, () => ({ path: require.resolve('kafkajs'), external: true }));
    onResolve({ filter: /load\.cjs$/ }, () => ({ path: join(tools, 'kafkajs', 'load.cjs'), external: true }));
  },
};

/** A submission cannot be made into a program: what is wrong, and where. */
export class NoProgram extends Error {
  override readonly name = 'NoProgram';
}

/** Writes the submission beside the child that will run it. */
export async function bundleSubmission(code: string, folder: string): Promise<void> {
  try {
    await build({
      ...common,
      stdin: { contents: code, loader: 'ts', sourcefile: 'submission.ts', resolveDir: folder },
      outfile: join(folder, 'submission.mjs'),
      format: 'esm',
      tsconfigRaw: {},
      plugins: [forTheLearner],
    });
  } catch (error) {
    const [first] = (error as Partial<BuildFailure>).errors ?? [];
    if (first === undefined) throw error;
    throw new NoProgram(`${first.location ? `line ${first.location.line}: ` : ''}${first.text}`);
  }
}

const COURSE = /^course\/(\w+)$/;

const forTheLearner: Plugin = {
  name: 'for the learner',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^/ }, ({ path, importer, namespace, kind }) => {
      if (kind === 'entry-point') return undefined;
      // What the library and the course import themselves.
      if (importer.startsWith(root)) return undefined;
      if (namespace === 'desk') return path === 'child' ? { path: './child.mjs', external: true } : { path };
      if (path === 'kafkaito') return { path: join(root, 'lib', 'index.ts'), sideEffects: false };
      if (path === 'course') return { path: join(tools, 'index.ts'), sideEffects: false };
      if (path === 'kafkajs' || path === 'course/kafkajs') return { path, namespace: 'stranger' };
      if (COURSE.test(path)) return { path, namespace: 'desk' };
      if (/^node:|^[a-z_]+$/.test(path)) return { path, external: true };
      return { errors: [{ text: `${path} cannot be imported: a submission is one file, or one notebook` }] };
    });
    onLoad({ filter: /^/, namespace: 'desk' }, ({ path }) => ({
      contents: deskOf(path),
      loader: 'ts',
      resolveDir: here,
    }));
    onLoad({ filter: /^/, namespace: 'stranger' }, () => ({ contents: STRANGER, loader: 'js' }));
  },
};

/** The module of a chapter: what begins with `check` is exchanged, and all else is there. */
function deskOf(name: string): string {
  const file = join(tools, 'exercises', `${COURSE.exec(name)?.[1]}.ts`);
  if (!existsSync(file)) return `import ${JSON.stringify(`${name}, which is no chapter`)};`;
  const checks = [...readFileSync(file, 'utf8').matchAll(/^export (?:async )?function (check\w*)/gm)].map(
    ([, check]) => check,
  );
  const hands = checks.map((check) => `export const ${check} = async (...answer) => hand('${check}', answer);`);
  return [`import { hand } from 'child';`, `export * from ${JSON.stringify(file)};`, ...hands].join('\n');
}

/** kafkajs is a member of the group in chapter 10 and a witness in chapter 02: on the grader's side. */
const STRANGER = `
const absent = () => { throw new Error('kafkajs is on the grader\\'s side, and the answer does without it'); };
export const kafkajsIn = absent;
export const assignerIn = absent;
export const Partitioners = { DefaultPartitioner: absent, LegacyPartitioner: absent, JavaCompatiblePartitioner: absent };
export const logLevel = {};
export class Kafka { constructor() { absent(); } }
`;
