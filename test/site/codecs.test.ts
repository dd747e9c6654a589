/** The codecs of the page: a text of its own, which the kernel takes in when a cell needs it. */
import { beforeAll, expect, test } from 'vitest';
import { MalformedBytes } from '../../lib/bytes/reader.ts';
import { CodecUnavailable } from '../../lib/world/errors.ts';
import { bundleCodecs, bundleKernel } from '../../site/kernel/bundle.ts';
import { loadCodecs, portableCodecs as onPage } from '../../site/kernel/codecs.ts';
import { byJava, ledger } from '../codecs/sample.ts';

let text = '';

beforeAll(async () => {
  text = (await bundleCodecs()).codecsText;
});

test('before they are loaded, the error says how to have them loaded', async () => {
  await expect(onPage.prepare('gzip')).rejects.toThrow(CodecUnavailable);
  await expect(onPage.prepare('gzip')).rejects.toThrow("write 'gzip', 'snappy', 'lz4' or 'zstd' in the cell");
});

test('once loaded, they read what Java packed with any codec', () => {
  loadCodecs(text);
  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    expect(onPage.decompress(codec, byJava[codec], 1000), codec).toEqual(ledger);
  }
});

test('they write all but zstd, and their errors are of the classes that the kernel knows', async () => {
  loadCodecs(text);
  for (const codec of ['gzip', 'snappy', 'lz4'] as const) {
    await onPage.prepare(codec);
    expect(onPage.decompress(codec, onPage.compress(codec, ledger), 1000), codec).toEqual(ledger);
    expect(() => onPage.decompress(codec, ledger, 1000), codec).toThrow(MalformedBytes);
  }
  await expect(onPage.prepare('zstd')).rejects.toThrow(CodecUnavailable);
});

test('the kernel itself carries neither them nor what schemas say about their fields', async () => {
  const { workerText } = await bundleKernel();
  expect(workerText).not.toContain('the weights of a Huffman table');
  expect(text).toContain('the weights of a Huffman table');
  expect(workerText).not.toContain('The topics that the member wants');
});
