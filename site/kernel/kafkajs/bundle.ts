/**
 * How stock kafkajs gets into a part of the kernel (part.ts): its files as they are, bundled into one function whose parameters are the names that they
 * find in Node without asking. Calling it makes a copy of kafkajs.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const NAMES = 'setTimeout, clearTimeout, setInterval, clearInterval, Date, Math, process, global, Buffer';
const BUILTINS = /^(?:assert|crypto|events|net|tls|util|zlib)$/;

/** Answers the module `stock-kafkajs`, which has one function, `makeKafkajs`. `common` is how everything in the kernel is bundled. */
export function stockKafkajs(common: BuildOptions & { write: false; metafile: true }, folder: string): Plugin {
  return {
    name: 'stock-kafkajs',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^stock-kafkajs$/ }, ({ path }) => ({ path, namespace: 'stock' }));
      onLoad({ filter: /./, namespace: 'stock' }, async () => {
        const result = await build({
          ...common,
          entryPoints: [createRequire(import.meta.url).resolve('kafkajs')],
          globalName: 'kafkajs',
          plugins: [builtins(join(folder, 'builtins.ts'))],
        });
        const contents = `export function makeKafkajs({ ${NAMES} }) { ${result.outputFiles[0].text}; return kafkajs; }`;
        return { contents, loader: 'js', resolveDir: folder };
      });
    },
  };
}

function builtins(file: string): Plugin {
  return {
    name: 'builtins',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: BUILTINS }, ({ path }) => ({ path, namespace: 'builtin' }));
      onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
        contents: `module.exports = require(${JSON.stringify(file)}).${path};`,
        loader: 'js',
        resolveDir: join(file, '..'),
      }));
    },
  };
}

/** `course/kafkajs` takes its copies from the part, in the place of node_modules. */
export function copiesFromPart(): Plugin {
  return {
    name: 'copies-from-part',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\/load\.cjs$/ }, ({ path }) => ({ path, namespace: 'from-part' }));
      onLoad({ filter: /./, namespace: 'from-part' }, () => ({
        contents: "export const loadKafkajs = (globals) => shared.partNamed('kafkajs').loadKafkajs(globals);",
        loader: 'js',
      }));
    },
  };
}
