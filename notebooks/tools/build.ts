/**
 * `npm run build:notebooks`: makes the notebooks of all chapters from their Markdown, runs them, and stores them with their outputs.
 * With `-- --check` nothing is written; a stored notebook that differs from what the chapter gives today is an error, which names
 * the cell and shows the difference. Chapters may be chosen by the beginning of their names: `-- 00 05`.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { footerOf } from '../../chapters/observations/footer.ts';
import { budgetOf } from '../../chapters/tools/budget.ts';
import type { ChapterFile } from './chapters.ts';
import { readChapters } from './chapters.ts';
import { differences } from './differences.ts';
import { executeChapter } from './execute.ts';
import { buildNotebook, printNotebook } from './notebook.ts';
import { typeErrors } from './types.ts';

/**
 * @param node the Node that runs the kernel: by default this one
 * @returns whether all went well; what did not is printed
 */
export async function buildNotebooks(options: {
  check: boolean;
  wanted?: readonly string[];
  node?: string;
}): Promise<boolean> {
  const chapters = readChapters(options.wanted);
  let passed = true;
  const waiting = [...chapters];
  const buildInTurn = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) passed = (await buildOne(file, options)) && passed;
  };
  const checkTypes = async () => {
    const errors = await typeErrors(chapters);
    report(errors);
    passed &&= errors.length === 0;
  };
  // Each chapter has a kernel of its own, which keeps one core busy; so does the check of the types.
  await Promise.all([buildInTurn(), buildInTurn(), checkTypes().then(buildInTurn)]);
  return passed;
}

async function buildOne(file: ChapterFile, { check, node }: { check: boolean; node?: string }): Promise<boolean> {
  const started = performance.now();
  const { runs, problems } = await executeChapter(file, node);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const footer = footerOf(file.chapter, { linkToCells: false });
  const text = printNotebook(buildNotebook(file.chapter, runs, footer));
  const stored = existsSync(file.notebookPath)
    ? readFileSync(file.notebookPath, 'utf8').replaceAll('\r\n', '\n')
    : undefined;
  // The outputs of a chapter that fails are no news.
  const stale = check && problems.length === 0 && stored !== text ? staleness(file, stored, text) : [];
  console.log(`${file.name}: ${runs.size} cells ran in ${seconds} s${budgetLine(file)}`);
  report([...problems, ...stale]);
  if (problems.length + stale.length > 0) return false;
  if (!check && stored !== text) {
    writeFileSync(file.notebookPath, text);
    console.log(`  written: notebooks/${file.name}.ipynb`);
  }
  return true;
}

function staleness({ name, path }: ChapterFile, stored: string | undefined, now: string): string[] {
  const remedy = 'when the change is meant, run  npm run build:notebooks  and commit the result';
  if (stored === undefined) return [`notebooks/${name}.ipynb is missing: run  npm run build:notebooks`];
  return [
    `notebooks/${name}.ipynb is not what ${path} gives today; ${remedy}`,
    ...differences(JSON.parse(stored), JSON.parse(now)),
  ];
}

function budgetLine({ chapter }: ChapterFile): string {
  const { words, readingMinutes, coreCells, excesses } = budgetOf(chapter);
  const over = excesses.map((excess) => `\n  over budget: ${excess}`);
  return `; ${words} words, ${readingMinutes} min of reading, ${coreCells} core cells${over.join('')}`;
}

function report(problems: readonly string[]): void {
  for (const problem of problems) console.error(`WRONG ${problem}`);
}
