/**
 * Makes the two parsers of the kernel light, since a reader waits for them at the first Run: more than half of their weight is left out.
 *
 * What transform.ts asks of them never changes, and is known when the kernel is bundled. So the questions that they ask about their options are answered here,
 * where they stand, and the minifier drops what would follow from other answers: older editions of the language, positions by line and column, older
 * engines. Sucrase also brings JSX, Flow, CommonJS and Jest, which no cell is written in. Its modules import one another without conditions, so no
 * bundler can leave them out by itself; here each of them becomes a module with the same exports that do nothing.
 *
 * The tests compile every source of the library with what is left and with the whole parsers (test/site/slimming.test.ts).
 */

import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

const UNUSED = [
  'CJSImportProcessor',
  'Options',
  'computeSourceMap',
  'identifyShadowedGlobals',
  'parser/plugins/flow',
  'parser/plugins/jsx/index',
  'parser/plugins/jsx/xhtml',
  'transformers/CJSImportTransformer',
  'transformers/FlowTransformer',
  'transformers/JSXTransformer',
  'transformers/JestHoistTransformer',
  'transformers/NumericSeparatorTransformer',
  'transformers/OptionalCatchBindingTransformer',
  'transformers/OptionalChainingNullishTransformer',
  'transformers/ReactDisplayNameTransformer',
  'transformers/ReactHotLoaderTransformer',
  'util/formatTokens',
  'util/getJSXPragmaInfo',
];

/** What sucrase is asked for: types taken away, and nothing else done. Its questions, in all their spellings, are these words. */
const SUCRASE_ANSWERS = new Map([
  ['disableESTransforms', 'true'],
  ['filePath', 'undefined'],
  ['injectCreateRequireForImportRequire', 'false'],
  ['isFlowEnabled', 'false'],
  ['isFlowTransformEnabled', 'false'],
  ['isImportsTransformEnabled', 'false'],
  ['isReactHotLoaderTransformEnabled', 'false'],
  ['isTypeScriptTransformEnabled', 'true'],
  ['keepUnusedImports', 'true'],
  ['reactHotLoaderTransformer', 'null'],
  ['sourceMapOptions', 'undefined'],
]);

export function slimSucrase(): Plugin {
  return {
    name: 'slim-sucrase',
    setup({ onLoad }) {
      const change = (file: string, edit: (source: string) => string, loader: 'js' | 'ts' = 'js') => {
        const filter = new RegExp(
          `[\\\\/]sucrase[\\\\/]dist[\\\\/]esm[\\\\/](?:${file.replaceAll('/', '[\\\\/]')})\\.js$`,
        );
        onLoad({ filter }, async ({ path }) => ({ contents: edit(await readFile(path, 'utf8')), loader }));
      };
      change('parser/.*\\b(?:types|keywords|charcodes)', withEnums, 'ts');
      change('parser/tokenizer/readWordTree', plantedTree);
      change('parser/traverser/base', withLanguage);
      change('HelperManager', () => "export class HelperManager { emitHelpers() { return ''; } }");
      change(UNUSED.join('|'), emptyExports);
      change('index|TokenProcessor|transformers/\\w+|util/\\w+', withoutQuestions);
    },
  };
}

/** Leaves names that are declared, handed on or set as they are. */
function withoutQuestions(source: string): string {
  return source
    .replace(/\b(?:options\.)?transforms\.includes\("([\w-]+)"\)/g, (_, name) => String(name === 'typescript'))
    .replace(/\b(?:(?:this|options)\.)?(\w+)\b(?![,.]| =)/g, (word, name) => SUCRASE_ANSWERS.get(name) ?? word);
}

