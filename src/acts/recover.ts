// `kith recover`, without its screen: the secret on paper seats a new root and cuts every old one.
// The new sheet is handed out before the rotation is signed; the rotation is signed once, and a run
// that was killed after that is finished by the next with the very same record.
// Spec: docs/acts.md, "Recovery".

import type { Drafted } from '../../ledger/draft.ts';
import type { DraftCode } from '../../ledger/draft-refusals.ts';
import { draftFor } from '../../ledger/draft.ts';
import type { ChainPlace } from '../../ledger/find-place.ts';
import type { LastHonoured, Root, RootRotateBody } from '../../ledger/kinds.ts';
import type { Decoded } from '../../ledger/record.ts';
import { type Replica, stateOf } from '../../ledger/replica.ts';
import type { Key } from '../../proto/ids.ts';
import { type Result, ok, refuse } from '../../proto/result.ts';
import type { HomeLedger } from '../home/ledger.ts';
import type { Signer } from '../keys/signer.ts';
import { type WriteCode, finishLost } from './write.ts';

/** The roots that a recovery replaces: those of the epoch in force. */
export function currentRoots(replica: Replica): readonly { key: Key; name: string }[] {
  stateOf(replica);
  const { seats, epoch } = replica.fold.authority.epochs;
  return seats.filter((seat) => seat.epoch === epoch).map(({ key, name }) => ({ key, name }));
}

export interface Rotation {
  readonly root: Root;
  /** The public half of the new sheet. */
  readonly recovery: Key;
  /** Where an old root is cut, if earlier than at the head held here. */
  readonly cutAt: ReadonlyMap<Key, ChainPlace>;
  readonly ts: number;
}

/** The rotation as it would be written now by the key of a sheet. */
export function draftRotation(
  replica: Replica,
  sheet: Key,
  { root, recovery, cutAt, ts }: Rotation,
): Result<Drafted, DraftCode> {
  const { members } = replica.fold.authority;
  const cuts = currentRoots(replica).map(({ key }): LastHonoured => {
    const { seq, id: last } = cutAt.get(key) ?? members.get(key)?.live ?? { seq: 0, id: '' };
    return { key, seq, last };
  });
  const body: RootRotateBody = { roots: [root], recovery, cuts };
  return draftFor(replica, sheet, { act: { kind: 'root.rotate', body }, ts });
}

/** The rotation that an earlier run has signed with this sheet and not stored, taken in now. */
export async function finishRotation(
  home: HomeLedger,
  signer: Signer,
  nowMs: () => number,
): Promise<Result<Decoded | null, WriteCode>> {
  const lost = await finishLost({ home, signer, nowMs });
  return lost.ok ? ok(lost.value[0] ?? null) : lost;
}

/** Signs the rotation and takes it in. */
export async function rotate(
  home: HomeLedger,
  signer: Signer,
  { draft }: Drafted,
): Promise<Result<Decoded, WriteCode>> {
  const signed = signer.signNext(draft);
  if (!signed.ok) return signed;
  const { record } = signed.value;
  const intake = await home.takeIn([record], { own: true });
  const [refused] = intake.refused;
  return refused === undefined ? ok(record) : refuse('not-taken', refused.code);
}
