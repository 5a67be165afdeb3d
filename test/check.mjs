// The checks that are no vitest suite, each one command that must end with 0. `npm test` runs them
// in this order, the cheap ones first, and counts each as one test.

import { spawnSync } from 'node:child_process';

export const CHECKS = [
  { name: 'format (biome)', command: ['biome', 'format', '--colors=off', '.'] },
  { name: 'types of what is shipped (tsc)', command: ['tsc', '-p', 'tsconfig.json'] },
  { name: 'types of the pure cores, without Node', command: ['tsc', '-p', 'tsconfig.core.json'] },
  { name: 'types of the tests and benchmarks', command: ['tsc', '-p', 'test/tsconfig.json'] },
  { name: 'lint (oxlint, type-aware)', command: ['oxlint', '--type-aware', '--max-warnings=0'] },
  { name: 'dead code (knip)', command: ['knip', '--no-progress'] },
];

/** Null where the command ended with 0, else all that it said. */
export function runCheck(root, [tool, ...args]) {
  const path = `${root}/node_modules/.bin/${tool}`;
  const run = spawnSync(path, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (run.status === 0) return null;
  return `${run.stdout ?? ''}${run.stderr ?? ''}${run.error ? `${run.error.message}\n` : ''}`;
}
