// What keeps a daemon from being replaced under the work of its host at this moment, in words for
// people. Nothing of it is changed by looking. Spec: docs/running.md, "The shell".

import type { Readiness } from '../daemon/hosting-routes.ts';

/** Each a reason of its own; none: it can be replaced now. */
export function holdsOf({ phase, why, works, drivers }: Readiness): readonly string[] {
  const usable = new Map(drivers.map((driver) => [driver.name, driver]));
  const silent = new Set(
    works.flatMap(({ driver }) =>
      driver !== null && usable.get(driver)?.usable !== true ? [driver] : [],
    ),
  );
  return [
    ...(phase === 'recovering' ? ['it has just come up, and still looks for its work'] : []),
    ...(phase !== 'off' && why !== null ? [why] : []),
    // The next one would wait for it, and take nothing until then.
    ...[...silent].map((name) => `${name} does not answer, and has work in its hands`),
    ...works
      .filter(({ moving }) => moving)
      .map(({ id, name, stage }) => `${name} (${id}) is ${stage}`),
  ];
}

/** Whether waiting is all that there is to do about it. */
export function passes({ works, phase, ...readiness }: Readiness): boolean {
  const resting = works.map((work) => ({ ...work, moving: false }));
  const later = phase === 'recovering' ? 'open' : phase;
  return holdsOf({ ...readiness, phase: later, works: resting }).length === 0;
}
