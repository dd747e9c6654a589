/**
 * Our schemas beside those of Apache Kafka: its jar carries the definitions from which its own classes are generated. Compared is, for each
 * version that both know, which fields there are, in which order, of which type, which may be null, and which are tagged.
 */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type AnyApi, apis } from '../../lib/protocol/apis/index.ts';
import type { Field } from '../../lib/protocol/schema.ts';
import { cacheFolder, kafkaVersion } from './jars.mjs';
import { textsIn } from './zip.ts';

interface TheirField {
  readonly name: string;
  readonly type: string;
  readonly versions: string;
  readonly nullableVersions?: string;
  readonly taggedVersions?: string;
  readonly tag?: number;
  readonly fields?: readonly TheirField[];
}

interface TheirMessage {
  readonly name: string;
  readonly validVersions: string;
  readonly flexibleVersions: string;
  readonly fields: readonly TheirField[];
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly TheirField[] }[];
}

const definitions = new Map<string, TheirMessage>();
const jar = join(cacheFolder, 'libs', `kafka-clients-${kafkaVersion}.jar`);
for (const text of textsIn(jar, /^common\/message\/\w+\.json$/).values()) {
  const message = JSON.parse(text.replace(/^\s*\/\/.*$/gm, '').replace(/\s\/\/ .*$/gm, '')) as TheirMessage;
  definitions.set(message.name, message);
}

function within(version: number, range: string | undefined): boolean {
  if (range === undefined || range === 'none') return false;
  const [from, to] = range.endsWith('+') ? [range.slice(0, -1), 'Infinity'] : range.split('-');
  return version >= Number(from) && version <= Number(to ?? from);
}

/** One line a field, in the order of the wire: `topics: array of struct, may be null`. Fields below are indented. */
function theirs(message: TheirMessage, fields: readonly TheirField[], version: number, indent = ''): string[] {
  const lines: [tag: number, line: string[]][] = [];
  for (const field of fields.filter(({ versions }) => within(version, versions))) {
    const array = field.type.startsWith('[]');
    const element = array ? field.type.slice(2) : field.type;
    const struct = field.fields ?? message.commonStructs?.find(({ name }) => name === element)?.fields;
    const tagged = within(version, field.taggedVersions);
    const nullable = within(version, field.nullableVersions) && element !== 'records';
    const type = `${array ? 'array of ' : ''}${struct ? 'struct' : element}`;
    lines.push([
      tagged ? Number(field.tag) : -1,
      [
        line(indent, field.name, type, nullable, tagged, field.tag),
        ...(struct ? theirs(message, struct, version, `${indent}  `) : []),
      ],
    ]);
  }
  return lines.sort(([a], [b]) => a - b).flatMap(([, text]) => text);
}

type OurFields = { readonly [name: string]: Field<unknown, never, boolean> };

function ours(fields: OurFields, version: number, indent = ''): string[] {
  const lines: [tag: number, line: string[]][] = [];
  for (const [name, field] of Object.entries(fields).filter(([, field]) => field.exists(version))) {
    const { type, of } = field.format;
    const element = of?.format ?? field.format;
    const { tag, nullableSince } = field.options;
    const text = `${type === 'array' ? 'array of ' : ''}${element.type}`;
    lines.push([
      tag ?? -1,
      [
        line(indent, name, text, version >= nullableSince && type !== 'records', tag !== undefined, tag),
        ...(element.fields ? ours(element.fields, version, `${indent}  `) : []),
      ],
    ]);
  }
  return lines.sort(([a], [b]) => a - b).flatMap(([, text]) => text);
}

function line(indent: string, name: string, type: string, nullable: boolean, tagged: boolean, tag = -1): string {
  const camelCase = name[0].toLowerCase() + name.slice(1);
  return `${indent}${camelCase}: ${type}${nullable ? ', may be null' : ''}${tagged ? `, tag ${tag}` : ''}`;
}

describe.each([...apis.values()].map((api) => [api.name, api] as const))('%s', (name, api: AnyApi) => {
  for (const kind of ['Request', 'Response'] as const) {
    const definition = definitions.get(name + kind) as TheirMessage;
    const field = kind === 'Request' ? api.request : api.response;
    for (let version = api.versions[0]; version <= api.versions[1]; version++) {
      if (!within(version, definition.validVersions)) continue;
      test(`${kind} ${version} is laid out as Apache Kafka's`, () => {
        expect(within(version, definition.flexibleVersions)).toBe(version >= api.flexibleSince);
        expect(ours(field.format.fields as OurFields, version)).toEqual(theirs(definition, definition.fields, version));
      });
    }
  }
});
