/**
 * Checks the types of all cells with the current TypeScript, as an editor beside the notebook would. The kernel checks each cell again when
 * it runs it, with the TypeScript 5.0.4 that it brings, so what only one of the two accepts is found.
 *
 * Cells may declare a name again that an earlier cell has declared, so a chapter becomes one module in which each cell is a block inside
 * the block of the cell before; imports move to the top. When a cell saves a file such as `ledger.ts`, a new module begins, with
 * that version of the file beside it and all earlier cells repeated.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { cellsOf } from '../../chapters/tools/cells.ts';
import type { ChapterFile } from './chapters.ts';
import { root } from './chapters.ts';
import type { Origin } from './typedModules.ts';
import { typedModules } from './typedModules.ts';

const scratch = join(root, '.cache', 'notebooks');
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');

/** @returns one sentence for each line that is wrong, with its place in the chapter */
export async function typeErrors(chapters: readonly ChapterFile[]): Promise<string[]> {
  mkdirSync(scratch, { recursive: true });
  const folder = mkdtempSync(join(scratch, 'types-'));
  try {
    const origins = writeModules(folder, chapters);
    const found = new Map<string, string>();
    for (const { file, line, message } of await complaints(folder)) {
      const origin = origins.get(file);
      // What is wrong in a source of the project is for `npm run check` to say; a repeated cell has been checked before.
      const place = origin?.lineOf(line);
      if (origin && place !== undefined) found.set(`${origin.chapter}:${place}`, message);
    }
    return [...found].map(([place, message]) => `${place}: ${message}`);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** @returns where the lines of each module come from, by its path from the folder */
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

interface Complaint {
  /** The file from the folder of generated modules, with forward slashes. */
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

function complaints(folder: string): Promise<Complaint[]> {
  const options = [compiler, '-p', folder, '--pretty', 'false'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, options, { cwd: folder, maxBuffer: Infinity }, (failure, stdout, stderr) => {
      const found = stdout.split('\n').flatMap((line): Complaint[] => {
        const match = /^(.+)\((\d+),\d+\): error (TS\d+: .*)$/.exec(line.trimEnd());
        return match ? [{ file: slashed(match[1]), line: Number(match[2]), message: match[3] }] : [];
      });
      if (failure && found.length === 0) reject(new Error(`TypeScript has failed:\n${stdout}${stderr}`));
      else resolve(found);
    });
  });
}

function slashed(path: string): string {
  return path.split(sep).join('/');
}
