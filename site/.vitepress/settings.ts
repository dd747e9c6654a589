/**
 * The settings of clients and brokers. Names, defaults and sentences are read out of the library: those of clients stand in the comments of their types, those of brokers and topics in the
 * list that the broker checks by. What other clients do differently stands in the page, by the name of the setting.
 */

import type { PropertyName } from '../../lib/broker/config.ts';
import { isDynamic, properties, topicProperties } from '../../lib/broker/config.ts';
import { MAX_INT, MAX_LONG } from '../../lib/broker/property.ts';
import { readSource } from './book.ts';
import { codeAndText, entriesOf, itemHtml, listHtml } from './entries.ts';
import type { Place } from './places.ts';
import { linkHtml, Places } from './places.ts';

export interface Setting {
  /** As it is written in a program: `sessionTimeoutMs`. For brokers and topics Kafka's own name. */
  readonly name: string;
  /** Kafka's own name: `session.timeout.ms`. */
  readonly kafkaName: string;
  /** As it is shown. */
  readonly default: string;
  readonly about: string;
}

/** The type of each client's settings, and the file in which it stands. */
const TYPES: Record<string, { readonly file: string; readonly type: string }> = {
  client: { file: 'lib/client/settings.ts', type: 'CommonSettings' },
  consumer: { file: 'lib/client/consumer/settings.ts', type: 'ConsumerSettings' },
  producer: { file: 'lib/client/producer/producer.ts', type: 'ProducerSettings' },
  admin: { file: 'lib/client/admin/api.ts', type: 'AdminSettings' },
};

/** Kafka's names that do not follow from ours, which have the unit last. */
const NAMES: Record<string, string> = {
  batchSizeBytes: 'batch.size',
  maxRequestSizeBytes: 'max.request.size',
  bufferMemoryBytes: 'buffer.memory',
};

/** What a client's settings are, or those of `broker` and `topic`. Throws a `RangeError` for another name. */
export function settingsOf(whose: string): Setting[] {
  if (whose === 'broker') return Object.keys(properties).map((name) => ofBroker(name as PropertyName));
  if (whose === 'topic') return Object.keys(topicProperties).map((name) => ofTopic(name));
  if (!Object.hasOwn(TYPES, whose)) throw new RangeError(`There are no settings of a ${whose}`);
  const { file, type } = TYPES[whose];
  const body = new RegExp(`export interface ${type}\\b.*?\\{\n(.*?)\n\\}`, 's').exec(readSource(file) ?? '')?.[1] ?? '';
  const fields = [...body.matchAll(/\/\*\*(.*?)\*\/\s*readonly (\w+)\?:/gs)];
  if (fields.length === 0) throw new RangeError(`${file} has no ${type} whose fields have comments`);
  return fields.map(([, comment, name]) => ofClient(name, comment.replace(/\n\s*\* ?/g, ' ').trim()));
}

/** The list of them. `notes` are entries with what else there is to say of some. */
export function settingsHtml(notes: string, whose: string): string {
  const settings = settingsOf(whose);
  const told = new Map(entriesOf(notes).map(({ head, lines }) => [head[0], lines.join(' ')]));
  const unknown = [...told.keys()].find((name) => settings.every((setting) => setting.name !== name));
  if (unknown !== undefined) throw new RangeError(`A ${whose} has no setting ${unknown}`);
  const places = new Places();
  return listHtml(
    'settings',
    settings.map((setting) => settingHtml(whose, setting, told.get(setting.name) ?? '', places)),
  );
}

function settingHtml(whose: string, setting: Setting, note: string, places: Places): string {
  const { name, kafkaName, about } = setting;
  const other = kafkaName === name ? [] : [`<code>${kafkaName}</code>`];
  const facts = [...other, `default ${codeAndText(setting.default)}`].join(', ');
  const place = placeOf(setting, places);
  const link = place === undefined ? '' : ` <span class="seen">${linkHtml(place)}.</span>`;
  const texts = note === '' ? [codeAndText(about) + link] : [codeAndText(about), codeAndText(note) + link];
  return itemHtml(3, idOf(whose, name), `<code>${name}</code>`, texts, facts);
}

/** Where a chapter uses it, under one of its names. */
function placeOf({ name, kafkaName }: Setting, places: Places): Place | undefined {
  const [ours, theirs] = [name, kafkaName].map((text) => text.replaceAll('.', '\\.'));
  return places.first(new RegExp(`(?<![\\w.])(?:${ours}|${theirs})(?![\\w.]*\\w)`));
}

/** `session.timeout.ms` and `sessionTimeoutMs` of a consumer are `consumer-session-timeout-ms`. */
export function idOf(whose: string, name: string): string {
  return `${whose}-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll('.', '-')}`;
}

function ofClient(name: string, comment: string): Setting {
  const value = /\bDefault:? ([^.:]+?)(?= with |, which|, else|[.:])/.exec(comment)?.[1];
  return {
    name,
    kafkaName: NAMES[name] ?? name.replace(/[A-Z]/g, (letter) => `.${letter.toLowerCase()}`),
    default: grouped(value?.replace(/(?<=\d) (?=\d)/g, '') ?? 'none'),
    about: comment.replace(new RegExp(`\\bDefault:? ${escaped(value ?? '')}\\.`), '').trim(),
  };
}

function ofBroker(name: PropertyName): Setting {
  const { default: value, about } = properties[name];
  const changes = isDynamic(name) ? ' It can be changed while the broker runs.' : '';
  return { name, kafkaName: name, default: shown(value), about: about + changes };
}

function ofTopic(name: string): Setting {
  const property = Object.entries(topicProperties).find(([known]) => known === name)?.[1] ?? 'num.partitions';
  return { ...ofBroker(property), name, kafkaName: name, about: properties[property].about };
}

function shown(value: boolean | number | string): string {
  if (value === MAX_INT || value === MAX_LONG) return 'no limit';
  return typeof value === 'number' ? grouped(String(value)).replace('-', '−') : `\`${value}\``;
}

/** Commas between groups of three digits. */
function grouped(text: string): string {
  return text.replace(/\d{4,}/g, (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ','));
}

function escaped(text: string): string {
  return text.replace(/[()[\]`'.]/g, '\\$&');
}
