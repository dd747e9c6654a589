/**
 * The messages of the wire, as the wire reference shows them: each API with its key, its versions and the fields of its request and its response.
 * All of it comes from the schemas that the broker and the clients of this book read and write by, so nothing here can be out of date; the sentence on
 * top of each message is the head of its file.
 */

import type { AnyApi } from '../../lib/protocol/apis/index.ts';
import { apis } from '../../lib/protocol/apis/index.ts';
import type { Field } from '../../lib/protocol/field.ts';
import { NO_UUID } from '../../lib/protocol/uuid.ts';
import { readSource } from './book.ts';
import { codeAndText } from './entries.ts';
import { escapeHtml } from './outputs.ts';

type AnyField = Field<unknown, never, boolean>;
type Versions = readonly [min: number, max: number];

/** The list of all messages, and then each of them. */
export function messagesHtml(): string {
  const sorted = [...apis.values()].sort((a, b) => a.key - b.key);
  const links = sorted.map(
    (api) => `<li><a href="#${idOf(api)}"><span class="number">${api.key}</span>${api.name}</a></li>`,
  );
  const list = `<nav class="messages" aria-label="Messages"><ul>${links.join('')}</ul></nav>`;
  return `<div class="wire" v-pre>${list}${sorted.map(messageHtml).join('')}</div>\n`;
}

function messageHtml(api: AnyApi): string {
  return [
    `<h3 id="${idOf(api)}"><span class="number">${api.key}</span> ${api.name}</h3>`,
    `<p>${codeAndText(headOf(api))}</p>`,
    `<p class="versions">${versionsText(api)}</p>`,
    `<h4>Request</h4>${fieldsHtml(api.request, api.versions)}`,
    `<h4>Response</h4>${fieldsHtml(api.response, api.versions)}`,
  ].join('\n');
}

export function idOf(api: AnyApi): string {
  return wordsOf(api.name).join('-');
}

/** `ListOffsets` is `list` and `offsets`. */
function wordsOf(name: string): string[] {
  return name.split(/(?=[A-Z])/).map((word) => word.toLowerCase());
}

/** What the file of the schema says about itself, behind its name. */
function headOf(api: AnyApi): string {
  const path = `lib/protocol/apis/${String(api.key).padStart(2, '0')}-${idOf(api)}.ts`;
  const comment = /^\/\*\*(.*?)\*\//s.exec(readSource(path) ?? '');
  if (comment === null) throw new Error(`${path} has no head comment, which the wire reference shows`);
  const text = comment[1].replace(/\n\s*\* ?/g, ' ').trim();
  const sentence = text.startsWith(`${api.name}: `) ? text.slice(api.name.length + 2) : text;
  return sentence[0].toUpperCase() + sentence.slice(1);
}

function versionsText({ versions: [min, max], flexibleSince }: AnyApi): string {
  const versions = min === max ? `Version ${min}` : `Versions ${min} to ${max}`;
  if (flexibleSince > max) return `${versions}, none of them flexible.`;
  return flexibleSince <= min ? `${versions}, flexible.` : `${versions}, flexible from ${flexibleSince}.`;
}

function fieldsHtml(field: AnyField, versions: Versions): string {
  const fields = Object.entries(field.format.fields ?? {});
  if (fields.length === 0) return '<p>No fields.</p>';
  return `<ul class="fields">${fields.map(([name, each]) => fieldHtml(name, each, versions)).join('')}</ul>`;
}

function fieldHtml(name: string, field: AnyField, versions: Versions): string {
  const inner = innermost(field);
  const within: Versions = [Math.max(field.options.since, versions[0]), Math.min(field.options.until, versions[1])];
  const below = inner.format.fields === undefined ? '' : fieldsHtml(inner, within);
  const facts = [typeText(field), ...factsOf(field, versions)].join(', ');
  return `<li><code>${name}</code> <span class="facts">${facts}</span> <span class="about">${codeAndText(field.options.about)}</span>${below}</li>`;
}

/** What an array of arrays holds in the end. */
function innermost(field: AnyField): AnyField {
  return field.format.of === undefined ? field : innermost(field.format.of);
}

function typeText({ format }: AnyField): string {
  return format.of === undefined ? format.type : `array of ${typeText(format.of)}`;
}

/** In which versions, whether it may be null, its tag and its default. */
function factsOf(field: AnyField, versions: Versions): string[] {
  const { nullableSince, tag } = field.options;
  const facts = [];
  const range = rangeText(field, versions);
  if (range !== '') facts.push(range);
  if (nullableSince <= versions[0]) facts.push('may be null');
  else if (nullableSince <= versions[1]) facts.push(`may be null from ${nullableSince}`);
  if (tag !== undefined) facts.push(`tag ${tag}`);
  const value = defaultText(field);
  if (value !== '') facts.push(`default ${value}`);
  return facts;
}

function rangeText({ options: { since, until } }: AnyField, [min, max]: Versions): string {
  if (since > min && until < max) return since === until ? `${since} only` : `${since} to ${until}`;
  if (since > min) return since === max ? `${since} only` : `from ${since}`;
  if (until < max) return until === min ? `${until} only` : `to ${until}`;
  return '';
}

/** The default, where it is another one than nothing at all. */
function defaultText({ absent, format }: AnyField): string {
  if (format.fields !== undefined || absent === NO_UUID) return '';
  if (absent === null) return 'null';
  if (typeof absent === 'number') return absent === 0 ? '' : String(absent).replace('-', '−');
  if (typeof absent === 'string') return absent === '' ? '' : `“${escapeHtml(absent)}”`;
  return absent === true ? 'true' : '';
}
