// What `place`, `run` and `vm` have in common: a spec goes to the daemon, which owns the work from
// then on, and what becomes of it is told as it happens.

import { SEED_MAX } from '../../place/dice.ts';
import type { Spec } from '../../work/spec.ts';
import { askDaemon, readyDaemon, workSteps } from '../daemon/client.ts';
import { DaemonFault } from '../daemon/refusals.ts';
import type { Names, Placed } from '../daemon/work-routes.ts';
import { randomSeed } from '../os/clock.ts';
import type { OwnedView } from '../../work/owner-view.ts';
import { tellStep } from './asker.ts';
import type { Call } from './command.ts';
import { Stop, wrongUse } from './complaint.ts';
import type { Exit } from './exit.ts';
import { meshText } from './mesh-lines.ts';
import { type Printer, errorDocument, plain } from './print.ts';
import { complaintOf } from './sentences.ts';
import { consideredLines, stepText } from './work-lines.ts';

export function seedIn(text: string | undefined): number {
  if (text === undefined) return randomSeed();
  const seed = /^\d{1,10}$/.test(text) ? Number(text) : -1;
  if (seed >= 0 && seed <= SEED_MAX) return seed;
  throw new Stop(wrongUse(`--seed is no such number: ${text}`, `say 0 to ${SEED_MAX}`));
}

/** A daemon that answers; what its mesh lacks is said. */
export async function needDaemon(folder: string, print: Printer): Promise<void> {
  const status = await readyDaemon(folder);
  if (status === null) throw new DaemonFault('no-daemon');
  if (status.mesh.state !== 'up') print.note(`mesh: ${meshText(status.mesh)}`);
}

export interface Wishes {
  readonly seed: number;
  /** Until it has ended, or until its host has taken it in hand. */
  readonly until: 'ended' | 'going';
  /** Nothing about the way is told on stdout: that is the work's own. */
  readonly quiet: boolean;
  /** Called once it is placed: what it prints may be followed. Resolves when all of it is out. */
  readonly output?: (work: OwnedView, ended: AbortSignal) => Promise<void>;
}

/** Places it, tells what happens, and answers how it ended. */
export async function placeAndFollow(
  call: Call,
  print: Printer,
  spec: Spec,
  wishes: Wishes,
): Promise<Exit> {
  await needDaemon(call.folder, print);
  const placed = await askDaemon(call.folder, 'place', { spec, seed: wishes.seed });
  const say = (lines: readonly string[]): void => {
    for (const one of lines) tellStep('placing', one);
    if (print.json || lines.length === 0) return;
    if (wishes.quiet) print.note(lines.join('\n'));
    else print.item({}, () => lines);
  };
  if (placed.work === null) return nobodyFits(print, placed, say);
  if (!wishes.quiet) say(consideredLines(placed, spec));
  const ended = new AbortController();
  const output = wishes.output?.(placed.work, ended.signal) ?? Promise.resolve();
  // Whatever ends the following is thrown there, and this is not to be said twice.
  output.catch(() => undefined);
  const last = await followed(call.folder, placed.work, wishes.until, say);
  ended.abort();
  await output;
  return ending(print, call.folder, last, wishes.until);
}

function nobodyFits(print: Printer, placed: Placed, say: (lines: readonly string[]) => void): Exit {
  const complaint = complaintOf('no-node-fits');
  if (!print.json) {
    say(consideredLines(placed, placed.spec));
    throw new Stop(complaint);
  }
  print.result({ ...placed, error: errorDocument(complaint) }, () => '');
  return complaint.exit;
}

/** The work as it is when it has ended, or has got so far. */
async function followed(
  folder: string,
  placed: OwnedView,
  until: Wishes['until'],
  say: (lines: readonly string[]) => void,
): Promise<{ work: OwnedView; names: Names }> {
  let last: { work: OwnedView; names: Names } = { work: placed, names: {} };
  for await (const line of workSteps(folder, placed.id)) {
    if ('work' in line) last = line;
    else say([plain(stepText(line.step, line.name))]);
    if (last.work.phase === 'ended') break;
    const isGoing = 'step' in line && line.step.what === 'state' && line.step.state !== 'reserved';
    if (until === 'going' && isGoing) {
      const { work, names } = await askDaemon(folder, 'work', { id: placed.id });
      return { work, names };
    }
  }
  if (last.work.phase === 'ended' || until === 'going') return last;
  // The daemon was stopped under our feet: the work goes on.
  throw new DaemonFault('daemon-gone');
}

async function ending(
  print: Printer,
  folder: string,
  { work, names }: { work: OwnedView; names: Names },
  until: Wishes['until'],
): Promise<Exit> {
  const complaint = complaintAbout(work);
  const { receipts } =
    until === 'ended' ? await askDaemon(folder, 'workReceipts', { id: work.id }) : { receipts: [] };
  const host = work.host === null ? null : (names[work.host] ?? work.host);
  const document = { work, host, ...(until === 'ended' ? { receipts } : {}) };
  if (!print.json) {
    if (complaint !== null) throw new Stop(complaint);
    return 'ok';
  }
  const error = complaint === null ? {} : { error: errorDocument(complaint) };
  print.result({ ...document, ...error }, () => '');
  return complaint?.exit ?? 'ok';
}

function complaintAbout({ ended, why, name }: OwnedView): Stop['complaint'] | null {
  const detail = `${name}: ${why ?? ''}`;
  if (ended === 'unplaced') return complaintOf('work-unplaced', detail);
  return ended === 'failed' || ended === 'stopped' ? complaintOf('work-failed', detail) : null;
}
