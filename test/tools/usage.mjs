/**
 * What a command line asks for, or the end of the command: one line that says what is wrong with it, how it is meant, and the exit code 2. Whoever mistypes an
 * option has no use for a stack. Plain JavaScript without dependencies, since some commands read their options before anything is installed.
 */

/**
 * @template T
 * @param {string} usage
 * @param {() => T} read what it throws is told, and nothing else is done
 * @returns {T}
 */
export function readOptions(usage, read) {
  try {
    return read();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${usage}`);
    process.exit(2);
  }
}

/**
 * @param {string} option as it is written, such as `--port`
 * @param {string} given
 * @param {number} least
 * @param {number} most
 * @throws Error that names the limits
 */
export function wholeNumber(option, given, least, most) {
  const number = Number(given);
  if (/^\d+$/.test(given) && number >= least && number <= most) return number;
  throw new Error(`${option} ${given} is not possible: give a whole number from ${least} to ${most}`);
}

/**
 * Runs a command of which whoever typed it wants to know why it failed, and not where: the message of the error, and the exit code 1.
 * @param {() => Promise<void>} main
 */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
