// The owner of work of a running daemon: its file, its papers, its way to hosts, and the plan that
// it asks for when work has to go elsewhere. Spec: docs/running.md, "The owner".

import type { Spec } from '../../work/spec.ts';
import { bootMs, monotonicMs } from '../os/clock.ts';
import { realDisk } from '../store/disk.ts';
import { openOwnedFile } from '../work/owned-file.ts';
import { startOwning } from '../work/owning.ts';
import { ownerPapers, penOf } from '../work/papers.ts';
import { overMesh, reachOf } from '../work/reaching.ts';
import type { WorkDesk } from '../peer/work-routes.ts';
import { type OwnWork, planFor } from './on-work.ts';
import type { Daemon } from './running.ts';

export interface OwnWorkParts {
  /** What members are answered by; here by a direct call. */
  readonly desk: Pick<WorkDesk, 'ask' | 'list' | 'receipt'>;
  readonly pin: (spec: Spec) => Promise<Spec>;
  readonly drain: (drained: boolean) => void;
}

/** Before the mesh is raised: what was owned is known again before anybody asks. */
export async function startOwnWork(daemon: Daemon, parts: OwnWorkParts): Promise<OwnWork> {
  const { folder, voice, calendar, tell } = daemon;
  const file = await openOwnedFile(realDisk, folder);
  if (file.lost > 0) {
    const what =
      `${file.lost} ${file.lost === 1 ? 'line' : 'lines'} about work that this node has placed ` +
      'cannot be read: put aside in work/owned/quarantine. Look at what runs: `kith work`';
    tell({ event: 'alarm', what });
  }
  const { publicKey: self, privateKey } = voice;
  const over = overMesh(voice, (member) => daemon.mesh?.addressOf(member) ?? null);
  const reach = reachOf(self, parts.desk, over, monotonicMs);
  const owning = startOwning({
    ...{ self, file, reach, tell, papers: ownerPapers(penOf(privateKey)) },
    plan: (spec, avoid) => planFor(daemon, spec, avoid),
    now: () => ({ monoMs: bootMs(), wallMs: calendar.nowMs() }),
  });
  return { owning, reach, pin: parts.pin, drain: parts.drain };
}
