/** What `npm run class` answers to wishes that it cannot meet, before it builds or serves anything. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

test.each([
  [['--host', '203.0.113.9'], 1, /^This machine has no address 203\.0\.113\.9\. It has: /],
  [['--port', '80800'], 2, /^--port 80800 is not possible: .* from 1 to 65535\nUsage: npm run class/],
  [['--bind', 'all'], 2, /^Unknown option '--bind'.*\nUsage: npm run class/],
])('%j is refused with the exit code %i', (parameters, code, says) => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'site/tools/class.mjs'), ...parameters], {
    encoding: 'utf8',
  });
  expect(stderr).toMatch(says);
  expect(status).toBe(code);
});
