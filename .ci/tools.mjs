/**
 * Programs beyond Node that some test scripts need, and the Debian packages that bring them. On another system, or
 * without the right to install, a missing one is not installed: the script that needs it then says so, and fails here.
 */
import { spawnSync } from 'node:child_process';

const programs = [
  { script: 'test:browser', program: 'chromium', debianPackage: 'chromium' },
  { script: 'test:kafka', program: 'java', debianPackage: 'default-jre-headless' },
  { script: 'test:kafka', program: 'mvn', debianPackage: 'maven' },
  { script: 'test:interop', program: 'javac', debianPackage: 'default-jdk-headless' },
  { script: 'test:interop', program: 'python3', debianPackage: 'python3-venv' },
];

/**
 * The commands that install what is missing for the given npm scripts.
 * @param {string[]} scripts
 * @returns {string[][]}
 */
export function missingTools(scripts) {
  const missing = programs.filter(({ script, program }) => scripts.includes(script) && !onPath(program));
  if (missing.length === 0 || process.getuid?.() !== 0 || !onPath('apt-get')) return [];
  const install = ['apt-get', 'install', '-y', '--no-install-recommends'];
  return [['apt-get', 'update', '-q'], ...missing.map(({ debianPackage }) => [...install, '-q', debianPackage])];
}

/** @param {string} program */
function onPath(program) {
  return spawnSync('which', [program]).status === 0;
}
