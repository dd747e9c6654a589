/** The appendices: what is written by hand in them, held against the rows of what people say, the chapters and the library. */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { consumerSettings } from '../../lib/client/consumer/settings.ts';
import { producerSettings } from '../../lib/client/producer/producer.ts';
import { simulate } from '../../lib/index.ts';
import { Errors } from '../../lib/protocol/errors.ts';
import { entriesOf } from '../../site/.vitepress/entries.ts';
import { errorsHtml, idOf as idOfError } from '../../site/.vitepress/errorCodes.ts';
import { termsHtml, termsOf } from '../../site/.vitepress/glossary.ts';
import { Places } from '../../site/.vitepress/places.ts';
import { settingsHtml, settingsOf } from '../../site/.vitepress/settings.ts';
import { thingsHtml, thingsOf } from '../../site/.vitepress/things.ts';
import { rows } from '../truth/rows/index.ts';

const folder = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const pageOf = (name: string) => readFileSync(folder(`site/${name}.md`), 'utf8');
/** What stands in the fences of this kind, by their names. */
const fences = (page: string, kind: string) =>
  [...pageOf(page).matchAll(new RegExp(`^\`\`\`${kind} ?(\\w*)\\n(.*?)^\`\`\``, 'gms'))].map(([, name, text]) => ({
    name,
    text,
  }));

const places = new Places();
const chapters = readdirSync(folder('chapters')).filter((file) => /^\w\d?-.+\.md$/.test(file));
const SENTENCES = /^([A-Z0-9`]|librdkafka |kafkajs |franz-go |kafka-python,).*[.?)]$/;

describe('things people say', () => {
  const text = fences('things-people-say', 'things')
    .map((fence) => fence.text)
    .join('\n');
  const things = thingsOf(text, places);

  it('are about every row once, opinions and questions left out', () => {
    const claims = rows.filter(({ verdict }) => verdict !== 'OPINION' && verdict !== 'QUESTION').map(({ id }) => id);
    expect(things.flatMap((thing) => thing.rows).sort()).toEqual(claims.sort());
  });

  it('lead to a cell that shows what is to be thought of them, where the chapter is written and they do not simply hold', () => {
    const silent = things.filter(
      ({ verdict, chapter, cells }) => verdict !== 'TRUE' && places.has(chapter) && cells.length === 0,
    );
    expect(silent.map(({ id }) => id)).toEqual([]);
  });

  it('are sentences, each under an address of its own', () => {
    for (const { id, said, truth } of things) for (const one of [said, truth]) expect(one, id).toMatch(SENTENCES);
    expect(new Set(things.map(({ id }) => id)).size).toBe(things.length);
  });

  it('are shown with verdict and link', () => {
    const html = thingsHtml('one-key | C-05 | 02#more\nOne key, one `partition`.\nWhile their number stays.\n');
    expect(html).toContain('<h3 id="one-key"><a href="#one-key">One key, one <code>partition</code>.</a></h3>');
    expect(html).toContain('<strong class="verdict cond">With a condition.</strong> While their number stays.');
    expect(html).toMatch(/<a href="\.\/02-[a-z-]+#more">Chapter 02, cell \d+<\/a>/);
    expect(() => thingsHtml('a | C-05 | 02#nowhere\nA.\nB.')).toThrow('a leads to 02#nowhere');
    expect(() => thingsHtml('a | C-04 C-05 | 02#more\nA.\nB.')).toThrow('of one verdict');
  });
});

describe('the glossary', () => {
  const [{ text }] = fences('glossary', 'terms');
  const terms = termsOf(text);

  it('explains what the chapters use, in the order of the alphabet', () => {
    expect(termsHtml(text).match(/<a href="\.\/\w\d?-/g)).toHaveLength(terms.length);
    const words = terms.map(({ term }) => term.replace(/[`_]/g, '').toLowerCase());
    expect(words).toEqual([...words].sort());
    for (const { term, meaning } of terms) expect(meaning, term).toMatch(SENTENCES);
  });

  it('has every word that a chapter introduces', () => {
    const introduced = chapters.flatMap((file) => {
      const prose = readFileSync(folder(`chapters/${file}`), 'utf8').replace(/^```.*?^```/gms, '');
      return [...prose.matchAll(/\b(?:is|are) called (?:to |an? |the )?([a-z][a-z0-9 ]*?)[.,:;]/g)].map(
        ([, word]) => word,
      );
    });
    expect(introduced).toContain('tombstone');
    const missing = introduced.filter((word) => !terms.some(({ pattern }) => pattern.test(word)));
    expect(missing.filter((word) => !NO_TERMS.some((other) => word.startsWith(other)))).toEqual([]);
  });

  /** How sentences go on in which something is called by a program. */
  const NO_TERMS = ['when', 'with', 'like', 'while', 'for', 'once', 'again', 'last', 'in', 'by'];
});

