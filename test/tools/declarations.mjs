/**
 * Declarations for a package: of all that the compiler wrote for lib/, only what a user of the package's doors can come
 * to. Four fifths of the declarations describe the inside, and nobody could import them. What is left keeps its file,
 * its order and its docstrings, so that "go to definition" leads to a small file with the text of the source.
 *
 * The files become `.d.cts`, since the program they describe is CommonJS (build.mjs says why). Whoever imports the
 * package as an ES module reads the same declarations, so one class has one type, however it was reached.
 *
 * Of a class that users are given objects of, and not the class itself, the constructor and what is protected or static
 * is left out as well: nobody outside could use it, and it leads to half of the inside.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import ts from 'typescript6';

/**
 * @param {string} from the folder of all declarations
 * @param {string[]} doors the files in it that a user can import
 * @param {string} to the folder to write to
 */
export function writeDeclarations(from, doors, to) {
  const reached = new Reached(from, doors);
  for (const { name, text } of reached.files()) {
    // What changes types that everybody has must be read by whoever reads a door.
    const globals = doors.includes(name) ? reached.globals().map((path) => importText(name, path)) : [];
    const file = join(to, name.replace(/\.d\.ts$/, '.d.cts'));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, globals.join('') + text);
  }
}

/**
 * @param {string} name
 * @param {string} path
 */
function importText(name, path) {
  const way = posix.relative(posix.dirname(name), path).replace(/\.d\.ts$/, '.cjs');
  return `import '${way.startsWith('.') ? way : `./${way}`}';\n`;
}

/** The statements, imports and exports that the doors lead to. */
class Reached {
  #folder;
  #program;
  #checker;
  /** @type {Set<ts.Node>} */
  #kept = new Set();
  /** @type {ts.Node[]} kept, and not looked into yet */
  #waiting = [];
  /** @type {Set<ts.Symbol>} classes that users have by name */
  #classes = new Set();

