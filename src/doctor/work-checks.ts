// What the doctor looks at for work: whether this machine has something to run jobs and virtual
// machines with, by the daemon's own probes where one runs. None of it is needed for a mesh.
// Spec: docs/daemon.md, "Work".

import { askDaemon } from '../daemon/client.ts';
import type { DriverFacts } from '../daemon/hosting-routes.ts';
import type { Status } from '../daemon/routes.ts';
import { findTool } from '../os/tools.ts';
import type { Kind } from '../../work/spec.ts';
import { type Finding, ok, warning } from './check.ts';

interface KindFacts {
  readonly called: string;
  readonly tools: readonly string[];
  readonly todo: string;
}

const KINDS: Readonly<Record<Kind, KindFacts>> = {
  job: {
    called: 'jobs',
    tools: ['podman', 'docker', 'bwrap'],
    todo:
      'install podman and switch on its socket (`systemctl enable --now podman.socket`), or ' +
      'Docker; a machine that takes no jobs needs neither',
  },
  vm: {
    called: 'virtual machines',
    tools: ['qemu-system-x86_64'],
    todo:
      'install QEMU (Debian: qemu-system-x86, qemu-utils); a machine that takes no virtual ' +
      'machines needs none',
  },
};

/** What the daemon has found to run work with; null where none is there to be asked. */
export async function driversOf(
  folder: string,
  status: Status | null,
): Promise<readonly DriverFacts[] | null> {
  if (status?.state !== 'running') return null;
  const { phase, drivers } = await askDaemon(folder, 'workReady', undefined);
  return phase === 'off' ? null : drivers;
}

export function workCheck(kind: Kind, drivers: readonly DriverFacts[] | null): Finding {
  const { called, tools, todo } = KINDS[kind];
  if (drivers === null) {
    const found = tools.filter((tool) => findTool(tool) !== null);
    if (found.length === 0) return warning(`nothing to run ${called} with`, todo);
    return ok(`${found.join(', ')}: whether it works, the daemon finds out`);
  }
  const ours = drivers.filter((driver) => driver.kind === kind);
  const [best] = ours.filter(({ usable }) => usable === true);
  if (best === undefined) {
    const why = ours.map(({ name, what }) => `${name}: ${what === '' ? 'not asked yet' : what}`);
    return warning(`nothing to run ${called} with (${why.join('; ')})`, todo);
  }
  const said = `${best.what}${agoText(best.checkedAgoMs)}`;
  if (best.weaker === null) return ok(said);
  return warning(`${said}; it keeps less apart: ${best.weaker}`, todo);
}

function agoText(ms: number | null): string {
  if (ms === null) return '';
  const minutes = Math.floor(ms / 60_000);
  return minutes < 1 ? ', looked at just now' : `, looked at ${minutes} min ago`;
}
