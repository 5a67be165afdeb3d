// Whether a node may place a piece of work on another, by the grants that it holds in the ledger
// here. The host judges the same by its own ledger when it is asked; this only says beforehand what
// it will say. Spec: docs/placement.md, "Rights"; docs/ledger.md, "Capabilities".

import { type Action, type Grant, covers } from '../ledger/grant.ts';
import type { MemberState } from '../ledger/state.ts';
import type { RecordId } from '../proto/ids.ts';
import type { Lack } from '../place/lacks.ts';
import type { Kind, Spec } from '../work/spec.ts';

function actionOf(kind: Kind): Action {
  return `place.${kind}`;
}

function grantsOf(member: MemberState): readonly Grant[] {
  return member.grants.flatMap(({ grants }) => grants);
}

/** Who may place such work takes it, too; an observer or a guest does neither. */
export function mayPlace(member: MemberState, kind: Kind): boolean {
  const wanted = actionOf(kind);
  return member.grants.some(({ grants }) => grants.some(({ action }) => action === wanted));
}

/** Under which grant `placer` may place this on `host`. */
export interface Permit {
  readonly grant: RecordId;
  /** How many at once; null: as many as it likes. Only the host can count them. */
  readonly concurrent: number | null;
}

/**
 * Why `placer` may not place this on a host, or null where it may. A grant speaks of labels, and
 * most hosts have the same few: each list of them is judged once.
 */
export function denials(
  placer: MemberState | undefined,
  spec: Spec,
  nowMs: number,
): (host: MemberState) => Lack | null {
  const known = new Map<string, Lack | null>();
  return (host) => {
    const labels = host.labels.join('\n');
    const before = known.get(labels);
    if (before !== undefined) return before;
    const permit = permitFor(placer, spec, host, nowMs);
    const denied = 'code' in permit ? permit : null;
    known.set(labels, denied);
    return denied;
  };
}

/** The widest of the grants that allow it, or why none does. */
export function permitFor(
  placer: MemberState | undefined,
  spec: Spec,
  host: Pick<MemberState, 'labels'>,
  nowMs: number,
): Permit | Lack {
  const action = actionOf(spec.kind);
  // An empty prefix covers a node without labels, too.
  const names = ['', ...host.labels];
  const valid = (placer?.grants ?? [])
    .filter(({ from }) => spec.capability === undefined || from === spec.capability)
    .flatMap(({ from, grants }) => grants.map((grant) => ({ from, grant })))
    .filter(({ grant }) => covers(grant, action, names) && (grant.expires ?? Infinity) > nowMs);
  if (valid.length === 0) {
    return { code: 'place-no-right', why: `this machine has no right ${action} there` };
  }
  const judged = valid.map(({ from, grant }) => ({ from, grant, over: overLimit(grant, spec) }));
  const allowing = judged.filter(({ over }) => over === null);
  const [first] = allowing.toSorted((a, b) => atOnce(b.grant) - atOnce(a.grant));
  if (first === undefined) return judged[0]?.over as Lack;
  const concurrent = atOnce(first.grant);
  return { grant: first.from, concurrent: concurrent === Infinity ? null : concurrent };
}

function atOnce({ limits }: Grant): number {
  return limits?.['concurrent'] ?? Infinity;
}

/** Whether a member holds a right over work on a host: `work.read`, `work.stop`, `node.drain`. */
export function mayOn(
  member: MemberState,
  action: Action,
  host: MemberState,
  nowMs: number,
): boolean {
  const names = ['', ...host.labels];
  return grantsOf(member).some(
    (grant) => covers(grant, action, names) && (grant.expires ?? Infinity) > nowMs,
  );
}

/** `concurrent` counts what runs already, which only the host knows. */
function overLimit({ limits = {} }: Grant, spec: Spec): Lack | null {
  const { cpuMilli, memMiB, diskMiB, gpu } = spec.resources;
  const asked: Readonly<Record<string, number>> = {
    ...{ cpu_milli: cpuMilli, mem_mib: memMiB, disk_mib: diskMiB, gpus: gpu?.count ?? 0 },
    // Without an end is longer than any.
    max_runtime_s: spec.limits.maxRuntimeS ?? Infinity,
  };
  for (const [name, bound] of Object.entries(limits)) {
    if (name === 'concurrent') continue;
    const needs = asked[name] ?? 0;
    if (needs <= bound) continue;
    const said = needs === Infinity ? 'no end' : String(needs);
    const why = `the right to place allows ${name} ${bound}, the spec asks for ${said}`;
    return Number.isFinite(needs)
      ? { code: 'place-over-right', why, needs, has: bound }
      : { code: 'place-over-right', why };
  }
  return null;
}
