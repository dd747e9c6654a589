/** The parts of the page's kernel: texts of their own, which it takes in when a cell needs them. */
import { Verdict } from 'course';
import { beforeAll, expect, test } from 'vitest';
import { MalformedBytes } from '../../lib/bytes/reader.ts';
import { CodecUnavailable } from '../../lib/world/errors.ts';
import { bundleKernel, bundlePart } from '../../site/kernel/bundle.ts';
import { portableCodecs as onPage } from '../../site/kernel/codecs.ts';
import { takePart } from '../../site/kernel/parts.ts';
import { byJava, ledger } from '../codecs/sample.ts';

let text = '';

beforeAll(async () => {
  text = (await bundlePart('codecs')).text;
});

test('before they are loaded, the error says how to have them loaded', async () => {
  await expect(onPage.prepare('gzip')).rejects.toThrow(CodecUnavailable);
  await expect(onPage.prepare('gzip')).rejects.toThrow("write 'gzip', 'snappy', 'lz4' or 'zstd' in the cell");
});

test('once loaded, they read what Java packed with any codec', () => {
  takePart('codecs', text);
  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    expect(onPage.decompress(codec, byJava[codec], 1000), codec).toEqual(ledger);
  }
});

test('they write all but zstd, and their errors are of the classes that the kernel knows', async () => {
  takePart('codecs', text);
  for (const codec of ['gzip', 'snappy', 'lz4'] as const) {
    await onPage.prepare(codec);
    expect(onPage.decompress(codec, onPage.compress(codec, ledger), 1000), codec).toEqual(ledger);
    expect(() => onPage.decompress(codec, ledger, 1000), codec).toThrow(MalformedBytes);
  }
  await expect(onPage.prepare('zstd')).rejects.toThrow(CodecUnavailable);
});

test("a chapter's check judges with the library of the kernel", async () => {
  const { text } = await bundlePart('course/00');
  const { judge } = takePart('course/00', text) as unknown as typeof import('course/00');
  const verdict = await judge(90, { onEvent: async () => {}, crashWhen: () => false });
  expect(verdict).toBeInstanceOf(Verdict);
  expect(verdict.lines).toContain('came: 0, not on the card');
});

test('the kernel itself carries no codecs, no checks, and nothing of what schemas say about their fields', async () => {
  const { workerText } = await bundleKernel();
  expect(workerText).not.toContain('This order loses');
  expect(workerText).not.toContain('the weights of a Huffman table');
  expect(text).toContain('the weights of a Huffman table');
  expect(workerText).not.toContain('The topics that the member wants');
});
