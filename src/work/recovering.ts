// What still runs after a start of the daemon: every driver is asked, and again until it can say.
// Spec: docs/running.md, "Recovery".

import type { Found } from '../../work/host-state.ts';
import type { Lease } from '../../work/lease.ts';
import type { Tell } from '../daemon/events.ts';
import type { Driver } from './driver.ts';
import type { Drivers } from './drivers.ts';
import type { Folders } from './folders.ts';
import { RECOVER_AGAIN_MS } from './limits.ts';
import type { Runs } from './runs.ts';

export interface Recovering {
  readonly drivers: Drivers;
  readonly folders: Folders;
  readonly runs: Runs;
  readonly tell: Tell;
  readonly isClosed: () => boolean;
  readonly leases: () => Iterable<Lease>;
}

export async function foundBy(parts: Recovering): Promise<readonly Found[]> {
  const all = parts.drivers.probes().map(({ driver }) => foundByOne(parts, driver));
  return (await Promise.all(all)).flat();
}

async function foundByOne(parts: Recovering, driver: Driver): Promise<readonly Found[]> {
  for (let told = ''; !parts.isClosed(); ) {
    // What cannot be asked, and was never asked to run anything, has found nothing.
    if (!drivesNow(parts, driver) && !isNeeded(parts, driver)) return [];
    try {
      return await parts.runs.recover(driver);
    } catch (error) {
      const why = `${driver.name}: ${(error as Error).message}`;
      if (why !== told) parts.tell({ event: 'failed', what: 'looking for work', why });
      told = why;
      await new Promise((resolve) => void setTimeout(resolve, RECOVER_AGAIN_MS));
    }
  }
  return [];
}

function drivesNow({ drivers }: Recovering, driver: Driver): boolean {
  return drivers.probes().some((one) => one.driver === driver && one.probe?.usable === true);
}

/** Some of the work that is known here is in its hands. */
function isNeeded({ folders, leases }: Recovering, { name }: Driver): boolean {
  return [...leases()].some((lease) => folders.driverOf(lease) === name);
}