  /**
   * @param {string} folder
   * @param {string[]} doors
   */
  constructor(folder, doors) {
    this.#folder = folder;
    this.#program = ts.createProgram(ts.sys.readDirectory(folder, ['.d.ts']), {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      allowImportingTsExtensions: true,
      noEmit: true,
      strict: true,
      types: [],
    });
    this.#checker = this.#program.getTypeChecker();
    const sources = doors.map((door) => this.#program.getSourceFile(join(folder, door)));
    for (const source of sources) this.#findClasses(source);
    for (const source of sources) this.#keepExportsOf(source);
    for (let node = this.#waiting.pop(); node !== undefined; node = this.#waiting.pop()) this.#lookInto(node);
  }

  /** The name and the text of every file that has something a user can come to. */
  *files() {
    for (const source of this.#sources()) {
      const text = source.statements.map((statement) => this.#textOf(statement)).join('');
      if (text === '') continue;
      const name = this.#nameOf(source);
      const end = this.#changesGlobals(source) ? '\nexport {};\n' : '\n';
      yield { name, text: `${text.trimStart()}${end}` };
    }
  }

  /** The files that change types that everybody has. */
  globals() {
    return this.#sources()
      .filter((source) => this.#changesGlobals(source))
      .map((source) => this.#nameOf(source));
  }

  #sources() {
    return this.#program.getSourceFiles().filter((source) => !this.#nameOf(source).startsWith('..'));
  }

  /** @param {ts.SourceFile} source */
  #changesGlobals(source) {
    return source.statements.some((statement) => this.#kept.has(statement) && isGlobal(statement));
  }

  /** @param {ts.SourceFile} source */
  #nameOf(source) {
    return relative(this.#folder, source.fileName).replaceAll('\\', '/');
  }

  /** @param {ts.SourceFile | undefined} source */
  #findClasses(source) {
    for (const statement of source?.statements ?? []) {
      if (!ts.isExportDeclaration(statement) || statement.isTypeOnly) continue;
      const clause = statement.exportClause;
      if (clause === undefined) {
        const module = statement.moduleSpecifier && this.#checker.getSymbolAtLocation(statement.moduleSpecifier);
        for (const symbol of module ? this.#checker.getExportsOfModule(module) : []) this.#classes.add(symbol);
        continue;
      }
      if (!ts.isNamedExports(clause)) throw new Error(`not foreseen here: ${statement.getText()}`);
      for (const { isTypeOnly, name } of clause.elements) {
        const symbol = this.#checker.getSymbolAtLocation(name);
        if (symbol && !isTypeOnly) this.#classes.add(this.#checker.getAliasedSymbol(symbol));
      }
    }
  }

  /**
   * Whether nobody outside can use this part of a class.
   * @param {ts.Node} node
   */
  #isInside(node) {
    if (!ts.isClassElement(node) || !ts.isClassDeclaration(node.parent) || node.parent.name === undefined) return false;
    const symbol = this.#checker.getSymbolAtLocation(node.parent.name);
    if (symbol && this.#classes.has(symbol)) return false;
    if (ts.isConstructorDeclaration(node)) return true;
    return (ts.getCombinedModifierFlags(node) & (ts.ModifierFlags.Protected | ts.ModifierFlags.Static)) !== 0;
  }

  /** @param {ts.SourceFile | undefined} source */
  #keepExportsOf(source) {
    const module = source && this.#checker.getSymbolAtLocation(source);
    if (module === undefined) throw new Error('a door has no declarations: was the compiler told to write them?');
    for (const symbol of this.#checker.getExportsOfModule(module)) this.#keepSymbol(symbol);
    for (const statement of source?.statements ?? []) this.#keep(statement);
  }

  /** @param {ts.Symbol} symbol */
  #keepSymbol(symbol) {
    for (const declaration of symbol.declarations ?? []) {
      if (isName(declaration)) this.#keep(declaration);
      else if (!ts.isSourceFile(declaration)) this.#keep(statementOf(declaration));
    }
    const next = symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getImmediateAliasedSymbol(symbol) : undefined;
    if (next) this.#keepSymbol(next);
  }

  /** @param {ts.Node} node */
  #keep(node) {
    if (this.#kept.has(node)) return;
    this.#kept.add(node);
    this.#waiting.push(node);
  }

  /** @param {ts.Node} node */
  #lookInto(node) {
    if (this.#isInside(node)) return;
    if (ts.isIdentifier(node)) {
      const symbol = this.#checker.getSymbolAtLocation(node);
      if (symbol) this.#keepSymbol(symbol);
    }
    // The names in an import are looked into one by one, when something in the file uses them.
    if (!ts.isImportDeclaration(node)) ts.forEachChild(node, (child) => this.#lookInto(child));
  }

  /** @param {ts.Statement} statement */
  #textOf(statement) {
    if (ts.isImportDeclaration(statement)) return this.#importText(statement);
    if (this.#kept.has(statement)) return withCommonJsPaths(this.#keptText(statement));
    return ts.isExportDeclaration(statement) ? this.#exportText(statement) : '';
  }

  /** @param {ts.Statement} statement */
  #keptText(statement) {
    if (!ts.isClassDeclaration(statement)) return statement.getFullText();
    const whole = statement.getSourceFile().text;
    let text = '';
    let at = statement.getFullStart();
    for (const member of statement.members.filter((each) => this.#isInside(each))) {
      text += whole.slice(at, member.getFullStart());
      at = member.getEnd();
    }
    return text + whole.slice(at, statement.getEnd());
  }

  /** @param {ts.ImportDeclaration} statement */
  #importText(statement) {
    const names = statement.importClause?.namedBindings;
    if (names === undefined) throw new Error(`not foreseen here: ${statement.getText()}`);
    const from = statement.moduleSpecifier.getText();
    if (ts.isNamespaceImport(names)) {
      return this.#kept.has(names) ? withCommonJsPaths(`\nimport type ${names.getText()} from ${from};`) : '';
    }
    const used = names.elements.filter((element) => this.#kept.has(element)).map((element) => textOfName(element));
    if (used.length === 0) return '';
    return withCommonJsPaths(`\nimport type { ${used.join(', ')} } from ${from};`);
  }

  /**
   * What a file inside hands on of another one.
   * @param {ts.ExportDeclaration} statement
   */
  #exportText(statement) {
    const from = statement.moduleSpecifier;
    // `export {}` only says that the file is a module.
    if (from === undefined) return '';
    if (statement.exportClause === undefined) {
      const source = this.#checker.getSymbolAtLocation(from)?.valueDeclaration?.getSourceFile();
      const isReached = source?.statements.some((inside) => this.#kept.has(inside));
      return isReached ? withCommonJsPaths(statement.getFullText()) : '';
    }
    if (!ts.isNamedExports(statement.exportClause)) throw new Error(`not foreseen here: ${statement.getText()}`);
    const { elements } = statement.exportClause;
    const used = elements.filter((element) => this.#kept.has(element)).map((element) => element.getText());
    if (used.length === 0) return '';
    const keyword = statement.isTypeOnly ? 'export type' : 'export';
    return withCommonJsPaths(`\n${keyword} { ${used.join(', ')} } from ${from.getText()};`);
  }
}

/**
 * A name by which one file has a thing of another.
 * @param {ts.Declaration} declaration
 */
function isName(declaration) {
  return ts.isImportSpecifier(declaration) || ts.isExportSpecifier(declaration) || ts.isNamespaceImport(declaration);
}

/** @param {ts.ImportSpecifier} element */
function textOfName({ name, propertyName }) {
  return propertyName === undefined ? name.text : `${propertyName.text} as ${name.text}`;
}

/** @param {ts.Statement} statement */
function isGlobal(statement) {
  return ts.isModuleDeclaration(statement) && (statement.flags & ts.NodeFlags.GlobalAugmentation) !== 0;
}

/** @param {ts.Node} node */
function statementOf(node) {
  let statement = node;
  while (!ts.isSourceFile(statement.parent)) statement = statement.parent;
  return statement;
}

/** @param {string} text */
function withCommonJsPaths(text) {
  return text.replace(/(from |import\()(['"])(\.[^'"]+)\.ts\2/g, '$1$2$3.cjs$2');
}
