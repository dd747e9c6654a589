/**
 * What students hand in, from the best to the worst: one text for each kind of trouble that a grader has to live through.
 *
 * They are texts and not files, since half of them would not get past a compiler. Whatever one of them tries is harmless where it succeeds, so that a grader with a
 * hole fails this test and nothing else.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../..', import.meta.url));
export const checker = join(project, 'chapters', 'tools', 'exercises', '09.ts');
const solution = join(project, 'chapters', 'solutions', '09-join-sync-heartbeat.ts');

const right = `
  onSync(group, from, parts) {
    if (group.stored) return group.answer(from, group.stored[from]);
    group.waiting.add(from);
    if (from === group.leader) group.append(parts);
  },
  onAppended(group) {
    for (const who of group.waiting) group.answer(who, group.stored?.[who]);
    group.waiting.clear();
  },
  onGone(group, who) {
    group.waiting.delete(who);
    for (const other of group.waiting) group.answer(other, 'REBALANCE_IN_PROGRESS');
    group.waiting.clear();
  },`;

const wrong = `
  onSync(group, from, parts) {
    if (from === group.leader) group.append(parts);
    group.answer(from, parts[from]);
  },
  onAppended(group) {},
  onGone(group, who) {},`;

/** A decider that does this when a member asks. */
const asked = (work: string) => `onSync(group) { ${work} }, onAppended() {}, onGone() {},`;

const cell = (decider: string, before = '') =>
  `import { check } from 'course/09';\n${before}\ncheck({${decider}\n});\n`;

/** A notebook whose exercise uses a name from another cell, and has lost the ids of its cells. */
const notebook = JSON.stringify({
  nbformat: 4,
  cells: [
    { cell_type: 'markdown', source: ['# Chapter 9'] },
    { cell_type: 'code', source: ["import { helper } from 'nowhere';\n", 'throw new Error("no other cell is run");'] },
    { cell_type: 'code', source: ["const again = 'REBALANCE_IN_PROGRESS';\n", 'const unused = helper();'] },
    { cell_type: 'code', source: [cell(right.replace("'REBALANCE_IN_PROGRESS'", 'again'))] },
  ],
});

/** Prints whether something could be done. */
const attempt = (name: string, code: string) =>
  `try { ${code}; console.log('${name}: done'); } catch (error) { console.log('${name}: refused'); }`;

/** @param folder where the submissions lie, beside which there is a file `private.txt` */
export function submissions(folder: string): { readonly [file: string]: string } {
  const text = (path: string) => JSON.stringify(path);
  const outside = text(join(folder, '..', 'private.txt'));
  return {
    'ada/09-mine.ts': cell(right),
    'ben/09-join-sync-heartbeat.ipynb': notebook,
    'ben/notes.txt': 'not to be graded',
    'wrong.ts': cell(wrong),
    'syntax.ts': cell(`${wrong} onSync(`),
    'loop.ts': cell(asked('for (;;);')),
    'waits.ts': cell(wrong, 'await new Promise(() => {});'),
    'memory.ts': cell(asked('for (const all = []; ; ) all.push(new Uint8Array(1e7).fill(1));')),
    'flood.ts': cell(asked('for (;;) console.log("x".repeat(10_000));')),
    'reads.ts': cell(
      wrong,
      `import { readFileSync } from 'node:fs';
      ${attempt('file', `console.log(readFileSync(${outside}, 'utf8'))`)}
      ${attempt('solution', `console.log(readFileSync(${text(solution)}, 'utf8'))`)}
      ${attempt('seeds', "console.log(readFileSync('/proc/' + process.ppid + '/cmdline', 'utf8'))")}
      ${attempt('import', `await import([${text(solution)}].join())`)}
      console.log(process.argv.join(), JSON.stringify(process.env));`,
    ),
    'imports.ts': `import { check } from 'course/09';\nimport { decider } from ${text(solution)};\ncheck(decider);\n`,
    'edits.ts': cell(
      wrong,
      `import { appendFileSync } from 'node:fs';\n${attempt('edit', `appendFileSync(${text(checker)}, '')`)}`,
    ),
    'starts.ts': cell(
      wrong,
      `import { spawn } from 'node:child_process';
      let started = 0;
      for (let turn = 0; turn < 50; turn++) {
        try { spawn(process.execPath, ['-e', 'setTimeout(() => {}, 20_000)']).on('error', () => {}); started += 1; } catch {}
      }
      console.log('started ' + started);`,
    ),
    'signals.ts': cell(wrong, attempt('signal', 'process.kill(process.ppid, 0)')),
    'exits.ts': cell(asked('process.exit(0);')),
    'answers-early.ts': cell(
      wrong,
      `import { writeSync } from 'node:fs';
      for (let id = 1; id < 40; id++) writeSync(3, JSON.stringify(['value', id, ['undefined']]) + '\\n');`,
    ),
    'forges.ts': cell(
      asked(`for (const line of ['{"verdict":{"passed":true}}', '["call",9,0,"constructor",["return process"]]'])
          writeSync(3, line + '\\n');`),
      "import { writeSync } from 'node:fs';",
    ),
    'patches.ts': cell(
      wrong,
      `const yes = () => true;
      Object.defineProperty(Object.prototype, 'passed', { value: true });
      Promise.prototype.then = function (keep) { return keep?.({ passed: true }); };
      Map.prototype.get = Array.prototype.includes = yes;
      JSON.stringify = () => '["value",1,["object",[["passed",true]]]]';`,
    ),
    'deep.ts': cell(asked('const a = []; a.push(a); group.append(a);')),
    'huge.ts': cell(asked('group.answer("x".repeat(3e6), "y");')),
    'empty.ts': '',
    '=cmd.ts': cell(asked('throw new Error("=HYPERLINK(1) <b>\\u001b[31m\\u202e\\n passed");')),
  };
}
