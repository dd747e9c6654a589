/**
 * A copy of stock kafkajs for one process: its own files, unchanged, evaluated anew over what the process may touch. They are plain scripts that find `setTimeout`,
 * `Date` or `Math` by name, so each is run as a function that has these names as parameters; Node's own loader does the same with `require`.
 *
 * On the page site/kernel/kafkajs/ stands in the place of this file.
 */
const { Buffer } = require('node:buffer');
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { dirname } = require('node:path');
const vm = require('node:vm');
const zlib = require('node:zlib');

/** @typedef {import('./globals.ts').Globals} Globals */

/** The texts of the files, compiled once. @type {Map<string, Function>} */
const compiled = new Map();

const outside = createRequire(__filename);

/**
 * @param {Globals} globals
 * @returns {{ kafkajs: typeof import('kafkajs'), Buffer: typeof Buffer }}
 */
function loadKafkajs(globals) {
  const names = Object.keys(globals);
  const values = Object.values(globals);
  /** @type {Map<string, { exports: unknown }>} */
  const loaded = new Map();

  const load = (/** @type {string} */ path) => {
    const known = loaded.get(path);
    if (known !== undefined) return known.exports;
    const made = { exports: /** @type {unknown} */ ({}) };
    loaded.set(path, made);
    if (path.endsWith('.json')) {
      made.exports = JSON.parse(readFileSync(path, 'utf8'));
      return made.exports;
    }
    const { resolve } = createRequire(path);
    const require = (/** @type {string} */ name) => {
      const given = builtin(name, globals);
      if (given !== undefined) return given;
      return name.startsWith('.') ? load(resolve(name)) : outside(name);
    };
    compile(path, names).call(made.exports, made, made.exports, require, dirname(path), ...values);
    return made.exports;
  };
  return { kafkajs: /** @type {typeof import('kafkajs')} */ (load(outside.resolve('kafkajs'))), Buffer };
}

/**
 * What of Node's own would let a process touch more than its world: sockets, chance, and a compression that answers in its own time.
 * @param {string} name @param {Globals} globals
 */
function builtin(name, globals) {
  if (name === 'net' || name === 'tls') return refusing(name);
  if (name === 'crypto') return { ...require('node:crypto'), ...globals.global.crypto };
  if (name !== 'zlib') return undefined;
  /** @typedef {(error: Error | null, result?: Buffer) => void} Done */
  return {
    gzip: (/** @type {Buffer} */ bytes, /** @type {Done} */ done) => done(null, zlib.gzipSync(bytes)),
    unzip: (/** @type {Buffer} */ bytes, /** @type {Done} */ done) => done(null, zlib.unzipSync(bytes)),
  };
}

function refusing(/** @type {string} */ name) {
  const connect = () => {
    throw new Error(
      `a process of a simulated world has no ${name}: its socketFactory leads to the brokers of that world`,
    );
  };
  return { connect };
}

/** @param {string} path @param {string[]} names */
function compile(path, names) {
  let script = compiled.get(path);
  if (script === undefined) {
    const parameters = ['module', 'exports', 'require', '__dirname', ...names];
    script = vm.compileFunction(readFileSync(path, 'utf8'), parameters, { filename: path });
    compiled.set(path, script);
  }
  return script;
}

module.exports = { loadKafkajs };
