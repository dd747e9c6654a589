/**
 * The program of the package, in a handful of files instead of two hundred, since Node spends more time on finding a
 * module than on running one: a test that starts a cluster waits for this. Classes, functions, methods and properties
 * keep their names, so that traces and debuggers speak of things that can be looked up. White space, comments and the
 * names of local variables go, a quarter of the package; what a public thing means stands in the declarations.
 *
 * There is one copy, in CommonJS. Both ways in lead to it: `require` at once, and `import` through a door that only
 * passes names on. With a copy for each, a program that uses both would have two classes `KafkaError`, and `instanceof`
 * would say no to half of the errors. The copy is CommonJS rather than ES modules because some runners of tests, Jest
 * for one, cannot `require` the latter.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import * as esbuild from 'esbuild';
import { root } from './steps.mjs';

const lib = join(root, 'lib');
const doors = ['index.js', 'node/index.js'];
const apis = join(lib, 'protocol', 'apis') + sep;

/** What a browser is told. Whoever bundles for one must find the names, or would be told of these only. */
const NO_SOCKETS =
  "kafkaito/node needs a socket, which a browser has not: use simulate of 'kafkaito'. (A test that only plays browser, " +
  "such as one in Jest's jsdom, needs the test environment node.)";

/** @param {string} to the folder to write to */
export async function writeBundle(to) {
  for (const { path, text, exports } of await bundleLibrary()) {
    const code = await asCommonJs(text);
    const isDoor = doors.includes(path);
    write(to, path.replace(/\.js$/, '.cjs'), isDoor ? code + namesFor(exports) : code);
    if (isDoor) write(to, path, passOn(exports, './index.cjs'));
    if (path === 'node/index.js') write(to, 'node/browser.cjs', browserText(exports));
  }
  write(to, 'node/cli.js', await bundleCommand());
}

/** What both doors share lies in files of its own, whose names end in a hash of their content. */
async function bundleLibrary() {
  const { outputFiles, metafile } = await esbuild.build({
    ...common,
    absWorkingDir: root,
    entryPoints: { index: 'lib/index.ts', 'node/index': 'lib/node/index.ts' },
    bundle: true,
    splitting: true,
    format: 'esm',
    outdir: 'out',
    chunkNames: 'shared-[hash]',
    metafile: true,
    write: false,
    external: ['node:*', 'fflate', '@hpcc-js/wasm-zstd'],
    plugins: [withoutAbout],
  });
  const outputs = new Map(
    Object.entries(metafile.outputs).map(([path, output]) => [path.slice('out/'.length), output]),
  );
  return outputFiles.map(({ path, text }) => {
    const name = path.slice(join(root, 'out').length + 1).replaceAll('\\', '/');
    return { path: name, text, exports: [...(outputs.get(name)?.exports ?? [])].sort() };
  });
}

const libraryBeside = {
  name: 'library-beside',
  /** @param {esbuild.PluginBuild} build */
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/index\.ts$/ }, () => ({ path: './index.cjs', external: true }));
  },
};

/** The command stays a module, as it waits at its top level, and takes the library from the door beside it. */
async function bundleCommand() {
  const { outputFiles } = await esbuild.build({
    ...common,
    absWorkingDir: root,
    entryPoints: ['lib/node/cli.ts'],
    bundle: true,
    format: 'esm',
    write: false,
    external: ['node:*'],
    plugins: [libraryBeside],
  });
  return outputFiles[0].text;
}

const common = /** @type {const} */ ({ target: 'es2022', platform: 'node', charset: 'utf8' });

/** Every field of a message says what it is about, for those who read the library or its wire reference. */
const withoutAbout = {
  name: 'without-about',
  /** @param {esbuild.PluginBuild} build */
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      if (!path.startsWith(apis)) return undefined;
      const about = /\.about\(\s*(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`),?\s*\)/g;
      return { contents: (await readFile(path, 'utf8')).replace(about, ''), loader: 'ts' };
    });
  },
};

/**
 * In two steps, because a compiler shortens no name at the top level of a script, which may be anybody's.
 * @param {string} text an ES module of the bundle
 */
async function asCommonJs(text) {
  // Modules are strict by themselves, CommonJS has to ask for it.
  const script = await esbuild.transform(text, { ...common, format: 'cjs', banner: "'use strict';" });
  // Before lines are broken, which may happen in the middle of a name.
  const named = script.code.replace(/((?:require|import)\("\.[^"]*)\.js"\)/g, '$1.cjs")');
  const squeezed = { minifyWhitespace: true, minifyIdentifiers: true, lineLimit: 120 };
  const { code } = await esbuild.transform(named, { ...common, ...squeezed });
  return code;
}

/**
 * Nobody runs this: Node looks for it when it has to say, before it runs a file, which names can be imported from it.
 * @param {string[]} names
 */
function namesFor(names) {
  return `0 && (module.exports = { ${names.join(', ')} });\n`;
}

/**
 * @param {string[]} names
 * @param {string} from
 */
function passOn(names, from) {
  return `export {\n${names.map((name) => `  ${name},\n`).join('')}} from '${from}';\n`;
}

/** @param {string[]} names */
function browserText(names) {
  const undefinedNames = names.map((name) => `exports.${name} = undefined;\n`).join('');
  return `'use strict';\n${undefinedNames}throw new Error(\n  ${JSON.stringify(NO_SOCKETS)},\n);\n`;
}

/**
 * @param {string} folder
 * @param {string} path
 * @param {string} text
 */
function write(folder, path, text) {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
