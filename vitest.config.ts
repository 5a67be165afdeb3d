// Every test of the repository runs with `npx vitest run`, or a folder of them by its path; one
// project with `--project suites`, `--project programs` or `--project laboratory`.

import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/order.ts';

/** What is proved of the code itself: a failure is a failure, however seldom. */
const SUITES = ['test/**/*.test.ts'];
/** Of real programs that wait for each other: kith, engines of containers, guests, a terminal. */
const PROGRAMS = [
  'test/{boot,cli,daemon,genesis,lobby,packages,peer}/**/*.test.ts',
  'test/tui/sessions/**/*.test.ts',
  'test/work/{jobs,vms}/**/*.test.ts',
];
const LABORATORY = ['test/lab/**/*.test.ts', 'test/scenarios/**/*.test.ts'];

const BESIDE = {
  // By itself vitest leaves one core free, of two: many tests wait for processes, engines and
  // guests, so that one more than there are cores keeps all of them busy.
  maxWorkers: availableParallelism() + 1,
  // For a test that hangs. None measures time, and many start processes on a machine that is busy
  // with the other suites.
  testTimeout: 120_000,
  hookTimeout: 120_000,
  // Vitest's own limit for a poll is a second.
  expect: { poll: { timeout: 100_000 } },
};

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'suites',
          include: SUITES,
          exclude: [...PROGRAMS, ...LABORATORY],
          ...BESIDE,
        },
      },
      {
        test: {
          name: 'programs',
          include: PROGRAMS,
          ...BESIDE,
          // Where a core stands still for seconds, one of two programs gives the other up. A second
          // failure is a failure, and `npm test` names each retry at its end.
          retry: 1,
        },
      },
      {
        test: {
          name: 'laboratory',
          include: LABORATORY,
          // Real daemons, and what they do in real time: the limit is for a test that hangs.
          testTimeout: 240_000,
          hookTimeout: 240_000,
          // A scenario waits for timers nine tenths of its time: three networks at once leave two
          // cores idle half of it. Under `npm test` the suites run beside them and give way to them
          // (test/run.mjs); in one run of vitest they come after everything else.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
          // Several daemons and tunnels on a machine that others share: where a core stands still
          // for seconds, it looks like a network that is down. A second failure is a failure, and
          // `npm test` names each retry at its end.
          retry: 1,
        },
      },
    ],
  },
});
