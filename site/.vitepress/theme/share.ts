/** Links that carry the text of a cell, or a moment of what it shows. The text of a cell stands after the `#`, so no server ever sees it. */
import type { FaultScene } from '../../../lib/draw/theatre/scene.ts';

/** A cell's text, found in a link. */
export interface SharedCell {
  id: string;
  source: string;
}

/** The address of this page with a cell's text in it. */
export function shareLink(id: string, source: string): string {
  const bytes = new TextEncoder().encode(source);
  const text = btoa(String.fromCodePoint(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
  return `${location.origin}${location.pathname}#cell=${id}&code=${text}`;
}

/** The text that the address of this page carries; null when it carries none, or a broken one. */
export function sharedCell(): SharedCell | null {
  const match = /^#cell=([\w-]+)&code=([\w-]+)$/.exec(location.hash);
  if (match === null) return null;
  try {
    const binary = atob(match[2].replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return { id: match[1], source: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return null;
  }
}

/** A moment of a run in a theatre. */
export interface MomentLink {
  /** In ms of the world. */
  at: number;
  seed?: number;
  fault?: FaultScene;
}

/** The address of a moment: `?seed=7&t=1102#cell`, and with what was broken: `&crash=reader&from=1050`. */
export function momentLink(id: string, { at, seed, fault }: MomentLink): string {
  const query = new URLSearchParams(seed === undefined ? {} : { seed: String(seed) });
  query.set('t', String(at));
  if (fault !== undefined) {
    query.set(fault.what, fault.who);
    query.set('from', String(fault.at));
  }
  return `${location.origin}${location.pathname}?${query}#${id}`;
}

/** The moment that the address of this page leads to in the run of this cell; null when it leads to none. */
export function linkedMoment(id: string): MomentLink | null {
  const query = new URLSearchParams(location.search);
  const numberOf = (name: string) => (/^\d{1,12}$/.test(query.get(name) ?? '') ? Number(query.get(name)) : undefined);
  const at = numberOf('t');
  if (location.hash !== `#${id}` || at === undefined) return null;
  const what = (['crash', 'freeze', 'drop'] as const).find((one) => query.has(one));
  const from = numberOf('from');
  const fault = what === undefined || from === undefined ? undefined : { what, who: query.get(what) ?? '', at: from };
  return { at, seed: numberOf('seed'), fault };
}
