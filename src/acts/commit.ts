// `kith commit`, without its screen: signs what is staged, in order, one record after the other,
// each durable before the next. Killed at any moment, a second run finishes and writes nothing
// twice. Spec: docs/acts.md, "Signing".

import { holds } from '../../ledger/chain.ts';
import type { Decoded } from '../../ledger/record.ts';
import type { Replica } from '../../ledger/replica.ts';
import { planFor } from '../../ledger/intent.ts';
import type { Key } from '../../proto/ids.ts';
import { type Refused, type Result, ok, refuse } from '../../proto/result.ts';
import type { KeyHost } from '../keys/host.ts';
import { type Place, type Staged, type StagedCode, readStaged, writeStaged } from './staged.ts';
import { type WriteCode, type Writing, finishLost, writeIntent } from './write.ts';

export type CommitCode = WriteCode | StagedCode;

export interface Committed {
  readonly written: readonly Decoded[];
  /** Signed by an earlier run that did not get to the end. */
  readonly finished: readonly Decoded[];
  /** Why it stopped before the last of them; those left are still staged. */
  readonly fault: { readonly number: number; readonly refused: Refused<CommitCode> } | null;
}

/** Signs and stores everything staged in a folder. Call it with the lock of staged.ts held. */
export async function commitStaged(
  host: KeyHost,
  folder: string,
  writing: Writing,
): Promise<Result<Committed, CommitCode>> {
  const { replica } = writing.home;
  const author = writing.signer.publicKey;
  const lost = await finishLost(writing);
  if (!lost.ok) return lost;
  const read = readStaged(host, folder, replica.ledger);
  if (!read.ok) return read;
  let staged = withoutWritten(read.value, replica, author);
  if (staged !== read.value) writeStaged(host, folder, staged);
  const finished = lost.value;
  if (staged.intents.length === 0) {
    return finished.length === 0 && staged === read.value
      ? refuse('nothing-staged')
      : ok({ written: [], finished, fault: null });
  }
  // All or nothing as far as it can be known beforehand.
  const plan = planFor(replica, author, staged.intents, writing.nowMs());
  const bad = plan.steps.findIndex(({ drafted }) => !drafted.ok);
  if (plan.fault !== null) {
    return ok({ written: [], finished, fault: { number: bad + 1, refused: plan.fault } });
  }
  const written: Decoded[] = [];
  while (staged.intents.length > 0) {
    const [first, ...rest] = staged.intents;
    const record = await writeIntent(writing, first as Staged['intents'][0], ({ record: next }) => {
      writeStaged(host, folder, { ...staged, signing: placeOf(next) });
    });
    if (!record.ok) return ok({ written, finished, fault: { number: 1, refused: record } });
    written.push(record.value);
    staged = { ...staged, intents: rest, signing: null };
    writeStaged(host, folder, staged);
  }
  return ok({ written, finished, fault: null });
}

function placeOf({ seq, id }: Decoded): Place {
  return { seq, id };
}

/** Takes out the first intent where an earlier run has written it, and the mark in any case. */
function withoutWritten(staged: Staged, replica: Replica, author: Key): Staged {
  const { signing, intents } = staged;
  if (signing === null) return staged;
  const chain = replica.books.get(author)?.chain;
  const isWritten = chain !== undefined && holds(chain, signing.seq, signing.id, replica.shelf);
  return { ...staged, intents: isWritten ? intents.slice(1) : intents, signing: null };
}
