/** What `npm run class` answers to wishes that it cannot meet, before it builds or serves anything. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

test.each([
  [['--host', '203.0.113.9'], /This machine has no address 203\.0\.113\.9\. It has: /],
  [['--port', '80800'], /80800 is no port\.\nUsage: npm run class/],
  [['--bind', 'all'], /Usage: npm run class/],
])('%j is refused', (parameters, says) => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'site/tools/class.mjs'), ...parameters], {
    encoding: 'utf8',
  });
  expect(stderr).toMatch(says);
  expect(status).toBe(1);
});
