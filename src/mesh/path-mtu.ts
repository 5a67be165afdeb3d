// The size of packets on the path to each peer, raised as wg/path-mtu.ts decides: it asks, ping
// answers, one after the other, and the routes of the interface follow. A machine without a fitting
// ping stays at 1,280. Spec: docs/mesh.md, "The size of packets".

import type { Key } from '../../proto/ids.ts';
import { MTU_FIRST } from '../../wg/limits.ts';
import type { LinkState } from '../../wg/link-state.ts';
import {
  newPathMtu,
  type Path,
  type PathMtu,
  type PathMtuInput,
  type PathMtuOut,
  stepPathMtu,
} from '../../wg/path-mtu.ts';
import { monotonicMs } from '../os/clock.ts';
import { passesWhole } from '../os/whole-ping.ts';
import { hostAndPort } from '../peer/address.ts';
import type { Ground } from './ground.ts';

export interface PathMtus {
  readonly held: Map<Key, PathMtu>;
  /** Questions go one after the other: they may take seconds where nothing answers. */
  queue: Promise<void>;
  readonly ending: AbortController;
}

export function noPathMtus(): PathMtus {
  return { held: new Map(), queue: Promise.resolve(), ending: new AbortController() };
}

/** After it nothing is asked, and no ping runs. */
export async function stopMeasuring({ pathMtus }: Ground): Promise<void> {
  pathMtus.ending.abort();
  await pathMtus.queue;
}

/** What the route to a peer carries. */
export function mtuTo({ pathMtus }: Ground, node: Key): number {
  return pathMtus.held.get(node)?.mtu ?? MTU_FIRST;
}

/** Called at each look; `apply` writes the routes that are wanted now. */
export function measurePaths(ground: Ground, apply: () => Promise<void>): void {
  const { pathMtus, wishing, links, rotating, rotations } = ground;
  const others = wishing.others();
  const named = new Set(others.map(({ key }) => key));
  for (const key of pathMtus.held.keys()) if (!named.has(key)) pathMtus.held.delete(key);
  // A change of keys wants the interface for itself.
  const isCalm = rotating.state.at === 'steady' && rotations.watched.size === 0;
  for (const { key } of others) {
    step(ground, key, { kind: 'path', path: pathOf(links.state(key)) }, apply);
    if (isCalm) step(ground, key, { kind: 'tick' }, apply);
  }
}

/** Our own network may change while the peer stays where it is. */
function pathOf(state: LinkState | null): Path | null {
  if (state?.at !== 'direct') return null;
  return { endpoint: state.endpoint, turn: `${state.gen} ${state.changedMs ?? 0}` };
}

function step(ground: Ground, node: Key, input: PathMtuInput, apply: () => Promise<void>): void {
  const { held } = ground.pathMtus;
  const { state, out } = stepPathMtu(held.get(node) ?? newPathMtu(), input, monotonicMs());
  held.set(node, state);
  for (const one of out) perform(ground, node, one, apply);
}

function perform(ground: Ground, node: Key, out: PathMtuOut, apply: () => Promise<void>): void {
  const { pathMtus, wishing, parts } = ground;
  const failed = (error: Error): void =>
    parts.tell({ event: 'failed', what: 'the size of packets', why: error.message });
  if (out.kind === 'route') return void apply().catch(failed);
  const { asked } = out;
  const { signal } = pathMtus.ending;
  const ask = async (): Promise<void> => {
    // Meanwhile the path may be another one.
    if (signal.aborted || pathMtus.held.get(node)?.asked !== asked) return;
    // The route that was wanted before may still be on its way.
    if (out.kind === 'inside') await apply();
    const row = wishing.roster().byKey.get(node);
    const host = out.kind === 'inside' ? row?.address : hostAndPort(out.endpoint)?.host;
    const passed = host !== undefined && (await passesWhole(host, out.bytes, signal));
    if (signal.aborted) return;
    step(ground, node, { kind: 'answer', asked, passed }, apply);
  };
  pathMtus.queue = pathMtus.queue.then(ask).catch((error: Error) => {
    if (signal.aborted) return;
    failed(error);
    // Else nothing would be asked of this path any more.
    step(ground, node, { kind: 'answer', asked, passed: false }, apply);
  });
}
