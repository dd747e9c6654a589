/** Links that carry the text of a cell. The text stands after the `#`, so no server ever sees it. */

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
