/**
 * `npm run exercises`: says which exercises there are and where the learner's copies lie. `npm run exercises -- reset 00` puts the copy
 * of a chapter back as it is in the course; what the learner had is kept.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { learnersCopies } from './mine.mjs';
import { root } from './python.mjs';

const copies = learnersCopies();
const [command, ...rest] = process.argv.slice(2);
if (command === undefined) list();
else if (command === 'reset' && rest.length === 1) reset(rest[0]);
else {
  console.error('Usage: npm run exercises\n       npm run exercises -- reset 00');
  process.exitCode = 2;
}

function list() {
  for (const name of copies.names()) {
    const { cells } = JSON.parse(readFileSync(join(root, 'notebooks', `${name}.ipynb`), 'utf8'));
    const exercises = cells.filter(
      (/** @type {{ metadata: { kafkaito?: { exercise?: boolean } } }} */ cell) => cell.metadata.kafkaito?.exercise,
    );
    const ids = exercises.map((/** @type {{ id: string }} */ { id }) => id).join(', ') || 'no exercise';
    const place = existsSync(copies.copyOf(name))
      ? relative(root, copies.copyOf(name))
      : 'no copy yet: npm start makes it';
    console.log(`${name}: ${ids} (${place})`);
  }
}

/** @param {string} start the beginning of the chapter's name, such as `00` */
function reset(start) {
  const names = copies.names().filter((name) => name.startsWith(start));
  if (names.length !== 1) {
    console.error(
      `${names.length === 0 ? 'No chapter begins' : 'More than one chapter begins'} with ${start}. There are:`,
    );
    for (const name of copies.names()) console.error(`  ${name}`);
    process.exitCode = 1;
    return;
  }
  for (const sentence of copies.reset(names[0])) console.log(sentence);
}
