/** What a check says: passed or not, and the lines that tell what was expected, what happened, and when. */
export class Verdict {
  readonly passed: boolean;
  readonly lines: readonly string[];

  constructor(passed: boolean, lines: readonly string[]) {
    this.passed = passed;
    this.lines = lines;
  }

  get text(): string {
    return [this.passed ? '✔ passed' : '✘ not yet', ...this.lines.map((line) => `  ${line}`)].join('\n');
  }
}
