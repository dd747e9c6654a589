/** Finds places in the book. The index is VitePress's own, made with the site and loaded with this file when somebody searches for the first time. */

import localSearchIndex from '@localSearchIndex';
import MiniSearch, { type SearchResult } from 'minisearch';

/** A heading of a page under which the words stand. */
export interface Place {
  link: string;
  heading: string;
  /** The page's title, and the headings above. */
  above: string[];
}

/** More than this nobody reads. */
export const MOST_PLACES = 12;

/** Resolves with the search; rejects when the index cannot be loaded. */
export async function openSearch(): Promise<(words: string) => Place[]> {
  const { default: text } = await localSearchIndex.root();
  const index = MiniSearch.loadJSON<{ title: string; titles: string[] }>(text, {
    fields: ['title', 'titles', 'text'],
    storeFields: ['title', 'titles'],
    searchOptions: { prefix: true, fuzzy: (word) => (word.length > 4 ? 0.2 : false), boost: { title: 4, titles: 2 } },
  });
  return (words) => {
    const all = index.search(words, { combineWith: 'AND' });
    const found = all.length > 0 ? all : index.search(words);
    return found.slice(0, MOST_PLACES).map(placeOf);
  };
}

function placeOf({ id, title, titles }: SearchResult): Place {
  return { link: id, heading: title, above: titles };
}
