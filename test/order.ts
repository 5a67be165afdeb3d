// In which order vitest starts the files of a project: those that last longest first, so that none
// of them runs alone at the end while the other workers have nothing left. The rest follow as
// vitest orders them. Only the order depends on this list, so that it need not be exact.

import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const ROOT = join(import.meta.dirname, '..');

/** Files of half a minute and more, of both projects: the longest first. */
const LONG: readonly string[] = [
  'test/packages/deb.test.ts',
  'test/scenarios/demo.test.ts',
  'test/scenarios/roaming.test.ts',
  'test/scenarios/trouble.test.ts',
  'test/scenarios/running.test.ts',
  'test/scenarios/strangers.test.ts',
  'test/scenarios/nat.test.ts',
  'test/scenarios/lan.test.ts',
  'test/scenarios/wrong-fold.test.ts',
  'test/work/vms/driver.test.ts',
  'test/work/vms/mesh.test.ts',
  'test/work/vms/recover.test.ts',
  'test/work/jobs/docker.test.ts',
  'test/work/jobs/podman.test.ts',
  'test/genesis/tickets.test.ts',
  'test/genesis/lobby.test.ts',
  'test/daemon/restored.test.ts',
  'test/daemon/returning.test.ts',
  'test/genesis/crash.test.ts',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    for (const file of LONG) {
      if (!existsSync(join(ROOT, file))) throw new Error(`test/order.ts: there is no ${file}`);
    }
    const placeOf = ({ moduleId }: TestSpecification): number => {
      const place = LONG.indexOf(relative(ROOT, moduleId));
      return place === -1 ? LONG.length : place;
    };
    // oxlint-disable-next-line unicorn/no-array-sort -- vitest's own, which is no array's
    const ordered = await super.sort(files);
    return ordered.toSorted((one, other) => placeOf(one) - placeOf(other));
  }
}
