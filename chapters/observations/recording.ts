/**
 * What Apache Kafka showed when it was last asked, in `recorded.json`: of each chapter its observations, and the cells that run on Apache Kafka alone. It is written by
 * `npm run verify`, read by the footers and by those cells, and compared with our Kafka by `npm run test:notebooks`.
 */
import recorded from './recorded.json';

export interface ChapterRecording {
  readonly kafkaVersion: string;
  /** The day, as YYYY-MM-DD. */
  readonly verifiedOn: string;
  /** The lines of the observations, by their ids. */
  readonly seen: { readonly [id: string]: readonly string[] };
  /** What the recorded cells have printed, by their ids. */
  readonly cells: { readonly [id: string]: string };
}

/** By the first word of the chapter's file: `08`. */
export type Recording = Readonly<Record<string, ChapterRecording>>;

export const recording: Recording = recorded;

/** The text of the file: chapters and observations in order, one line an observation, so that a change shows as one. */
export function printRecording(chapters: Recording): string {
  const entries = (lines: { readonly [name: string]: unknown }) => {
    const printed = Object.entries(lines).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`);
    return printed.length === 0 ? '{}' : `{\n${printed.join(',\n')}\n}`;
  };
  const names = Object.keys(chapters).sort();
  const printed = names.map((name) => {
    const { kafkaVersion, verifiedOn, seen, cells } = chapters[name];
    const head = `"kafkaVersion": ${JSON.stringify(kafkaVersion)},\n"verifiedOn": ${JSON.stringify(verifiedOn)}`;
    return `${JSON.stringify(name)}: {\n${head},\n"seen": ${entries(seen)},\n"cells": ${entries(cells)}\n}`;
  });
  return `{\n${printed.join(',\n')}\n}\n`;
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/** `2026-11-21` as `21 November 2026`. */
export function inWords(day: string): string {
  const [year, month, date] = day.split('-').map(Number);
  return `${date} ${MONTHS[month - 1]} ${year}`;
}
