import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { apis } from '../../lib/protocol/apis/index.ts';
import type { Field } from '../../lib/protocol/field.ts';
import { HEADER_BYTES, readBatchHeader } from '../../lib/records/header.ts';
import { idOf, messagesHtml } from '../../site/.vitepress/wire.ts';

type AnyField = Field<unknown, never, boolean>;
const all = [...apis.values()].sort((a, b) => a.key - b.key);
const html = messagesHtml();
const page = readFileSync(fileURLToPath(new URL('../../site/wire.md', import.meta.url)), 'utf8');

/** Every field of a message by its path, those of structs inside too. */
function fieldsOf(path: string, field: AnyField): [path: string, field: AnyField][] {
  if (field.format.of) return fieldsOf(path, field.format.of);
  const inside = Object.entries(field.format.fields ?? {});
  return inside.flatMap(([name, each]) => [[`${path}.${name}`, each], ...fieldsOf(`${path}.${name}`, each)]);
}

const everyField = all.flatMap(({ name, request, response }) => [
  ...fieldsOf(`${name}Request`, request),
  ...fieldsOf(`${name}Response`, response),
]);

/** The part of the page about one message, without tags. */
function sectionOf(name: string): string {
  const [, section] = html.split(new RegExp(`<h3 id="[a-z-]+"><span class="number">\\d+</span> ${name}</h3>`));
  return section
    .split('<h3')[0]
    .replace(/<[^>]+>/g, '')
    .replace(/\s+/g, ' ');
}

describe('the schemas', () => {
  it('say of each field what it is about, in a sentence', () => {
    const silent = everyField.filter(([, { options }]) => !/^\S.{5,}[.?)]$/.test(options.about));
    expect(silent.map(([path, { options }]) => `${path}: ${options.about}`)).toEqual([]);
  });
});

describe('the wire reference', () => {
  it('has every message and every field', () => {
    for (const api of all) expect(html).toContain(`<a href="#${idOf(api)}"><span class="number">${api.key}</span>`);
    expect(html.match(/<h3 id=/g)).toHaveLength(all.length);
    expect(html.match(/<li><code>/g)).toHaveLength(everyField.length);
  });

  it('tells versions, nulls, tags and defaults', () => {
    const produce = sectionOf('Produce');
    expect(produce).toContain('Versions 3 to 11, flexible from 9.');
    expect(produce).toContain('transactionalId string, may be null, default null The transaction');
    expect(produce).toContain('logStartOffset int64, from 5, default −1 The first offset');
    expect(produce).toContain('currentLeader struct, from 10, tag 0 Where to go');
    const metadata = sectionOf('Metadata');
    expect(metadata).toContain('topics array of struct, may be null from 1 ');
    expect(metadata).toContain('includeClusterAuthorizedOperations bool, 8 to 10 ');
    expect(metadata).toContain('replicaNodes array of int32 ');
  });

  it('gives the header of a batch as the library reads it', () => {
    const rows = [...page.matchAll(/^\| (\d+) \| (\d+) \| `(\w+)` \|/gm)].map(([, at, size, name]) => ({
      at: Number(at),
      size: Number(size),
      name,
    }));
    const ends = rows.map(({ at, size }) => at + size);
    expect(rows.map(({ at }) => at)).toEqual([0, ...ends.slice(0, -1)]);
    expect(ends.at(-1)).toBe(HEADER_BYTES);

    const bytes = new Uint8Array(HEADER_BYTES);
    const view = new DataView(bytes.buffer);
    for (const [index, { at, size, name }] of rows.entries()) {
      const value =
        name === 'batchLength' ? HEADER_BYTES - 12 : name === 'magic' ? 2 : name === 'attributes' ? 0 : index + 1;
      if (size === 8) view.setBigInt64(at, BigInt(value));
      else if (size === 4) view.setInt32(at, value);
      else if (size === 2) view.setInt16(at, value);
      else view.setInt8(at, value);
    }
    const read = readBatchHeader(bytes) as unknown as Record<string, unknown>;
    for (const [index, { name }] of rows.entries()) {
      if (name in read && name !== 'magic') expect([name, read[name]]).toEqual([name, index + 1]);
    }
  });
});
