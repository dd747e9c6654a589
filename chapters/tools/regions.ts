/**
 * Regions: named stretches of a source file that a chapter quotes, so that the code it shows cannot drift from the code that
 * runs. A region lies between the lines `// #region name` and `// #endregion name`; regions may nest, and the marks of an inner
 * one are not part of the quoted text.
 */

/** The lines of a region, with the indentation that all of them share taken away. */
export interface Region {
  readonly code: string;
  /** The first and last line of the code within its file, counted from 1. */
  readonly firstLine: number;
  readonly lastLine: number;
}

const MARK = /^\s*\/\/ #(region|endregion) (\S+)\s*$/;

/**
 * Finds a region in the text of a file.
 * @throws Error when the region is not there, is opened twice or is not closed; the message has no file name, the caller knows it
 */
export function findRegion(source: string, name: string): Region {
  const lines = source.split(/\r?\n/);
  const first = lineOfMark(lines, 'region', name);
  const last = lineOfMark(lines, 'endregion', name);
  if (last < first) throw new Error(`region "${name}" ends before it begins`);
  const code = lines.slice(first + 1, last).filter((line) => !isRegionMark(line));
  if (code.every((line) => line.trim() === '')) throw new Error(`region "${name}" is empty`);
  return { code: withoutSharedIndent(code).join('\n'), firstLine: first + 2, lastLine: last };
}

/** Whether a line is the beginning or the end of a region. */
export function isRegionMark(line: string): boolean {
  return MARK.test(line);
}

function lineOfMark(lines: readonly string[], kind: 'region' | 'endregion', name: string): number {
  const found: number[] = [];
  lines.forEach((line, index) => {
    const mark = MARK.exec(line);
    if (mark && mark[1] === kind && mark[2] === name) found.push(index);
  });
  if (found.length === 1) return found[0];
  const mark = `// #${kind} ${name}`;
  throw new Error(
    found.length === 0 ? `there is no line "${mark}"` : `the line "${mark}" is there ${found.length} times`,
  );
}

function withoutSharedIndent(lines: readonly string[]): string[] {
  const indents = lines.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length);
  const shared = Math.min(...indents);
  return lines.map((line) => line.slice(shared));
}
