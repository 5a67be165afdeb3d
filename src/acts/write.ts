// From an intent to a record that is held: drafted, signed through the journal, and taken in by the
// same door as a stranger's. Whatever is killed when, no place is signed twice and no record that
// was signed is lost: what stands in the journal and not in the ledger is taken in first.

import { type DraftCode } from '../../ledger/draft-refusals.ts';
import type { Drafted } from '../../ledger/draft.ts';
import { type Intent, draftIntent } from '../../ledger/intent.ts';
import type { Decoded, Draft } from '../../ledger/record.ts';
import { type Replica, memberOf } from '../../ledger/replica.ts';
import { type Result, ok, refuse } from '../../proto/result.ts';
import type { HomeLedger } from '../home/ledger.ts';
import type { SignCode } from '../keys/refusals.ts';
import type { Signer } from '../keys/signer.ts';
import { StoreFault } from '../store/faults.ts';
import { LOST_RECORDS_MAX } from './limits.ts';
import type { ActCode } from './refusals.ts';

export type WriteCode = DraftCode | SignCode | ActCode;

export interface Writing {
  readonly home: Pick<HomeLedger, 'replica' | 'takeIn' | 'store'>;
  readonly signer: Signer;
  readonly nowMs: () => number;
}

/** Takes in what this key has signed and the ledger here does not hold. */
export async function finishLost(writing: Writing): Promise<Result<readonly Decoded[], WriteCode>> {
  const { home, signer } = writing;
  const { replica } = home;
  assertMayWrite(home);
  const finished: Decoded[] = [];
  // What a key signed past its removal or beside a fork of its own is nothing any more.
  if (hasEnded(replica, signer)) return ok(finished);
  for (let tries = 0; tries < LOST_RECORDS_MAX; tries++) {
    const last = signer.lastSigned(replica.ledger);
    if (!last.ok) return last;
    const head = headOf(replica, signer);
    if (last.value === null || last.value.seq <= head.seq) return ok(finished);
    // The place is signed already, so that the draft only says where: its own record comes back.
    const signed = signer.signNext(placed(last.value, head));
    if (!signed.ok) return signed;
    const taken = await takeOwn(writing, signed.value.record);
    if (!taken.ok) return taken;
    finished.push(signed.value.record);
  }
  return refuse('key-ahead', 'too many records are missing here');
}

function placed(record: Draft, head: { seq: number; id: Draft['prev'] }): Draft {
  const { ledger, author, auth, refs, ts, act } = record;
  return { ledger, author, seq: head.seq + 1, prev: head.id, auth, refs, ts, act };
}

function hasEnded(replica: Replica, { publicKey }: Signer): boolean {
  const member = memberOf(replica, publicKey);
  return member !== null && (member.cut !== null || member.live.frozen);
}

/** The end of the key's chain as it is held here. */
function headOf(replica: Replica, { publicKey }: Signer): { seq: number; id: Draft['prev'] } {
  const chain = replica.books.get(publicKey)?.chain;
  return { seq: chain?.trunk ?? 0, id: chain?.trunkId ?? '' };
}

/** Writes one intent. `before` hears which record it becomes, before anything is signed. */
export async function writeIntent(
  writing: Writing,
  intent: Intent,
  before: (drafted: Drafted) => void = () => undefined,
): Promise<Result<Decoded, WriteCode>> {
  const { home, signer, nowMs } = writing;
  for (;;) {
    const lost = await finishLost(writing);
    if (!lost.ok) return lost;
    const drafted = draftIntent(home.replica, signer.publicKey, intent, nowMs());
    if (!drafted.ok) return drafted;
    before(drafted.value);
    const signed = signer.signNext(drafted.value.draft);
    if (!signed.ok) return signed;
    const { record } = signed.value;
    const taken = await takeOwn(writing, record);
    if (!taken.ok) return taken;
    // Another process with this key was first at this place: the intent goes into the next.
    if (record.id === drafted.value.record.id) return ok(record);
  }
}

async function takeOwn(
  { home }: Writing,
  record: Decoded,
): Promise<Result<undefined, 'not-taken'>> {
  const intake = await home.takeIn([record], { own: true });
  const [refused] = intake.refused;
  if (refused !== undefined) return refuse('not-taken', refused.code);
  const isHeld = intake.accepted.length + intake.duplicates > 0;
  return isHeld ? ok(undefined) : refuse('not-taken', 'what it follows is not held');
}

/** Before anything is signed: a signature that the store would not keep must not be made. */
function assertMayWrite({ store }: Writing['home']): void {
  if (store.heldBack !== null) throw new StoreFault('held-back', store.heldBack);
}
