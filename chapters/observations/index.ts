/** The observations of all chapters, by the first word of the chapter's file: `08`. */
import { observations as chapter00 } from './00.ts';
import { observations as chapter02 } from './02.ts';
import { observations as chapter05 } from './05.ts';
import { observations as chapter06 } from './06.ts';
import { observations as chapter07 } from './07.ts';
import { observations as chapter08 } from './08.ts';
import { observations as chapter09 } from './09.ts';
import { observations as chapter10 } from './10.ts';
import { observations as chapter11 } from './11.ts';
import { observations as chapter12 } from './12.ts';
import { observations as chapter14 } from './14.ts';
import type { ChapterObservations } from './observation.ts';
import { observations as chapterW } from './W.ts';

export const chapters: Readonly<Record<string, ChapterObservations>> = {
  '00': chapter00,
  '02': chapter02,
  '05': chapter05,
  '06': chapter06,
  '07': chapter07,
  '08': chapter08,
  '09': chapter09,
  '10': chapter10,
  '11': chapter11,
  '12': chapter12,
  '14': chapter14,
  W: chapterW,
};
