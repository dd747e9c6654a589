/** Writes the cells of a chapter as modules that a compiler can check; see `types.ts` for the shape and its reasons. */
import ts from 'typescript5';
import type { Cell } from '../../chapters/tools/cells.ts';

export interface Origin {
  readonly chapter: string;
  /** The line of the chapter from which a line of the module comes; undefined for lines that another module answers for. */
  readonly lineOf: (line: number) => number | undefined;
}

export interface TypedModule {
  /** From the folder of the chapter, such as `2/ledger.ts`. */
  readonly file: string;
  readonly text: string;
  readonly lineOf: Origin['lineOf'];
}

/** A line of a module and the line of the chapter that it comes from. */
interface Line {
  readonly text: string;
  readonly from: number | undefined;
}

/** @returns for each version of the saved files a module with the cells up to the next version, and the files themselves */
export function typedModules(cells: readonly Cell[]): TypedModule[] {
  const starts = [0, ...cells.flatMap((cell, index) => (cell.file && index > 0 ? [index] : []))];
  return starts.flatMap((start, version) => {
    const end = starts[version + 1] ?? cells.length;
    const saved = new Map(cells.slice(0, end).flatMap((cell) => (cell.file ? [[cell.file, cell] as const] : [])));
    const files = [...saved].map(([file, cell]) => {
      const isNew = cells.indexOf(cell) >= start;
      return moduleOf(`${version}/${file}`, linesOfCell(cell, isNew));
    });
    return [...files, moduleOf(`${version}/cells.ts`, nestedCells(cells.slice(0, end), start))];
  });
}

function moduleOf(file: string, lines: readonly Line[]): TypedModule {
  return { file, text: `${lines.map(({ text }) => text).join('\n')}\n`, lineOf: (line) => lines[line - 1]?.from };
}

function linesOfCell({ code, line }: Cell, isAnswered: boolean): Line[] {
  return code.split('\n').map((text, index) => ({ text, from: isAnswered ? line + 1 + index : undefined }));
}

function nestedCells(cells: readonly Cell[], firstAnswered: number): Line[] {
  const imports: Line[] = [];
  const imported = new Set<string>();
  const blocks: Line[] = [];
  cells.forEach((cell, index) => {
    if (cell.file) return;
    const lines = linesOfCell(cell, index >= firstAnswered);
    blocks.push({ text: '{', from: undefined });
    for (const { texts, firstLine, lastLine } of importsOf(cell.code)) {
      for (const text of texts) {
        // A name that two cells import is one import here; in the notebook the second replaces the first.
        if (!imported.has(text)) imports.push({ text, from: lines[firstLine].from });
        imported.add(text);
      }
      for (let line = firstLine; line <= lastLine; line += 1) lines[line] = { ...lines[line], text: '' };
    }
    blocks.push(...lines);
  });
  const closing = blocks.filter(({ text, from }) => text === '{' && from === undefined).map(() => '}');
  return [...imports, { text: 'export {};', from: undefined }, ...blocks, { text: closing.join(''), from: undefined }];
}

interface Import {
  /** One import for each name. */
  readonly texts: string[];
  /** Lines within the cell, from 0. */
  readonly firstLine: number;
  readonly lastLine: number;
}

function importsOf(code: string): Import[] {
  const file = ts.createSourceFile('cell.ts', code, ts.ScriptTarget.ES2022, true);
  return file.statements.filter(ts.isImportDeclaration).map((statement) => ({
    texts: separately(statement, file),
    firstLine: file.getLineAndCharacterOfPosition(statement.getStart(file)).line,
    lastLine: file.getLineAndCharacterOfPosition(statement.end).line,
  }));
}

function separately({ importClause, moduleSpecifier }: ts.ImportDeclaration, file: ts.SourceFile): string[] {
  const from = moduleSpecifier.getText(file);
  if (!importClause) return [`import ${from};`];
  const type = importClause.isTypeOnly ? 'type ' : '';
  const names: string[] = [];
  if (importClause.name) names.push(importClause.name.text);
  const bindings = importClause.namedBindings;
  if (bindings && ts.isNamespaceImport(bindings)) names.push(bindings.getText(file));
  if (bindings && ts.isNamedImports(bindings))
    names.push(...bindings.elements.map((element) => `{ ${element.getText(file)} }`));
  return names.map((name) => `import ${type}${name} from ${from};`);
}
