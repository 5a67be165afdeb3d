// What keeps a daemon from being replaced: each reason by itself, and which of them pass.

import { expect, test } from 'vitest';
import { holdsOf, passes } from '../../src/cli/holding.ts';
import type { DriverFacts, Readiness, ReadyWork } from '../../src/daemon/hosting-routes.ts';

const PODMAN: DriverFacts = {
  ...{ name: 'podman', kind: 'job', usable: true, what: 'podman 4.3.1', weaker: null },
  checkedAgoMs: 5,
};
const FILMS: ReadyWork = {
  ...{ id: '01JE2HZ6Q3M8Y5T0V7A4Z00004', generation: 1, name: 'films', stage: 'running' },
  ...{ moving: false, startedAt: 1, restarts: 0, driver: 'podman' },
};
const CALM: Readiness = {
  ...{ phase: 'open', why: null, held: 1, running: 1, moving: 0, completed: 0, failed: 0 },
  ...{ drivers: [PODMAN], works: [FILMS] },
};
const MOVING: Readiness = { ...CALM, works: [{ ...FILMS, stage: 'preparing', moving: true }] };

test.each<[string, Readiness, readonly RegExp[], boolean]>([
  ['nothing', CALM, [], true],
  ['a host that is no node yet', { ...CALM, phase: 'off', why: 'no node', works: [] }, [], true],
  ['what moves', MOVING, [/^films \(01JE2\w+\) is preparing$/], true],
  ['a host that looks for its work', { ...CALM, phase: 'recovering' }, [/just come up/], true],
  ['a journal', { ...CALM, why: 'its journal cannot be written' }, [/journal/], false],
  [
    'a driver that is silent and has work, named once',
    { ...CALM, drivers: [{ ...PODMAN, usable: false }], works: [FILMS, FILMS] },
    [/^podman does not answer, and has work/],
    false,
  ],
  [
    'no driver that has nothing',
    { ...CALM, drivers: [{ ...PODMAN, usable: null }], works: [{ ...FILMS, driver: null }] },
    [],
    true,
  ],
])('held up by %s', (_, readiness, why, waits) => {
  expect(holdsOf(readiness)).toEqual(why.map((said) => expect.stringMatching(said)));
  expect(passes(readiness)).toBe(waits);
});
