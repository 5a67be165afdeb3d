// `node test/vectors.mjs FOLDER`: makes golden vectors of today's code in a folder that does not
// exist yet. Those of a version that was published are never made again: they are what old files
// are.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const [folder] = process.argv.slice(2);
if (folder === undefined || existsSync(folder)) {
  console.error('node test/vectors.mjs FOLDER, where FOLDER does not exist yet');
  process.exit(2);
}
const run = spawnSync(
  join(ROOT, 'node_modules/.bin/vitest'),
  ['run', 'test/ledger/vectors.test.ts', '-t', 'are made'],
  { cwd: ROOT, stdio: 'inherit', env: { ...process.env, KITH_VECTORS_OUT: resolve(folder) } },
);
process.exit(run.status ?? 1);
