/** What a check says: passed or not, and the lines that tell what was expected, what happened, and when. It prints itself. */
export class Verdict {
  readonly passed: boolean;
  readonly lines: readonly string[];

  constructor(passed: boolean, lines: readonly string[]) {
    this.passed = passed;
    this.lines = lines;
    console.log([passed ? '✔ passed' : '✘ not yet', ...lines.map((line) => `  ${line}`)].join('\n'));
  }
}
