/**
 * What a cell needs from the other cells of its notebook: the imports and declarations whose names it uses, and what these use in turn.
 *
 * A notebook has one scope for all cells; taking a cell out of it takes the names along, and nothing that another cell does.
 */
import ts from 'typescript5';

interface Declaration {
  readonly text: string;
  readonly uses: ReadonlySet<string>;
}

/** The cell's code, with the declarations it needs before it. Code that cannot be parsed is answered as it is. */
export function codeWithItsNames(code: string, others: readonly string[]): string {
  const declarations = new Map<string, Declaration>();
  for (const other of others) for (const [name, one] of declarationsIn(other)) declarations.set(name, one);
  const own = new Set(declarationsIn(code).map(([name]) => name));
  const taken = new Set<Declaration>();
  const take = (names: ReadonlySet<string>) => {
    for (const name of names) {
      const found = own.has(name) ? undefined : declarations.get(name);
      if (found === undefined || taken.has(found)) continue;
      take(found.uses);
      taken.add(found);
    }
  };
  take(namesUsedIn(parsed(code)));
  return [...[...taken].map(({ text }) => text), code].join('\n');
}

function parsed(code: string): ts.SourceFile {
  return ts.createSourceFile('cell.ts', code, ts.ScriptTarget.ES2022, true);
}

function declarationsIn(code: string): [name: string, declaration: Declaration][] {
  const file = parsed(code);
  return file.statements.flatMap((statement): [string, Declaration][] => {
    if (ts.isImportDeclaration(statement)) return importsIn(statement, file);
    const names = namesDeclaredBy(statement);
    if (names.length === 0) return [];
    const declaration = { text: statement.getText(file), uses: namesUsedIn(statement) };
    return names.map((name) => [name, declaration]);
  });
}

function namesDeclaredBy(statement: ts.Statement): string[] {
  if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement))
    return statement.name ? [statement.name.text] : [];
  if (!ts.isVariableStatement(statement)) return [];
  return statement.declarationList.declarations.flatMap(({ name }) => boundNames(name));
}

function boundNames(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isOmittedExpression(element) ? [] : boundNames(element.name)));
}

/** One import for each name, so that a name which two cells import is imported once. */
function importsIn(statement: ts.ImportDeclaration, file: ts.SourceFile): [string, Declaration][] {
  const { importClause, moduleSpecifier } = statement;
  const from = moduleSpecifier.getText(file);
  const bindings = importClause?.namedBindings;
  const declared = (what: string): Declaration => ({ text: `import ${what} from ${from};`, uses: new Set() });
  const found: [string, Declaration][] = [];
  if (importClause?.name) found.push([importClause.name.text, declared(importClause.name.text)]);
  if (bindings && ts.isNamespaceImport(bindings)) found.push([bindings.name.text, declared(bindings.getText(file))]);
  if (bindings && ts.isNamedImports(bindings)) {
    for (const element of bindings.elements) found.push([element.name.text, declared(`{ ${element.getText(file)} }`)]);
  }
  return importClause?.isTypeOnly ? [] : found;
}

/** Names that mean something outside: not those of properties, and not those that are bound within. */
function namesUsedIn(node: ts.Node): Set<string> {
  const used = new Set<string>();
  const bound = new Set<string>();
  const visit = (one: ts.Node): void => {
    if (ts.isParameter(one) || ts.isVariableDeclaration(one)) for (const name of boundNames(one.name)) bound.add(name);
    if (ts.isTypeNode(one)) return;
    if (ts.isIdentifier(one) && !isNameOfProperty(one)) used.add(one.text);
    ts.forEachChild(one, visit);
  };
  visit(node);
  return new Set([...used].filter((name) => !bound.has(name)));
}

function isNameOfProperty(name: ts.Identifier): boolean {
  const { parent } = name;
  if (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent)) return parent.name === name;
  return ts.isMethodDeclaration(parent) && parent.name === name;
}
