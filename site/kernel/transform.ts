/**
 * Turns a cell, which is TypeScript with `import` and `await` at its top level, into the body of an async function. Three things
 * have to change: the types go (sucrase, which keeps every line where it was), imports become calls, and the names that the cell
 * declares are published so that later cells see them. A cell ends with a value more often than not: the last expression is kept
 * aside, to be printed as Jupyter's kernel prints it.
 *
 * The code made here calls four methods of one parameter, `__kernel`: `publish`, `export`, `exportAll` and `import`; and it sets
 * `__kernel.last`. The body is wrapped in a block, so that a cell may declare any name, even one of a parameter.
 */

import type { Node, Pattern, Program } from 'acorn';
import { parse } from 'acorn';
import { transform } from 'sucrase';

/** A place that could not be read, counted from 1. */
export class CellSyntaxError extends SyntaxError {
  readonly line: number;
  /** The module that could not be read, where it is not the cell itself. */
  file: string | null = null;

  constructor(message: string, line: number) {
    super(message);
    this.name = 'SyntaxError';
    this.line = line;
  }
}

/** The statements of a cell as the body of an async function with the parameter `__kernel`, on the same lines as the source. */
export function compileCell(source: string): string {
  return compile(source, 'cell');
}

/** The same for a learner's module, such as `ledger.ts`: here `export` is allowed, and only exports are published. */
export function compileModule(source: string): string {
  return compile(source, 'module');
}

type Kind = 'cell' | 'module';

/** A change of the text between two offsets. Nothing overlaps, so a sorted list of them is all the bookkeeping needed. */
interface Edit {
  start: number;
  end: number;
  text: string;
}

function compile(source: string, kind: Kind): string {
  const script = stripTypes(source);
  const program = parseScript(script);
  const edits: Edit[] = [];
  const published: string[] = [];
  for (const statement of program.body) {
    switch (statement.type) {
      case 'ImportDeclaration': {
        const names = statement.specifiers.map((specifier) => specifier.local.name);
        edits.push(replaceLines(script, statement, importCall(statement)));
        if (kind === 'cell') published.push(...names.map(publishCall));
        break;
      }
      case 'ExportNamedDeclaration':
      case 'ExportDefaultDeclaration':
      case 'ExportAllDeclaration': {
        if (kind === 'cell') {
          throw new CellSyntaxError(
            'A cell cannot export: its names are seen by the cells after it as they are',
            lineOf(script, statement.start),
          );
        }
        exportStatement(script, statement, edits, published);
        break;
      }
      default:
        if (kind === 'cell') published.push(...declaredNames(statement).map(publishCall));
    }
  }
  const last = program.body.at(-1);
  if (kind === 'cell' && last?.type === 'ExpressionStatement') {
    edits.push({ start: last.expression.start, end: last.expression.start, text: '__kernel.last=(' });
    edits.push({ start: last.expression.end, end: last.expression.end, text: ')' });
  }
  for (const start of dynamicImports(program)) {
    edits.push({ start, end: start + 'import'.length, text: '__kernel.import' });
  }
  return `{${published.join('')}${applyEdits(script, edits)}\n}`;
}

function stripTypes(source: string): string {
  try {
    return transform(source, { transforms: ['typescript'], keepUnusedImports: true, disableESTransforms: true }).code;
  } catch (error) {
    throw asSyntaxError(error);
  }
}

function parseScript(script: string): Program {
  try {
    return parse(script, { ecmaVersion: 'latest', sourceType: 'module', allowAwaitOutsideFunction: true });
  } catch (error) {
    throw asSyntaxError(error);
  }
}

/** Both parsers put the place into the message, as `(line:column)`; the page shows the line itself. */
function asSyntaxError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const place = /\((\d+):\d+\)/.exec(error.message);
  if (place === null) return error;
  const message = error.message
    .replace(place[0], '')
    .replace(/^Error transforming [^:]*: /, '')
    .trim();
  return new CellSyntaxError(message, Number(place[1]));
}

function publishCall(name: string): string {
  return exposeCall('publish', name, name);
}

/** Live, both ways: a later cell that reads or sets the name reads or sets this very variable. */
function exposeCall(method: 'publish' | 'export', name: string, local: string): string {
  return `__kernel.${method}(${JSON.stringify(name)},()=>${local},(value)=>{${local}=value});`;
}

type ImportDeclaration = Extract<Program['body'][number], { type: 'ImportDeclaration' }>;

