/** Where the encoder of zstd comes from. */
import { expect, test } from 'vitest';
import { findZstd, nodeCodecs } from '../../lib/node/codecs.ts';
import { CodecUnavailable } from '../../lib/world/errors.ts';

const ledger = new TextEncoder().encode('Ada pays Bob. '.repeat(100));

test('zstd is written after prepare, with what this Node or its packages have', async () => {
  await nodeCodecs.prepare('zstd');
  const packed = nodeCodecs.compress('zstd', ledger);
  expect(packed.length).toBeLessThan(60);
  expect(nodeCodecs.decompress('zstd', packed, ledger.length)).toEqual(ledger);
});

test("Node's own encoder goes before that of the package", async () => {
  const never = () => Promise.reject(new Error('this package should not be asked for'));
  const compress = await findZstd((bytes) => bytes.subarray(0, 1), never);
  expect(compress(Uint8Array.of(7, 8))).toEqual(Uint8Array.of(7));
});

test('without either, the error says what to install, and why the package did not do', async () => {
  const cause = new Error("Cannot find package '@hpcc-js/wasm-zstd'");
  const error = await findZstd(null, () => Promise.reject(cause)).catch((problem) => problem);
  expect(error).toBeInstanceOf(CodecUnavailable);
  expect(error.message).toContain('npm install @hpcc-js/wasm-zstd');
  expect(error.message).toContain('Node 22.15');
  expect(error.cause).toBe(cause);
});