/** Sucrase's parser asks three variables which language it reads. Fails when they are declared in another way than they were. */
function withLanguage(source: string): string {
  const constants = source.replace(
    /^export let is(JSX|TypeScript|Flow)Enabled;$/gm,
    (_, name) => `export const is${name}Enabled = ${name === 'TypeScript'};`,
  );
  if (constants === source) throw new Error('the languages of sucrase are not where parsers.ts expects them');
  return constants.replace(/^ {2}is\w+Enabled = \w+;$/gm, '');
}

function emptyExports(source: string): string {
  const exports = source.matchAll(/^export (default )?(?:async )?(?:function\*?|class|const|let|var)(?: (\w+))?/gm);
  return [...exports].map(([, isDefault, name = '']) => `export ${isDefault ?? ''}function ${name}() {}\n`).join('');
}

/** Sucrase's enums have been compiled to objects. Written as enums again, their members become numbers wherever they are used. */
function withEnums(source: string): string {
  return source.replace(
    /^export var (\w+); \(function \(\1\) \{$([\s\S]*?)^\}\)\(\1 \|\| \(\1 = \{\}\)\);$/gm,
    (_, name, body) => {
      const members = [...body.matchAll(/^ {2}const (\w+) = (.+?); /gm)].map(
        ([, member, value]) => `${member} = ${value}`,
      );
      return `export enum ${name} { ${members.join(', ')} }`;
    },
  );
}

/**
 * Sucrase knows its keywords by a table of 27 numbers for each of their beginnings, most of them -1. The words alone are a tenth of that; from
 * them the table is made when the kernel starts. Fails when the table is written in another way than it was.
 */
function plantedTree(source: string): string {
  const words = [
    ...source.matchAll(/^ {2}\/\/ "(\w+)"\n {2}((?:ContextualKeyword|tt)\.\w+ << 1|\(tt\.\w+ << 1\) \+ 1),/gm),
  ];
  if (words.length < 70) throw new Error('the keywords of sucrase are not where parsers.ts expects them');
  const head = source.slice(0, source.indexOf('// prettier-ignore'));
  const pairs = words.map(([, word, value]) => `${word}: ${value}`);
  return `${head}
const nodes = [-1, ...Array(26).fill(-1)];
for (const [word, value] of Object.entries({ ${pairs.join(', ')} })) {
  let at = 0;
  for (const letter of word) {
    const branch = at + letter.charCodeAt(0) - 96;
    if (nodes[branch] === -1) {
      nodes[branch] = nodes.length;
      nodes.push(-1, ...Array(26).fill(-1));
    }
    at = nodes[branch];
  }
  nodes[at] = value;
}
export const READ_WORD_TREE = new Int32Array(nodes);
`;
}

/**
 * Acorn lists every letter of Unicode that a name may have, ten kilobytes of them; the browser knows them as well. It also has a parser for regular
 * expressions, which the browser can be asked for too: a fifth of its weight. And it calls its methods by long names, which no minifier may touch.
 * Fails when acorn is written in another way than it was.
 */
