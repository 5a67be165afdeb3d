// What an operator means to do, before it has a place in any chain: an act, and whether the places
// it names are fixed or are those held when it is signed. So a draft outlives a sync: it is made
// into a record at the last moment. Spec: docs/acts.md, "Staging".

import type { Key, RecordId } from '../proto/ids.ts';
import type { Refused, Result } from '../proto/result.ts';
import { type Drafted, draftFor } from './draft.ts';
import type { DraftCode } from './draft-refusals.ts';
import { refresh } from './fold.ts';
import type { Act } from './kinds.ts';
import { LINKS_MAX } from './limits.ts';
import { compareStanding } from './rank.ts';
import { type Replica, memberOf } from './replica.ts';

export interface Intent {
  readonly act: Exclude<Act, { kind: 'unknown' }>;
  readonly refs: readonly RecordId[];
  /**
   * `current`: a removal honours, a revocation spares and a commit replaces what is held when it is
   * signed. `fixed`: exactly what stands here.
   */
  readonly at: 'fixed' | 'current';
}

/** The act and the references of an intent as they would be written now. */
function present(replica: Replica, intent: Intent): Pick<Intent, 'act' | 'refs'> {
  const { act, refs, at } = intent;
  if (at === 'fixed') return { act, refs };
  refresh(replica.fold);
  switch (act.kind) {
    case 'member.remove': {
      const { seq = 0, id = '' } = memberOf(replica, act.body.target)?.live ?? {};
      const { kind, body } = act;
      return { act: { kind, body: { ...body, seq } }, refs: id === '' ? [] : [id] };
    }
    case 'cap.revoke': {
      const seq = memberOf(replica, act.body.target)?.live.seq ?? 0;
      const { kind, body } = act;
      return { act: { kind, body: { ...body, seq } }, refs };
    }
    case 'config.commit':
      return { act, refs: headsOf(replica, act.body.key) };
    default:
      return { act, refs };
  }
}

/** The heads of a configuration key, senior first, as many as one record can replace. */
function headsOf(replica: Replica, key: string): RecordId[] {
  const { configuration, authority } = replica.fold;
  const heads = [...(configuration.get(key)?.heads.values() ?? [])];
  const standing = (author: Key): Parameters<typeof compareStanding>[0] =>
    authority.members.get(author) ?? { class: 'node', rank: [] };
  return heads
    .toSorted((a, b) => compareStanding(standing(a.author), standing(b.author)) || b.seq - a.seq)
    .slice(0, LINKS_MAX)
    .map((note) => note.id);
}

export interface Step {
  /** The act and the references as they would be written now. */
  readonly now: Pick<Intent, 'act' | 'refs'>;
  readonly drafted: Result<Drafted, DraftCode>;
}

export interface Plan {
  readonly steps: readonly Step[];
  /** The first step that cannot be written. */
  readonly fault: Refused<DraftCode> | null;
  /** What the replica would be with every step that can be. */
  readonly after: Replica;
}

/** The records that a list of intents would be now, one after the other. */
export function planFor(
  replica: Replica,
  author: Key,
  intents: readonly Intent[],
  ts: number,
): Plan {
  const steps: Step[] = [];
  let after = replica;
  let fault: Refused<DraftCode> | null = null;
  for (const intent of intents) {
    const now = present(after, intent);
    const drafted = draftFor(after, author, { ...now, ts });
    steps.push({ now, drafted });
    if (drafted.ok) after = drafted.value.after;
    else fault ??= drafted;
  }
  return { steps, fault, after };
}

export function draftIntent(
  replica: Replica,
  author: Key,
  intent: Intent,
  ts: number,
): Result<Drafted, DraftCode> {
  return draftFor(replica, author, { ...present(replica, intent), ts });
}
