// Work that another node has placed: found by asking the members that are heard, and ended by a
// signed request that its owner, else its host, judges by its own ledger. Nothing of it is kept
// here. Spec: docs/running.md, "Work of others".

import type { Digest, Key } from '../../proto/ids.ts';
import type { Request, SignedDocument } from '../../work/documents.ts';
import { DaemonFault } from '../daemon/refusals.ts';
import { monotonicMs } from '../os/clock.ts';
import type { OwnedThere } from './found.ts';
import { FOUND_AGAIN_MS, LISTS_AT_ONCE_MAX, LIST_MS_MAX } from './owning-limits.ts';
import type { OwnerPapers } from './owner-papers.ts';
import type { Reaching } from './reaching.ts';
import type { WorkRow } from './rows.ts';

export interface ElsewhereParts {
  readonly self: Key;
  readonly papers: Pick<OwnerPapers, 'sign' | 'readAnswer'>;
  readonly reaching: Pick<Reaching, 'find' | 'ask' | 'receipt'>;
  /** Those that are heard; this one is a host, too. */
  readonly members: () => readonly Key[];
  readonly wallMs: () => number;
}

export interface Silent {
  readonly key: Key;
  readonly why: string;
}

/** One piece of work, as its owner and its hosts say it; either may be away. */
export interface Elsewhere {
  readonly id: string;
  readonly name: string;
  readonly owner: Key;
  readonly digest: Digest;
  readonly owned: OwnedThere | null;
  /** The latest generation first. */
  readonly at: readonly (WorkRow & { readonly host: Key })[];
  readonly silent: readonly Silent[];
}

export interface Told {
  readonly id: string;
  readonly name: string;
  /** Who has taken it: the owner, or where that does not answer a host. */
  readonly by: Key;
  readonly as: 'owner' | 'host';
}

export interface WorkPlace {
  readonly host: Key;
  readonly id: string;
  readonly generation: number;
}

export interface Finder {
  /** Throws a `DaemonFault` where there is none, or more than one. */
  find(named: string): Promise<Elsewhere>;
  /** The host of it; remembered for a while, for whoever reads page after page. */
  placeOf(named: string): Promise<WorkPlace>;
  forget(named: string): void;
  stop(named: string, kill: boolean): Promise<Told>;
  receipts(named: string): Promise<{ id: string; receipts: readonly SignedDocument[] }>;
}

export function createFinder(parts: ElsewhereParts): Finder {
  const places = new Map<string, { readonly place: WorkPlace; readonly untilMs: number }>();
  const find = (named: string): Promise<Elsewhere> => found(parts, named);
  return {
    find,
    async placeOf(named) {
      const known = places.get(named);
      if (known !== undefined && known.untilMs > monotonicMs()) return known.place;
      const place = whereIs(await find(named));
      places.clear();
      places.set(named, { place, untilMs: monotonicMs() + FOUND_AGAIN_MS });
      return place;
    },
    forget: (named) => void places.delete(named),
    stop: async (named, kill) => stop(parts, await find(named), kill),
    async receipts(named) {
      const { id, at } = await find(named);
      const all = await Promise.all(
        at
          .toSorted((a, b) => a.generation - b.generation)
          .map((row) => parts.reaching.receipt(row.host, id, row.generation).catch(() => null)),
      );
      return { id, receipts: all.filter((one) => one !== null) };
    },
  };
}

/** Asks each, so many at once and no longer than that: what each has said, and who has not. */
export async function askEach<Said>(
  members: readonly Key[],
  ask: (member: Key) => Promise<Said>,
): Promise<{ said: { key: Key; said: Said }[]; silent: Silent[] }> {
  const waiting = [...members];
  const [said, silent]: [{ key: Key; said: Said }[], Silent[]] = [[], []];
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), LIST_MS_MAX);
  });
  passed.catch(() => undefined);
  const next = async (): Promise<void> => {
    for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
      try {
        said.push({ key, said: await Promise.race([ask(key), passed]) });
      } catch (error) {
        silent.push({ key, why: (error as Error).message });
      }
    }
  };
  await Promise.all(Array.from({ length: LISTS_AT_ONCE_MAX }, next));
  clearTimeout(timer);
  return { said, silent };
}

async function found(parts: ElsewhereParts, named: string): Promise<Elsewhere> {
  const { said, silent } = await askEach(parts.members(), (key) => parts.reaching.find(key, named));
  const owned = said.flatMap(({ key, said: { owned: all } }) =>
    all.map((one) => ({ owner: key, ...one })),
  );
  // Whose it is is what its owner says, and not what a third one does.
  const at = said
    .flatMap(({ key, said: { at: rows } }) => rows.map((row) => ({ ...row, host: key })))
    .toSorted((a, b) => b.generation - a.generation);
  const open = new Set([
    ...owned.filter(({ work }) => work.phase !== 'ended').map(({ work }) => work.id),
    ...at.filter(({ state }) => state !== 'done' && state !== 'failed').map(({ id }) => id),
  ]);
  const all = new Set([...owned.map(({ work }) => work.id), ...at.map(({ id }) => id)]);
  const meant = all.has(named) ? [named] : [...(open.size > 0 ? open : all)];
  const [id, ...others] = meant;
  if (id === undefined) throw new DaemonFault('no-such-work', named);
  if (others.length > 0) throw new DaemonFault('ambiguous-work', meant.slice(0, 4).join(', '));
  const its = owned.find(({ work }) => work.id === id);
  const rows = at.filter((row) => row.id === id);
  const head = its?.work ?? (rows[0] as WorkRow);
  const owner = its?.owner ?? (rows[0] as WorkRow).owner;
  const view = its === undefined ? null : { work: its.work, spec: its.spec };
  return { id, name: head.name, digest: head.digest, owner, owned: view, at: rows, silent };
}

function whereIs({ id, owned, at }: Elsewhere): WorkPlace {
  const host = owned?.work.host ?? null;
  if (owned !== null && host !== null) return { host, id, generation: owned.work.generation };
  const [row] = at;
  if (row === undefined) throw new DaemonFault('no-such-work', `${id} is at no host yet`);
  return { host: row.host, id, generation: row.generation };
}

/**
 * The owner first: it keeps the wish, and says it until its host answers. A host ends what it has.
 */
async function stop(parts: ElsewhereParts, work: Elsewhere, kill: boolean): Promise<Told> {
  const { id, name, owner, at } = work;
  const generation = work.owned?.work.generation ?? at[0]?.generation ?? 1;
  const asked = [
    { to: owner, as: 'owner' as const, generation },
    ...at
      .filter(({ host, stage }) => host !== owner && stage !== 'gone')
      .map((row) => ({ to: row.host, as: 'host' as const, generation: row.generation })),
  ];
  let [refused, silent] = ['', ''];
  for (const { to, as, generation: its } of asked) {
    const head = { v: 1 as const, id, generation: its, digest: work.digest };
    const madeAt = parts.wallMs();
    const request: Request = { ...head, from: parts.self, to, at: madeAt, say: 'stop', kill };
    try {
      const signed = await parts.reaching.ask(to, parts.papers.sign(request));
      const answer = parts.papers.readAnswer(request, signed);
      if (answer?.say === 'done') return { id, name, by: to, as };
      if (answer?.say === 'refused') refused ||= `${name} (${id}): ${answer.code}: ${answer.why}`;
    } catch (error) {
      silent = `${name} (${id}): ${(error as Error).message}`;
    }
  }
  if (refused !== '') throw new DaemonFault('work-refused', refused);
  throw new DaemonFault('not-reached', silent);
}
