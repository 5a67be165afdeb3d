// Pass B of the fold: what the live records bring about once it is known which are live. So far one
// effect needs more than a look at a member: configuration, where two heads of one key may stand
// side by side until somebody merges them. Spec: docs/ledger.md, "Pass B".

import type { Key, RecordId } from '../proto/ids.ts';
import type { Json } from '../proto/json.ts';
import type { Authority } from './member.ts';
import { type Note, liveNotes } from './book.ts';
import { compareStanding } from './rank.ts';

interface Commits {
  /** Live commits that no live commit replaces. */
  readonly heads: Map<RecordId, Note>;
  readonly replaced: Set<RecordId>;
}

/** By configuration key. */
export type Configuration = Map<string, Commits>;

export interface ConfigEntry {
  readonly key: string;
  /** Absent: the commit in force unsets the key. */
  readonly value?: Json;
  readonly head: RecordId;
  /** Other heads of the key, senior first: a conflict that a person settles. */
  readonly others: readonly RecordId[];
}

export function configurationOf(authority: Authority): Configuration {
  const configuration: Configuration = new Map();
  for (const member of authority.members.values()) {
    const book = authority.books.get(member.key);
    if (book === undefined) continue;
    for (const note of liveNotes(book, member.live)) takeCommit(configuration, authority, note);
  }
  return configuration;
}

/** One more live note: it matters where it is a commit that counts. Order does not matter. */
export function takeCommit(configuration: Configuration, authority: Authority, note: Note): void {
  if (note.act.kind !== 'config.commit' || authority.verdicts.has(note.id)) return;
  let commits = configuration.get(note.act.body.key);
  if (commits === undefined) {
    commits = { heads: new Map(), replaced: new Set() };
    configuration.set(note.act.body.key, commits);
  }
  for (const ref of note.refs) {
    commits.replaced.add(ref);
    commits.heads.delete(ref);
  }
  if (!commits.replaced.has(note.id)) commits.heads.set(note.id, note);
}

/** The keys that have a value or a conflict, sorted; the senior's commit is the one in force. */
export function configEntries(
  configuration: Configuration,
  standing: (key: Key) => Parameters<typeof compareStanding>[0],
): ConfigEntry[] {
  const entries: ConfigEntry[] = [];
  for (const key of [...configuration.keys()].toSorted()) {
    const heads = [...(configuration.get(key) as Commits).heads.values()].toSorted(
      (a, b) => compareStanding(standing(a.author), standing(b.author)) || b.seq - a.seq,
    );
    const [first, ...others] = heads;
    if (first?.act.kind !== 'config.commit') continue;
    const { value } = first.act.body;
    if (value === undefined && others.length === 0) continue;
    const rest = { head: first.id, others: others.map((note) => note.id) };
    entries.push(value === undefined ? { key, ...rest } : { key, value, ...rest });
  }
  return entries;
}
