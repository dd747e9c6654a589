#!/usr/bin/env node
/**
 * The command `kafkaito`. The program itself is built from cli.ts beside it; this small file is what npm links, so that
 * the command can say what to do in a clone where nothing is built.
 */
import { existsSync } from 'node:fs';

const program = new URL('../../dist/node/cli.js', import.meta.url);
if (existsSync(program)) {
  await import(program.href);
} else {
  console.error('kafkaito is not built in this folder. Build it first:  npm run build');
  process.exitCode = 1;
}
