/** The names that come more than once, found in one pass: a request may name a million things, and comparing each with all others takes hours. */
export function namedTwice(names: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(names.filter((name) => seen.has(name) || !seen.add(name)));
}