describe('the settings', () => {
  const bare = (text: string) => text.replace(/[`',]/g, '');
  const namesOf = (whose: string) => [...settingsOf('client'), ...settingsOf(whose)].map(({ name }) => name);

  it.each([
    ['consumer', consumerSettings({ groupId: 'bank' })],
    ['producer', producerSettings({})],
  ] as const)('of a %s are those that it has, with their defaults', (whose, complete) => {
    const known = complete as Record<string, unknown>;
    expect(namesOf(whose).sort()).toEqual(Object.keys(known).sort());
    for (const { name, default: value } of [...settingsOf('client'), ...settingsOf(whose)]) {
      if (typeof known[name] === 'number')
        expect(bare(value), name).toBe(name === 'acks' ? 'all' : String(known[name]));
      if (typeof known[name] === 'boolean') expect(value, name).toBe(String(known[name]));
      if (typeof known[name] === 'string' && name !== 'groupId') expect(bare(value), name).toBe(known[name]);
    }
  });

  it('of an admin client are those that it has', async () => {
    const kafka = await simulate();
    const wrong: object = { wrong: 1 };
    expect(() => kafka.admin(wrong)).toThrow(`it has ${namesOf('admin').sort().join(', ')}`);
    await kafka.close();
  });

  it('have sentences, and notes only about what there is', () => {
    const all = fences('settings', 'settings');
    expect(all.map(({ name }) => name)).toEqual(['client', 'consumer', 'producer', 'admin', 'topic', 'broker']);
    for (const { name, text } of all) {
      expect(settingsHtml(text, name).match(/<h3 /g)).toHaveLength(settingsOf(name).length);
      for (const { name: setting, about } of settingsOf(name)) expect(about, setting).toMatch(SENTENCES);
      for (const { head, lines } of entriesOf(text)) expect(lines.join(' '), head[0]).toMatch(SENTENCES);
    }
    expect(() => settingsHtml('nothing\nA note.', 'consumer')).toThrow('A consumer has no setting nothing');
  });

  it('have Kafka’s names beside ours, and lead to where a chapter uses them', () => {
    const html = settingsHtml('', 'consumer');
    expect(html).toContain(
      '<a href="#consumer-session-timeout-ms"><code>sessionTimeoutMs</code></a> ' +
        '<span class="facts"><code>session.timeout.ms</code>, default 45,000</span></h3>',
    );
    expect(html).toMatch(/href="\.\/12-rebalances#a-member-with-a-name"/);
  });
});

describe('the error codes', () => {
  const [{ text }] = fences('errors', 'errors');

  it('are all there, with what is done about those that the clients of this book treat in a way of their own', () => {
    const html = errorsHtml(text);
    for (const { code, name } of Object.values(Errors)) {
      expect(html).toContain(
        `<a href="#${idOfError(name)}"><span class="number">${String(code).replace('-', '−')}</span>`,
      );
    }
    const told = entriesOf(text).map(({ head }) => head[0]);
    const treated = filesBelow('lib/client').flatMap((file) => [
      ...readFileSync(file, 'utf8').matchAll(/\bErrors\.([A-Z_]+)/g),
    ]);
    expect(
      [...new Set(treated.map(([, name]) => name))].filter((name) => name !== 'NONE' && !told.includes(name)),
    ).toEqual([]);
    for (const { head, lines } of entriesOf(text)) expect(lines.join(' '), head[0]).toMatch(SENTENCES);
  });

  it('lead to the chapter that meets them', () => {
    expect(errorsHtml('')).toMatch(/<h2 id="inconsistent-group-protocol">.*?<a href="\.\/10-the-group-leader#vote">/);
    expect(() => errorsHtml('NO_SUCH_ERROR\nNothing.')).toThrow('There is no error NO_SUCH_ERROR');
  });
});

function filesBelow(path: string): string[] {
  const all = readdirSync(folder(path), { recursive: true, encoding: 'utf8' });
  return all.filter((file) => file.endsWith('.ts')).map((file) => folder(`${path}/${file}`));
}
