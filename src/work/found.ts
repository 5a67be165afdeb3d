// What a member says of a piece of work that is named to it: as its owner, and as a host that has
// it. Written here for others, and read here of others: what they say is shown, and asked of them
// again, and never believed further. Spec: docs/running.md, "Between members".

import { isDigest } from '../../proto/ids.ts';
import type { OwnedView } from '../../work/owner-view.ts';
import { type Spec, readSpec } from '../../work/spec.ts';
import { count, list, maybe, object, open, text } from '../daemon/route-words.ts';
import { type RecordShape, fits } from '../daemon/shape.ts';
import type { WorkRow } from './rows.ts';

/** A name may be that of several; who means one of them says more. */
export const FOUND_MAX = 8;

export interface OwnedThere {
  readonly work: OwnedView;
  readonly spec: Spec;
}

export interface FoundThere {
  readonly owned: readonly OwnedThere[];
  readonly at: readonly WorkRow[];
}

export function isNamed({ id, name }: Pick<WorkRow, 'id' | 'name'>, named: string): boolean {
  return id === named || name === named || id.startsWith(named.toUpperCase());
}

const VIEW = object({
  ...{ id: text, name: text, kind: text, digest: text, generation: count, wish: text },
  ...{ phase: text, host: maybe(text), state: maybe(text), standing: maybe(text) },
  ...{ silentMs: maybe({ type: 'number' }), unknown: maybe(text), ended: maybe(text) },
  ...{ why: maybe(text), asked: list(open), past: list(open), receipts: count },
  ...{ placedAt: count, endedAt: maybe(count) },
});
const ASKED: RecordShape = { type: 'object', properties: { host: text, code: text, why: text } };
const PAST: RecordShape = { type: 'object', properties: { host: text, generation: count } };
const OF_ASKED = ['host', 'code', 'why'];
const OF_PAST = ['host', 'generation'];
const PHASES: ReadonlySet<string> = new Set<OwnedView['phase']>([
  ...(['planning', 'reserving', 'going', 'following', 'ended'] as const),
]);
const ULID = /^[0-9A-Z]{26}$/;

/** Null: no sound node says that. */
export function readFound(value: unknown): FoundThere | null {
  if (typeof value !== 'object' || value === null) return null;
  const { owned, at } = value as Partial<Record<keyof FoundThere, unknown>>;
  if (!Array.isArray(owned) || !Array.isArray(at) || owned.length + at.length > 2 * FOUND_MAX)
    return null;
  if (!at.every(isRow)) return null;
  const read = owned.map(ownedIn);
  return read.some((one) => one === null) ? null : { owned: read as OwnedThere[], at };
}

function ownedIn(value: unknown): OwnedThere | null {
  if (typeof value !== 'object' || value === null) return null;
  const { work, spec: written } = value as Partial<Record<keyof OwnedThere, unknown>>;
  const spec = readSpec(written);
  return spec.ok && isView(work) ? { work, spec: spec.value } : null;
}

function isView(value: unknown): value is OwnedView {
  if (!fits(value, VIEW)) return false;
  const { id, digest, phase, asked, past } = value as OwnedView;
  const hasAll = (
    items: readonly unknown[],
    shape: RecordShape,
    required: readonly string[],
  ): boolean =>
    items.every((item) => fits(item, { ...shape, required, additionalProperties: true }));
  return (
    ULID.test(id) &&
    isDigest(digest) &&
    PHASES.has(phase) &&
    hasAll(asked, ASKED, OF_ASKED) &&
    hasAll(past, PAST, OF_PAST)
  );
}

/** What a host says of its work is shown and never acted upon but for its state. */
export function isRow(value: unknown): value is WorkRow {
  if (typeof value !== 'object' || value === null) return false;
  const { id, generation, digest, state, owner, name, kind } = value as Partial<
    Record<keyof WorkRow, unknown>
  >;
  return (
    [id, state, owner, name, digest].every((one) => typeof one === 'string') &&
    (kind === null || kind === 'job' || kind === 'vm') &&
    ULID.test(id as string) &&
    Number.isInteger(generation)
  );
}
