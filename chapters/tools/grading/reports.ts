/**
 * The three reports of a grading run: CSV for a spreadsheet, JUnit for a build server, and a page for people.
 *
 * Names, messages and what was printed come from submissions, so each report has its own way to keep them from meaning anything: a spreadsheet
 * would calculate what begins with `=`, a terminal obeys control characters, and a browser markup. The page has no script.
 */
import type { Held } from './confinement.ts';
import type { Status } from './supervise.ts';

export interface Grade {
  readonly student: string;
  readonly file: string;
  readonly chapter: string | undefined;
  readonly status: Status;
  /** Still the starter of the course. */
  readonly isUntouched: boolean;
  readonly lines: readonly string[];
  readonly printed: string;
  readonly seconds: number;
}

export interface Grading {
  readonly grades: readonly Grade[];
  readonly held: readonly Held[];
  /** So that the same run can be had again. */
  readonly seeds: string;
  readonly limits: string;
  /** ISO 8601. */
  readonly finishedAt: string;
}

/** A line of text from a submission: no control characters, so no colours, no second line, no moved cursor, nothing written backwards; at most 500. */
export function plain(text: string): string {
  return text.replace(/[\p{C}\u2028\u2029]/gu, ' ').slice(0, 500);
}

const COLUMNS = ['student', 'file', 'chapter', 'verdict', 'passed', 'untouched', 'seconds', 'remark'];

/** One row for each submission; RFC 4180, with a byte order mark, since spreadsheets take it for another alphabet otherwise. */
export function toCsv({ grades }: Grading): string {
  const rows = grades.map(({ student, file, chapter = '', status, isUntouched, seconds, lines }) =>
    [
      student,
      file,
      chapter,
      status,
      status === 'passed' ? '1' : '0',
      isUntouched ? '1' : '0',
      seconds.toFixed(1),
      lines.at(-1) ?? '',
    ]
      .map(csvCell)
      .join(),
  );
  return `\uFEFF${[COLUMNS.join(), ...rows].join('\r\n')}\r\n`;
}

