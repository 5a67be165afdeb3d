// What this node owns, on its disk before anything of it is said to a host: one line for each
// change of a piece of work, whole, so that the last one counts. A line that does not read is
// passed over and told. Spec: docs/running.md, "The owner".

import { join } from 'node:path';
import { isKey } from '../../proto/ids.ts';
import type { Owned } from '../../work/owned.ts';
import { readSpec } from '../../work/spec.ts';
import { isUlid } from '../../work/ulid.ts';
import type { Disk } from '../store/disk.ts';
import { type WorkJournal, openWorkJournal } from './journal.ts';

export interface OwnedFile {
  readonly owned: readonly Owned[];
  /** Lines that could not be read, for whoever must be told. */
  readonly lost: number;
  /** Resolves when it is on the disk; rejects with a `StoreFault`. */
  keep(owned: Owned): Promise<void>;
  forget(id: string): Promise<void>;
  close(): Promise<void>;
}

export async function openOwnedFile(disk: Disk, folder: string): Promise<OwnedFile> {
  const journal = await openWorkJournal(disk, join(folder, 'work', 'owned'));
  const { texts, lost } = journal.found;
  const latest = new Map<string, string>();
  const works = new Map<string, Owned>();
  let unread = 0;
  for (const text of texts) {
    const line = lineOf(text);
    if (line === null) unread++;
    else if ('forget' in line) forgetIn(line.forget);
    else enter(line.owned, text);
  }
  function enter(owned: Owned, text: string): void {
    works.set(owned.id, owned);
    latest.set(owned.id, text);
  }
  function forgetIn(id: string): void {
    works.delete(id);
    latest.delete(id);
  }
  return {
    ...{ owned: [...works.values()], lost: lost + unread },
    async keep(owned) {
      const text = JSON.stringify({ owned });
      await journal.append([text]);
      latest.set(owned.id, text);
      await shorten(journal, latest);
    },
    async forget(id) {
      await journal.append([JSON.stringify({ forget: id })]);
      latest.delete(id);
    },
    close: () => journal.close(),
  };
}

/** Written anew when most of it does not count any more. A full disk is no reason to fail here. */
async function shorten(journal: WorkJournal, latest: ReadonlyMap<string, string>): Promise<void> {
  let liveBytes = 0;
  for (const text of latest.values()) liveBytes += text.length;
  if (!journal.isLong(liveBytes)) return;
  await journal.replace([...latest.values()]).catch(() => undefined);
}

type Line = { readonly owned: Owned } | { readonly forget: string };

function lineOf(text: string): Line | null {
  try {
    const value = JSON.parse(text) as Partial<Record<'owned' | 'forget', unknown>> | null;
    if (typeof value?.forget === 'string') return { forget: value.forget };
    const owned = value?.owned as Partial<Owned> | undefined;
    return owned !== undefined && isOwned(owned) ? { owned } : null;
  } catch {
    return null;
  }
}

const PHASES: ReadonlySet<unknown> = new Set([
  'planning',
  'reserving',
  'going',
  'following',
  'ended',
]);

/** The lines carry a check over all of their bytes: what one of ours wrote has the rest, too. */
function isOwned(owned: Partial<Owned>): owned is Owned {
  const { id, spec, digest, generation, phase, order } = owned;
  return (
    typeof id === 'string' &&
    isUlid(id) &&
    typeof digest === 'string' &&
    Number.isSafeInteger(generation) &&
    PHASES.has(phase?.at) &&
    Array.isArray(order) &&
    order.every((key) => typeof key === 'string' && isKey(key)) &&
    readSpec(spec).ok
  );
}
