/**
 * Checks the types of all cells with two compilers: the current one, and TypeScript 5.0.4, which the notebook kernel brings. A cell that
 * only one of them accepts would fail for some readers, so either one's complaint is an error.
 *
 * Cells may declare a name again that an earlier cell has declared, so a chapter becomes one module in which each cell is a block inside
 * the block of the cell before; imports move to the top. When a cell saves a file such as `ledger.ts`, a new module begins, with
 * that version of the file beside it and all earlier cells repeated.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ts from 'typescript5';
import { cellsOf } from '../../chapters/tools/cells.ts';
import type { ChapterFile } from './chapters.ts';
import { root } from './chapters.ts';
import type { Origin } from './typedModules.ts';
import { typedModules } from './typedModules.ts';

const scratch = join(root, '.cache', 'notebooks');

interface Complaint {
  /** The file from the folder of generated modules, with forward slashes. */
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** @returns one sentence for each complaint, with the line of the chapter and the compiler that it comes from */
export function typeErrors(chapters: readonly ChapterFile[]): string[] {
  mkdirSync(scratch, { recursive: true });
  const folder = mkdtempSync(join(scratch, 'types-'));
  try {
    return errorsIn(folder, writeModules(folder, chapters));
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function errorsIn(folder: string, origins: ReadonlyMap<string, Origin>): string[] {
  const found = new Map<string, Set<string>>();
  const collect = (compiler: string, complaints: readonly Complaint[]) => {
    for (const { file, line, message } of complaints) {
      const origin = origins.get(file);
      // What is wrong in a source of the project is for `npm run check` to say; a repeated cell has been checked before.
      const place = origin?.lineOf(line);
      if (!origin || place === undefined) continue;
      const where = `${origin.chapter}:${place}`;
      const known = [...found.keys()].find((key) => key.startsWith(`${where}: `));
      const key = known ?? `${where}: ${message}`;
      found.set(key, (found.get(key) ?? new Set()).add(compiler));
    }
  };
  collect('TypeScript 7', complaintsOfCurrent(folder));
  collect('TypeScript 5.0.4', complaintsOfKernel(folder));
  return [...found].map(
    ([what, compilers]) => `${what} (${compilers.size === 2 ? 'both compilers' : `only ${[...compilers][0]}`})`,
  );
}

function writeModules(folder: string, chapters: readonly ChapterFile[]): Map<string, Origin> {
  const origins = new Map<string, Origin>();
  for (const { name, path, chapter } of chapters) {
    for (const { file, text, lineOf } of typedModules(cellsOf(chapter))) {
      const target = `${name}/${file}`;
      mkdirSync(join(folder, target, '..'), { recursive: true });
      writeFileSync(join(folder, target), text);
      origins.set(target, { chapter: path, lineOf });
    }
  }
  const config = {
    extends: slashed(relative(folder, join(root, 'tsconfig.json'))),
    compilerOptions: { noUnusedLocals: false, verbatimModuleSyntax: false, isolatedModules: false, checkJs: false },
    include: ['**/*.ts'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  return origins;
}

function complaintsOfCurrent(folder: string): Complaint[] {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const run = spawnSync(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  });
  const complaints = run.stdout.split('\n').flatMap((line): Complaint[] => {
    const match = /^(.+)\((\d+),\d+\): error (TS\d+: .*)$/.exec(line.trimEnd());
    return match ? [{ file: slashed(match[1]), line: Number(match[2]), message: match[3] }] : [];
  });
  if (run.status !== 0 && complaints.length === 0)
    throw new Error(`TypeScript 7 has failed:\n${run.stdout}${run.stderr}`);
  return complaints;
}

function complaintsOfKernel(folder: string): Complaint[] {
  const { config } = ts.readConfigFile(join(folder, 'tsconfig.json'), ts.sys.readFile);
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, folder);
  const program = ts.createProgram(fileNames, options);
  return program
    .getSourceFiles()
    .filter(({ fileName }) => fileNames.includes(fileName))
    .flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
    .map(({ file, start, code, messageText }) => ({
      file: slashed(relative(folder, file?.fileName ?? '')),
      line: file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 1,
      message: `TS${code}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    }));
}

function slashed(path: string): string {
  return path.split(sep).join('/');
}
