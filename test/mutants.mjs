// `npm run mutants [-- TEXT...]`: breaks the fold, the verifier and the host in every way of
// mutations/ (or in those whose rule or file contains TEXT), one at a time and in a copy of the
// tree, and shows which test notices. Exits with 1 where one is not noticed, or where its text is
// not found.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FOLD } from './mutations/fold.mjs';
import { HOST } from './mutations/host.mjs';
import { VERIFIER } from './mutations/verifier.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const COPIED = [
  'proto',
  'ledger',
  'pairing',
  'beat',
  'wg',
  'work',
  'place',
  'src',
  'test',
  'fixtures',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
];
const named = (names) => names.map((name) => `test/ledger/${name}.test.ts`);
// The quick ones first: what they notice need not wait for the others.
const LEDGER = [
  [
    ...named(['vectors', 'rules', 'histories', 'found', 'standing', 'redeeming', 'capabilities']),
    ...named(['recovery', 'proofs', 'elsewhere', 'shape', 'decoding']),
    'test/proto/ed25519.test.ts',
    'test/proto/bytes.test.ts',
    'test/proto/json.test.ts',
  ],
  named(['tiny-quotas', 'quotas', 'properties', 'flips']),
];
const WORK = [
  ['host', 'restarts', 'requests', 'recovery', 'documents'].map(
    (name) => `test/work/${name}.test.ts`,
  ),
  ['test/work/race.test.ts', 'test/work/owner-sim.test.ts'],
];

const asked = process.argv.slice(2);
const all = [
  ...[...VERIFIER, ...FOLD].map((mutant) => ({ ...mutant, stages: LEDGER })),
  ...HOST.map((mutant) => ({ ...mutant, stages: WORK })),
];
const chosen = all.filter(
  ({ rule, file }) =>
    asked.length === 0 || asked.some((text) => rule.includes(text) || file.includes(text)),
);
const copy = mkdtempSync(join(tmpdir(), 'kith-mutants-'));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
for (const name of COPIED) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));

for (const stages of new Set(chosen.map((mutant) => mutant.stages))) {
  const sound = noticedBy(stages);
  if (sound === null) continue;
  console.error(`without any mutant this fails already: ${sound}`);
  process.exit(2);
}
let survived = 0;
for (const { rule, file, from, to, stages } of chosen) {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  const places = text.split(from).length - 1;
  let said;
  if (places !== 1) said = `ERROR     its text stands ${places} times in ${file}`;
  else {
    writeFileSync(
      path,
      text.replace(from, () => to),
    );
    const by = noticedBy(stages);
    writeFileSync(path, text);
    said = by === null ? `SURVIVED  ${file}` : `killed    by: ${by}`;
  }
  if (!said.startsWith('killed')) survived += 1;
  console.log(`${said.slice(0, 10)}${rule}\n          ${said.slice(10)}`);
}
console.log(`${chosen.length - survived} of ${chosen.length} mutants killed`);
process.exit(survived === 0 ? 0 : 1);

/** The first test that fails in the copy, or null. */
function noticedBy(stages) {
  for (const files of stages) {
    const by = firstFailure(files);
    if (by !== null) return by;
  }
  return null;
}

function firstFailure(files) {
  const report = join(copy, 'report.json');
  rmSync(report, { force: true });
  const run = spawnSync(
    join(copy, 'node_modules/.bin/vitest'),
    ['run', ...files, '--bail', '1', '--reporter', 'json', '--outputFile', report],
    { cwd: copy, encoding: 'utf8', timeout: 120_000, env: { ...process.env, KITH_RUNS: '60' } },
  );
  if (run.status === 0) return null;
  try {
    const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
    const tests = testResults.flatMap((file) => file.assertionResults);
    const failed = tests.find(({ status }) => status === 'failed');
    if (failed !== undefined) return failed.fullName;
    const broken = testResults.find(({ status }) => status === 'failed');
    return broken === undefined ? 'a test that did not end' : `${broken.name}: it does not load`;
  } catch {
    return 'a test that did not end';
  }
}
