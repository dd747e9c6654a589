/** Checks the types of the chosen chapters on a thread of its own, and posts what is wrong: it takes a core for some seconds. */
import { parentPort, workerData } from 'node:worker_threads';
import { tsImport } from 'tsx/esm/api';

/** @type {typeof import('./chapters.ts')} */
const { readChapters } = await tsImport('./chapters.ts', import.meta.url);
/** @type {typeof import('./types.ts')} */
const { typeErrors } = await tsImport('./types.ts', import.meta.url);
parentPort?.postMessage(typeErrors(readChapters(workerData)));