export function slimAcorn(): Plugin {
  const changes: [RegExp, string][] = [
    [
      /^var nonASCIIidentifierChars = ".*";$/m,
      String.raw`var nonASCIIidentifierChars = "\u200c\u200d\\p{ID_Continue}";`,
    ],
    [/^var nonASCIIidentifierStartChars = ".*";$/m, String.raw`var nonASCIIidentifierStartChars = "\\p{ID_Start}";`],
    [/^var nonASCIIidentifierStart = new RegExp\((.*)\);$/m, 'var nonASCIIidentifierStart = new RegExp($1, "u");'],
    [/^var nonASCIIidentifier = new RegExp\((.*)\);$/m, 'var nonASCIIidentifier = new RegExp($1, "u");'],
    [/^var astralIdentifierStartCodes = \[.*\];$/m, ''],
    [/^var astralIdentifierCodes = \[.*\];$/m, ''],
    [
      /isInAstralSet\(code, astralIdentifierStartCodes\)$/m,
      'code > 0xffff && nonASCIIidentifierStart.test(String.fromCodePoint(code))',
    ],
    [
      /isInAstralSet\(code, astralIdentifierStartCodes\) \|\| isInAstralSet\(code, astralIdentifierCodes\)$/m,
      'code > 0xffff && nonASCIIidentifier.test(String.fromCodePoint(code))',
    ],
  ];
  // What these two are for is answered below, and used by nobody.
  changes.push([/^function getOptions\(opts\) \{[\s\S]*?^\}$/m, 'function getOptions() {}']);
  changes.push([/^Parser\.acorn = \{[\s\S]*?^\};$/m, '']);
  const regularExpressions = /^var ecma9BinaryProperties[\s\S]*?(?=^\/\/ Object type used to represent tokens)/m;
  changes.push([
    regularExpressions,
    `function RegExpValidationState() {}
RegExpValidationState.prototype.reset = function (start, pattern, flags) { Object.assign(this, { start, pattern, flags }); };
Parser.prototype.validateRegExpFlags = function () {};
Parser.prototype.validateRegExpPattern = function ({ start, pattern, flags }) {
  try { new RegExp(pattern, flags); } catch (error) { this.raise(start, error.message); }
};
`,
  ]);
  return {
    name: 'slim-acorn',
    setup({ onLoad }) {
      onLoad({ filter: /acorn[\\/]dist[\\/]acorn\.mjs$/ }, async ({ path }) => {
        let contents = await readFile(path, 'utf8');
        for (const [from, to] of changes) {
          if (!from.test(contents)) throw new Error(`acorn is not as parsers.ts expects it: nothing like ${from}`);
          contents = contents.replace(from, to);
        }
        return { contents: withShortMethods(withAnswers(contents)), loader: 'js' };
      });
    },
  };
}

/** What acorn is asked for: a module in the newest edition of the language, with `await` everywhere. The rest is as acorn has it by default. */
const ACORN_ANSWERS = new Map([
  ['allowAwaitOutsideFunction', 'true'],
  ['allowHashBang', 'true'],
  ['allowImportExportEverywhere', 'false'],
  ['allowReserved', 'false'],
  ['allowReturnOutsideFunction', 'false'],
  ['allowSuperOutsideMethod', 'false'],
  ['checkPrivateFields', 'true'],
  ['directSourceFile', 'null'],
  ['ecmaVersion', '1e8'],
  ['locations', 'false'],
  ['onComment', 'null'],
  ['onInsertedSemicolon', 'null'],
  ['onToken', 'null'],
  ['onTrailingComma', 'null'],
  ['preserveParens', 'false'],
  ['program', 'null'],
  ['ranges', 'false'],
  ['sourceFile', 'undefined'],
  ['sourceType', '"module"'],
  ['startLocation', 'null'],
  ['strict', 'true'],
]);

/** No edition is newer than acorn's newest, and all code of a module is strict. */
function withAnswers(source: string): string {
  return source
    .replace(/\b(?:(?:this|p|parser)\.)?options\.(\w+)\b/g, (question, option) => ACORN_ANSWERS.get(option) ?? question)
    .replace(/\bthis\.(?:inModule|strict)\b(?! = )/g, 'true')
    .replace(/\b(?:1e8|ecmaVersion) >=? \d+/g, 'true')
    .replace(/\b(?:1e8|ecmaVersion) (?:<|===) \d+/g, 'false');
}

/** Nobody but acorn itself calls the methods of its parser: all that others use are functions. */
function withShortMethods(source: string): string {
  const methods = [...source.matchAll(/^pp(?:\$\d)?\.([a-z]+[A-Z_]\w*) = /gm)].map(([, method]) => method);
  if (methods.length < 100) throw new Error('the methods of acorn are not where parsers.ts expects them');
  const short = new Map(methods.map((method, index) => [method, `$${index.toString(36)}`]));
  return source.replace(/\b\w+\b/g, (word) => short.get(word) ?? word);
}