/** A cell that begins as a formula does gets an apostrophe before it. */
function csvCell(text: string): string {
  const safe = plain(text).replace(/^(?=[=+\-@\t])/, "'");
  return /[",\s']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A test suite for each chapter. What could not be graded, and what was stopped, are errors; a wrong answer is a failure. */
export function toJunit({ grades, held, finishedAt }: Grading): string {
  const chapters = [...new Set(grades.map(({ chapter }) => chapter))];
  const walls = held.map(({ what, holds }) => `<property name="kept from ${markup(what)}" value="${holds}"/>`);
  const suites = chapters.map((chapter) => {
    const own = grades.filter((grade) => grade.chapter === chapter);
    const failures = own.filter(({ status }) => status === 'not yet').length;
    const errors = own.filter(({ status }) => status !== 'not yet' && status !== 'passed').length;
    const name = chapter === undefined ? 'no chapter' : `chapter ${chapter}`;
    const head = `<testsuite name="${markup(name)}" tests="${own.length}" failures="${failures}" errors="${errors}" timestamp="${finishedAt}">`;
    return [head, '<properties>', ...walls, '</properties>', ...own.map(toCase), '</testsuite>'].join('\n');
  });
  return ['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites>', ...suites, '</testsuites>', ''].join('\n');
}

function toCase({ student, file, status, lines, seconds }: Grade): string {
  const head = `<testcase classname="${markup(student)}" name="${markup(file)}" time="${seconds.toFixed(1)}"`;
  if (status === 'passed') return `${head}/>`;
  const kind = status === 'not yet' ? 'failure' : 'error';
  const said = lines.map(markup).join('\n');
  return `${head}><${kind} message="${status}">${said}</${kind}></testcase>`;
}

function markup(text: string): string {
  return plain(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** The page: a table, then what the checker said to each. */
export function toPage(grading: Grading): string {
  const { grades, held, seeds, limits, finishedAt } = grading;
  const passed = grades.filter(({ status }) => status === 'passed').length;
  const rows = grades.map(
    ({ student, chapter, status, isUntouched, seconds }, index) =>
      `<tr><th scope="row"><a href="#s${index + 1}">${markup(student)}</a></th><td>${markup(chapter ?? '')}</td><td class="${kindOf(status)}">${SIGNS[kindOf(status)]} ${status}${isUntouched ? ' (the starter)' : ''}</td><td class="number">${seconds.toFixed(1)}</td></tr>`,
  );
  const walls = held.map(({ what, holds }) => `<li>${holds ? 'kept from' : 'not kept from'} ${markup(what)}</li>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Grades</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Grades</h1>
<p>${passed} of ${grades.length} passed. Finished ${markup(finishedAt)}. Seeds: ${markup(seeds)}. Limits: ${markup(limits)}.</p>
${byStudent(grades)}
<div class="wide" role="region" aria-label="All submissions" tabindex="0">
<table>
<caption>All submissions</caption>
<thead><tr><th scope="col">student</th><th scope="col">chapter</th><th scope="col">verdict</th><th scope="col">seconds</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
</div>
<h2>What held the submissions</h2>
<p>Each ran in a process of its own, with the checker in another. This was tried from inside before the first of them:</p>
<ul>
${walls.join('\n')}
</ul>
<h2>One by one</h2>
${grades.map(toSection).join('\n')}
</main>
</body>
</html>
`;
}

/** Who has done which chapter, where students have handed in several; the better one where there are two for a chapter. */
function byStudent(grades: readonly Grade[]): string {
  const students = [...new Set(grades.map(({ student }) => student))];
  const chapters = [...new Set(grades.flatMap(({ chapter }) => chapter ?? []))].sort();
  if (students.length === grades.length) return '';
  const cell = (student: string, chapter: string) => {
    const own = grades.filter((grade) => grade.student === student && grade.chapter === chapter);
    const best = own.find(({ status }) => status === 'passed') ?? own[0];
    if (best === undefined) return '<td></td>';
    return `<td class="${kindOf(best.status)}"><a href="#s${grades.indexOf(best) + 1}">${SIGNS[kindOf(best.status)]}<span class="words"> ${best.status}</span></a></td>`;
  };
  const rows = students.map(
    (student) =>
      `<tr><th scope="row">${markup(student)}</th>${chapters.map((chapter) => cell(student, chapter)).join('')}</tr>`,
  );
  return `<div class="wide" role="region" aria-label="By student" tabindex="0">
<table>
<caption>By student: ✔ passed, ✘ not yet, ■ stopped or not graded</caption>
<thead><tr><th scope="col">student</th>${chapters.map((chapter) => `<th scope="col">${markup(chapter)}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
</div>`;
}

const SIGNS = { passed: '✔', wrong: '✘', stopped: '■' } as const;

function kindOf(status: Status): keyof typeof SIGNS {
  if (status === 'passed') return 'passed';
  return status === 'not yet' ? 'wrong' : 'stopped';
}

function toSection({ student, file, chapter, status, lines, printed }: Grade, index: number): string {
  const title = `${markup(student)}${chapter === undefined ? '' : `, chapter ${markup(chapter)}`}: ${status}`;
  const said = lines.map((line) => `<li>${markup(line)}</li>`).join('');
  const output = printed.split('\n').map(markup).join('\n').trim();
  return [
    `<section id="s${index + 1}" aria-labelledby="h${index + 1}">`,
    `<h3 id="h${index + 1}">${title}</h3>`,
    `<p><code>${markup(file)}</code></p>`,
    `<ul>${said}</ul>`,
    ...(output === ''
      ? []
      : [`<details><summary>What it printed</summary><pre tabindex="0">${output}</pre></details>`]),
    '</section>',
  ].join('\n');
}

const STYLE = `
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 44rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: 600; padding: 0.5rem 0; }
th, td { text-align: left; padding: 0.3rem 0.8rem 0.3rem 0; border-bottom: 1px solid #8888; vertical-align: top; font-weight: 400; }
thead th { font-weight: 600; white-space: nowrap; }
.words { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; white-space: nowrap; }
td.number { font-variant-numeric: tabular-nums; }
td.passed { font-weight: 600; }
html { background: Canvas; color: CanvasText; }
a { color: inherit; }
h2 { margin-top: 2.5rem; }
section { border-top: 1px solid #8888; margin-top: 1.5rem; }
pre { white-space: pre-wrap; }
`;
