/**
 * Keeps the kernel light, since a reader waits for it at the first Run.
 *
 * Sucrase brings JSX, Flow, CommonJS and Jest, which no cell is written in. Its modules import one another without conditions, so no bundler can
 * leave them out by itself; here each of them becomes a module with the same exports that do nothing: two fifths of sucrase's weight. The
 * tests of the page run every cell through what is left.
 *
 * Every field of a message and every setting of a broker says what it is about, for those who read the library or print a schema in Node: six kilobytes
 * that the page leaves out.
 *
 * And minifying renames classes, while a reader who prints an object sees its class. Keeping every name in the bundle costs 8 kB, and only
 * those of our own classes are ever seen.
 */

import { readFile } from 'node:fs/promises';
import { sep } from 'node:path';
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

export function slimSucrase(): Plugin {
  return {
    name: 'slim-sucrase',
    setup({ onLoad }) {
      onLoad(
        { filter: /sucrase[\\/]dist[\\/]esm[\\/]parser[\\/].*\b(?:types|keywords|charcodes)\.js$/ },
        async ({ path }) => ({
          contents: withEnums(await readFile(path, 'utf8')),
          loader: 'ts',
        }),
      );
      onLoad(
        { filter: /sucrase[\\/]dist[\\/]esm[\\/]parser[\\/]tokenizer[\\/]readWordTree\.js$/ },
        async ({ path }) => ({
          contents: plantedTree(await readFile(path, 'utf8')),
          loader: 'js',
        }),
      );
      const filter = new RegExp(
        String.raw`sucrase[\\/]dist[\\/]esm[\\/](?:${UNUSED.join('|').replaceAll('/', '[\\\\/]')})\.js$`,
      );
      onLoad({ filter }, async ({ path }) => ({ contents: emptyExports(await readFile(path, 'utf8')), loader: 'js' }));
    },
  };
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
  if (words.length < 70) throw new Error('the keywords of sucrase are not where slimming.ts expects them');
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
          if (!from.test(contents)) throw new Error(`acorn is not as slimming.ts expects it: nothing like ${from}`);
          contents = contents.replace(from, to);
        }
        return { contents: withShortMethods(contents), loader: 'js' };
      });
    },
  };
}

/** Nobody but acorn itself calls the methods of its parser: all that others use are functions. */
function withShortMethods(source: string): string {
  const methods = [...source.matchAll(/^pp(?:\$\d)?\.([a-z]+[A-Z_]\w*) = /gm)].map(([, method]) => method);
  if (methods.length < 100) throw new Error('the methods of acorn are not where slimming.ts expects them');
  const short = new Map(methods.map((method, index) => [method, `$${index.toString(36)}`]));
  return source.replace(/\b\w+\b/g, (word) => short.get(word) ?? word);
}

/** Takes the sentences out of the schemas in `folder`. What one looks like that this does not find stays as it is, and works. */
export function withoutAbout(folder: string): Plugin {
  return {
    name: 'without-about',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (!path.startsWith(folder + sep)) return undefined;
        const source = await readFile(path, 'utf8');
        const about = /\.about\(\s*(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`),?\s*\)/g;
        return { contents: keepNames(source.replace(about, '')), loader: 'ts' };
      });
    },
  };
}

/**
 * Takes the sentences out of the list of a broker's settings, which is the first thing in its file: who reads about settings on the page reads the course. After the
 * list, what looks like a sentence is the name of a setting. Fails when the list ends in another way than it did.
 */
export function withoutSentences(settings: string): Plugin {
  return {
    name: 'without-sentences',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (path !== settings) return undefined;
        const source = await readFile(path, 'utf8');
        const sentence = /(?:'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"),?(\s*\),)$/gm;
        const end = source.indexOf('\n} satisfies');
        if (end < 0) throw new Error("the list of a broker's settings is not where slimming.ts expects it");
        const list = source.slice(0, end).replace(sentence, "''$1");
        return { contents: keepNames(list + source.slice(end)), loader: 'ts' };
      });
    },
  };
}

/** Gives the classes of the library and of the course their names as a property, which no minifier touches. */
export function keepClassNames(folders: string[]): Plugin {
  return {
    name: 'keep-class-names',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (!folders.some((folder) => path.startsWith(folder + sep))) return undefined;
        const source = await readFile(path, 'utf8');
        return { contents: keepNames(source), loader: 'ts' };
      });
    },
  };
}

function keepNames(source: string): string {
  return source.replace(/^(\s*(?:export )?(?:abstract )?class (\w+)\b.*\{)$/gm, "$1 static name = '$2';");
}