function importCall(statement: ImportDeclaration): string {
  const call = `await __kernel.import(${JSON.stringify(statement.source.value)})`;
  const parts: string[] = [];
  let namespace: string | null = null;
  for (const specifier of statement.specifiers) {
    if (specifier.type === 'ImportNamespaceSpecifier') namespace = specifier.local.name;
    else if (specifier.type === 'ImportDefaultSpecifier') parts.push(`default: ${specifier.local.name}`);
    else parts.push(`${propertyKey(specifier.imported)}: ${specifier.local.name}`);
  }
  if (namespace === null) return parts.length === 0 ? `${call};` : `const { ${parts.join(', ')} } = ${call};`;
  return `const ${namespace} = ${call};${parts.length === 0 ? '' : ` const { ${parts.join(', ')} } = ${namespace};`}`;
}

/** A module's name for something is an identifier or, rarely, a string. */
function propertyKey(node: Node): string {
  const named = node as Node & { name?: string; value?: unknown };
  return JSON.stringify(named.name ?? named.value);
}

function propertyName(node: Node): string {
  const named = node as Node & { name?: string; value?: unknown };
  return named.name ?? String(named.value);
}

type ExportStatement = Extract<
  Program['body'][number],
  { type: 'ExportNamedDeclaration' | 'ExportDefaultDeclaration' | 'ExportAllDeclaration' }
>;

function exportStatement(script: string, statement: ExportStatement, edits: Edit[], published: string[]): void {
  if (statement.type === 'ExportAllDeclaration') {
    const from = `await __kernel.import(${JSON.stringify(statement.source.value)})`;
    const name = statement.exported ? propertyKey(statement.exported) : 'null';
    edits.push(replaceLines(script, statement, `__kernel.exportAll(${name}, ${from});`));
    return;
  }
  if (statement.type === 'ExportDefaultDeclaration') {
    const { declaration } = statement;
    const isNamed = 'id' in declaration && declaration.id !== null && declaration.type.endsWith('Declaration');
    const local = isNamed && declaration.id ? declaration.id.name : '__default';
    edits.push({ start: statement.start, end: declaration.start, text: isNamed ? '' : 'const __default = ' });
    published.push(exposeCall('export', 'default', local));
    return;
  }
  if (statement.declaration) {
    edits.push({ start: statement.start, end: statement.declaration.start, text: '' });
    for (const name of declaredNames(statement.declaration)) published.push(exposeCall('export', name, name));
    return;
  }
  if (statement.source) {
    const from = `await __kernel.import(${JSON.stringify(statement.source.value)})`;
    const calls = statement.specifiers.map((specifier) => {
      return `__kernel.export(${propertyKey(specifier.exported)},()=>module[${propertyKey(specifier.local)}]);`;
    });
    edits.push(replaceLines(script, statement, `{const module = ${from};${calls.join('')}}`));
    return;
  }
  edits.push(replaceLines(script, statement, ''));
  for (const specifier of statement.specifiers) {
    published.push(exposeCall('export', propertyName(specifier.exported), propertyName(specifier.local)));
  }
}

function declaredNames(statement: Program['body'][number]): string[] {
  if (statement.type === 'VariableDeclaration') return statement.declarations.flatMap(({ id }) => patternNames(id));
  if (statement.type === 'FunctionDeclaration' || statement.type === 'ClassDeclaration') return [statement.id.name];
  return [];
}

function patternNames(pattern: Pattern): string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name];
    case 'ObjectPattern':
      return pattern.properties.flatMap((property) =>
        patternNames(property.type === 'RestElement' ? property.argument : property.value),
      );
    case 'ArrayPattern':
      return pattern.elements.flatMap((element) => (element === null ? [] : patternNames(element)));
    case 'RestElement':
      return patternNames(pattern.argument);
    case 'AssignmentPattern':
      return patternNames(pattern.left);
    default:
      return [];
  }
}

/** The offsets of every `import(…)`. */
function dynamicImports(node: unknown): number[] {
  if (Array.isArray(node)) return node.flatMap(dynamicImports);
  if (node === null || typeof node !== 'object' || !('type' in node)) return [];
  const found = Object.values(node).flatMap(dynamicImports);
  return node.type === 'ImportExpression' ? [(node as unknown as Node).start, ...found] : found;
}

/** Keeps as many line breaks as the replaced text had, so that every later line keeps its number. */
function replaceLines(script: string, node: Node, text: string): Edit {
  const breaks = script.slice(node.start, node.end).split('\n').length - 1;
  return { start: node.start, end: node.end, text: text + '\n'.repeat(breaks) };
}

function applyEdits(script: string, edits: Edit[]): string {
  let result = '';
  let at = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start || a.end - b.end)) {
    result += script.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + script.slice(at);
}

function lineOf(script: string, offset: number): number {
  return script.slice(0, offset).split('\n').length;
}
