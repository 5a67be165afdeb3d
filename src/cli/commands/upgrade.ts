// `kith upgrade`: another daemon takes the place of the one that runs, under the work of this host;
// with --check only whether that could be now. The work must not notice: nothing moves when the old
// one stops, and the new one is done when it holds what was held. Spec: docs/running.md, "The
// shell".

import { setTimeout as pause } from 'node:timers/promises';
import { askDaemon, findDaemon, readyDaemon } from '../../daemon/client.ts';
import type { Readiness, ReadyWork } from '../../daemon/hosting-routes.ts';
import { LOOK_AGAIN_MS, SETTLE_MS_MAX, TAKE_UP_MS_MAX } from '../../daemon/limits.ts';
import { DaemonFault } from '../../daemon/refusals.ts';
import type { Status } from '../../daemon/routes.ts';
import { type Place, placeOf, startIn } from '../../os/successor.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { holdsOf, passes } from '../holding.ts';
import { type Printer, plain } from '../print.ts';
import { stop } from '../sentences.ts';
import { stopDaemon } from '../stopping.ts';
import { counted } from '../../../proto/when.ts';
import { ownVersion } from './version.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const daemon = await readyDaemon(call.folder);
  if (daemon === null) throw new DaemonFault('no-daemon');
  return call.flag('check') ? check(call, print, daemon) : upgrade(call, print, daemon);
}

const ready = (folder: string): Promise<Readiness> => askDaemon(folder, 'workReady', undefined);

async function check({ folder }: Call, print: Printer, daemon: Status): Promise<Exit> {
  const found = await ready(folder);
  const held = holdsOf(found);
  const { pid, version } = daemon;
  const now = held.length === 0;
  print.result({ now, pid, version, by: ownVersion(), holds: held, ...found }, () => [
    `kith ${version} (process ${pid}) can${now ? '' : 'not'} be replaced now by ${ownVersion()}`,
    ...held.map((why) => plain(`  ${why}`)),
    found.running === 0
      ? 'no work runs here'
      : `${counted(found.running, 'piece')} of work would go on running`,
  ]);
  return now ? 'ok' : 'not-now';
}

async function upgrade(call: Call, print: Printer, daemon: Status): Promise<Exit> {
  const { folder } = call;
  // Looked at before anything is done: what cannot be started again is not stopped.
  const place = call.flag('no-start') ? null : (placeOf(daemon.pid) ?? stop('upgrade-output'));
  const before = await settled(folder);
  if (before === null) return 'interrupted';
  await stopDaemon(folder, daemon.pid);
  const { status, found } = await next(folder, place, before);
  const { ended, anew } = compared(before.works, found.works);
  const said = {
    ...{ from: { pid: daemon.pid, version: daemon.version } },
    ...{ to: { pid: status.pid, version: status.version } },
    ...{ held: found.held, running: found.running, ended, anew },
  };
  print.result(said, () => [
    `kith ${daemon.version} (process ${daemon.pid}) was replaced by ${status.version} ` +
      `(process ${status.pid})`,
    found.running === 0
      ? 'no work runs here'
      : `${counted(found.running, 'piece')} of work still running: none was started anew by this`,
    ...ended.map((name) => plain(`${name} ended meanwhile`)),
    ...anew.map((name) => plain(`${name} ended meanwhile, and was started again by its restart`)),
  ]);
  return 'ok';
}

/**
 * How things stand when nothing moves any more and nothing new is begun; null: a person gave up.
 */
async function settled(folder: string): Promise<Readiness | null> {
  const first = await ready(folder);
  if (!passes(first)) return stop('upgrade-held', holdsOf(first).join('; '));
  if (first.phase === 'off') return first;
  let gaveUp = false;
  const onInterrupt = (): void => void (gaveUp = true);
  process.once('SIGINT', onInterrupt);
  let found: Readiness | null = null;
  let held: readonly string[] = [];
  try {
    await askDaemon(folder, 'workFreeze', { frozen: true });
    for (let waitedMs = 0; waitedMs < SETTLE_MS_MAX; waitedMs += LOOK_AGAIN_MS) {
      if (gaveUp) return null;
      const now = await ready(folder);
      held = holdsOf(now);
      if (held.length === 0) return (found = now);
      await pause(LOOK_AGAIN_MS);
    }
    return stop('upgrade-held', held.join('; '));
  } finally {
    process.off('SIGINT', onInterrupt);
    if (found === null) await askDaemon(folder, 'workFreeze', { frozen: false });
  }
}

/** The daemon that has taken up the work: one that is started here, or by whoever does it. */
async function next(
  folder: string,
  place: Place | null,
  before: Readiness,
): Promise<{ status: Status; found: Readiness }> {
  const child = place === null ? null : startIn(place, process.argv[1] ?? '');
  for (let waitedMs = 0; waitedMs < TAKE_UP_MS_MAX; waitedMs += LOOK_AGAIN_MS) {
    const found = await takenUp(folder, before).catch(() => null);
    if (found !== null) return found;
    const code = child?.exitCode ?? child?.signalCode ?? null;
    if (code !== null) return stop('upgrade-ended', String(code));
    await pause(LOOK_AGAIN_MS);
  }
  return stop('upgrade-late');
}

async function takenUp(
  folder: string,
  before: Readiness,
): Promise<{ status: Status; found: Readiness } | null> {
  const status = await findDaemon(folder);
  if (status === null || status.state !== 'running') return null;
  const found = await ready(folder);
  const isThere = found.phase === 'off' ? before.phase === 'off' : found.phase !== 'recovering';
  return isThere ? { status, found } : null;
}

/** What ran before and does not now, and what runs by another start. */
function compared(
  before: readonly ReadyWork[],
  after: readonly ReadyWork[],
): { ended: string[]; anew: string[] } {
  const now = new Map(after.map((work) => [`${work.id} ${work.generation}`, work]));
  const [ended, anew]: [string[], string[]] = [[], []];
  for (const { id, generation, name, restarts, stage } of before) {
    if (stage !== 'running') continue;
    const its = now.get(`${id} ${generation}`);
    if (its === undefined || (its.stage !== 'running' && its.restarts === restarts))
      ended.push(name);
    else if (its.restarts !== restarts) anew.push(name);
  }
  return { ended, anew };
}
