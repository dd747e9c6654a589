/**
 * Runs cells one after another, with the names that earlier cells declared in sight. A `with` statement, which strict code may not
 * contain but may stand in, is what makes the published names visible: no name of a cell ever becomes a global, so a cell that
 * declares `name`, `status` or `performance` disturbs neither the library nor the worker.
 *
 * Nothing here knows a browser: the worker gives it modules and the texts of files, and the tests run it in Node.
 */

import type { Exports } from './parts.ts';
import type { CellError, RunResult } from './protocol.ts';
import { CellSyntaxError, compileCell, compileModule } from './transform.ts';

/** What compiled code calls; see transform.ts. */
interface KernelCalls {
  last: unknown;
  publish(name: string, get: () => unknown, set: (value: unknown) => void): void;
  export(name: string, get: () => unknown): void;
  exportAll(name: string | null, module: Exports): void;
  import(specifier: string): Promise<Exports>;
}

type Compiled = (kernel: KernelCalls) => Promise<void>;

interface LoadedFile {
  text: string;
  exports: Promise<Exports>;
  loading: boolean;
}

/** The file in which code that runs a line of a cell is found by the engine's stack traces: the header's lines are added to its own. */
const HEADER_LINES = headerLines();

/** The cells of one page, as one program. */
export class CellRuntime {
  readonly #modules: Record<string, () => Exports>;
  readonly #printValue: (value: unknown) => void;
  readonly #scope: object = Object.create(null);
  readonly #loaded = new Map<string, LoadedFile>();
  #files: Record<string, string> = {};

  /**
   * @param modules what cells may import by bare name; a module that throws here says why it cannot be had
   * @param printValue prints the value of a cell's last expression
   */
  constructor(modules: Record<string, () => Exports>, printValue: (value: unknown) => void) {
    this.#modules = modules;
    this.#printValue = printValue;
  }

  /**
   * Runs one cell to its end. A cell that fails publishes nothing.
   * @param name the cell's name in stack traces, such as `cell-3`
   * @param files the learner's modules by name; one whose text has changed is evaluated anew by the next import
   */
  async run(name: string, source: string, files: Record<string, string>): Promise<RunResult> {
    this.#files = files;
    const declared: PropertyDescriptorMap = {};
    const kernel: KernelCalls = {
      last: undefined,
      publish: (binding, get, set) => {
        declared[binding] = { get, set, configurable: true, enumerable: true };
      },
      export: refuseExport,
      exportAll: refuseExport,
      import: (specifier) => this.#import(specifier),
    };
    try {
      await this.#evaluate(name, compileCell(source))(kernel);
    } catch (error) {
      return { ok: false, error: describeError(error, name, Object.keys(files)) };
    }
    Object.defineProperties(this.#scope, declared);
    if (kernel.last !== undefined && kernel.last !== null) this.#printValue(kernel.last);
    return { ok: true };
  }

  /** Reads a module without running it. */
  check(name: string, source: string): RunResult {
    try {
      compileModule(source);
    } catch (error) {
      return { ok: false, error: describeError(error, name, []) };
    }
    return { ok: true };
  }

  async #import(specifier: string): Promise<Exports> {
    const module = this.#modules[specifier];
    if (module !== undefined) return module();
    const file = /^\.\/(.+)$/.exec(specifier)?.[1];
    if (file === undefined) {
      const names = Object.keys(this.#modules).join(', ');
      throw new Error(
        `There is no module '${specifier}' here: a cell of the page can import ${names} and the files it keeps, such as ./ledger.ts`,
      );
    }
    const text = this.#files[file];
    if (text === undefined) throw new Error(`There is no ${file} yet: run the cell that holds it`);
    return this.#importFile(file, text);
  }

  #importFile(file: string, text: string): Promise<Exports> {
    const known = this.#loaded.get(file);
    if (known?.text === text) {
      if (known.loading) throw new Error(`${file} imports itself, perhaps by way of another file`);
      return known.exports;
    }
    const loaded: LoadedFile = { text, exports: this.#evaluateFile(file, text), loading: true };
    this.#loaded.set(file, loaded);
    loaded.exports.then(
      () => {
        loaded.loading = false;
      },
      () => this.#loaded.delete(file),
    );
    return loaded.exports;
  }

  async #evaluateFile(file: string, text: string): Promise<Exports> {
    const exports: Exports = Object.create(null);
    const define = (name: string, get: () => unknown) =>
      Object.defineProperty(exports, name, { get, enumerable: true, configurable: true });
    await Promise.resolve();
    try {
      await this.#evaluate(
        file,
        compileModule(text),
      )({
        last: undefined,
        publish: define,
        export: define,
        exportAll: (name, module) => {
          if (name !== null) define(name, () => module);
          else for (const key of Object.keys(module)) if (key !== 'default') define(key, () => module[key]);
        },
        import: (specifier) => this.#import(specifier),
      });
    } catch (error) {
      if (error instanceof CellSyntaxError) error.file = file;
      throw error;
    }
    return exports;
  }

  #evaluate(name: string, body: string): Compiled {
    const code = `with(__scope){return async function(__kernel){'use strict';${body}}}\n//# sourceURL=${name}`;
    return new Function('__scope', code)(this.#scope);
  }
}

function refuseExport(): never {
  throw new Error('A cell cannot export');
}

/** Finds the innermost line of the learner's own text in an error. */
export function describeError(error: unknown, cell: string, files: string[]): CellError {
  if (error instanceof CellSyntaxError) {
    return { title: `SyntaxError: ${error.message}`, where: error.file ?? cell, line: error.line };
  }
  if (!(error instanceof Error)) return { title: `Uncaught ${String(error)}`, where: null, line: null };
  const title = error.message === '' ? error.name : `${error.name}: ${error.message}`;
  for (const frame of (error.stack ?? '').split('\n')) {
    for (const where of [cell, ...files]) {
      const place = new RegExp(`(?:^|[^\\w-])${where.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}:(\\d+)`).exec(frame);
      if (place !== null) return { title, where, line: Number(place[1]) - HEADER_LINES };
    }
  }
  return { title, where: null, line: null };
}

/** How many lines an engine puts before the first line of a function made from text: it is asked, once. */
function headerLines(): number {
  try {
    new Function('__scope', 'throw new Error()\n//# sourceURL=first-line-of-a-cell')();
  } catch (error) {
    const line = error instanceof Error ? /first-line-of-a-cell:(\d+)/.exec(error.stack ?? '')?.[1] : undefined;
    if (line !== undefined) return Number(line) - 1;
  }
  return 0;
}
