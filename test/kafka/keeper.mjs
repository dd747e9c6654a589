/**
 * Runs one Java process and never outlives its parent: when the parent ends (its end of standard input closes, however
 * it died) or the time limit has passed, the Java process is killed and its data folder is removed. Killed, not
 * asked, because the data is thrown away and an orderly shutdown takes seconds.
 *
 * node keeper.mjs TIME_LIMIT_MS LOG_FILE DATA_FOLDER JAVA_ARGUMENT…
 */
import { spawn } from 'node:child_process';
import { openSync, rmSync } from 'node:fs';

const [timeLimitMs, logFile, dataFolder, ...javaArguments] = process.argv.slice(2);
const log = openSync(logFile, 'a');
const java = spawn('java', javaArguments, { stdio: ['ignore', log, log] });
const stop = () => java.kill('SIGKILL');

java.once('error', () => process.exit(1));
java.once('exit', (code) => {
  rmSync(dataFolder, { recursive: true, force: true, maxRetries: 5 });
  process.exit(code ?? 0);
});
setTimeout(stop, Number(timeLimitMs));
process.stdin.once('end', stop).once('error', stop).resume();
// A Ctrl-C reaches the whole group; the parent ends by it, and that is what is waited for here.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', stop);
