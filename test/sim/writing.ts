// Who writes what: honest people and nodes, who write on from what their machine holds, and a few
// keys in bad hands, which sign two records at one place, after a removal, and for one another.

import { isForked } from '../../ledger/chain.ts';
import type { Act } from '../../ledger/kinds.ts';
import type { Decoded } from '../../ledger/record.ts';
import { type Replica, memberOf, stateOf } from '../../ledger/replica.ts';
import type { RecordId } from '../../proto/ids.ts';
import {
  type Actor,
  PEER,
  START,
  acts,
  actor,
  everything,
  wireguardClaim,
  write,
} from '../kit/actors.ts';
import type { Roll } from '../kit/properties.ts';

const GUESTS = Array.from({ length: 6 }, (_, i) => actor(`guest ${i}`));
const KEYS = ['cfg.a', 'cfg.b'];

/** The next record of an honest author, from what this replica holds; null where it holds back. */
export function honestRecord(replica: Replica, who: Actor, roll: Roll): Decoded | null {
  const member = memberOf(replica, who.key);
  if (member === null || member.cut !== null) return null;
  const chain = replica.books.get(who.key)?.chain;
  if (chain !== undefined && isForked(chain)) return null;
  const after = chain === undefined ? START : { seq: chain.trunk, id: chain.trunkId };
  const made =
    member.class === 'node' ? nodeAct(replica, who, roll) : operatorAct(replica, who, roll);
  const auth = member.class === 'node' ? [] : [...member.grants.keys()].slice(-4);
  const [act, refs] = made;
  return write(who, replica.ledger, after, act, { auth, refs });
}

function nodeAct(replica: Replica, who: Actor, roll: Roll): [Act, RecordId[]] {
  const counter = roll(40);
  if (roll(3) === 0) return [acts.update({ wg: wireguardClaim(who, replica.ledger, counter) }), []];
  return [acts.update({ endpoints: [`h${roll(9)}.example:${1 + roll(999)}`] }), []];
}

function operatorAct(replica: Replica, who: Actor, roll: Roll): [Act, RecordId[]] {
  const guest = GUESTS[roll(GUESTS.length)] as Actor;
  switch (roll(12)) {
    case 0:
    case 1:
      return [acts.operator(guest, everything(roll(3))), []];
    case 2:
    case 3:
      return [acts.node(guest, who, replica.ledger, PEER), []];
    case 4:
      return [acts.grant(guest, PEER), []];
    case 5:
    case 6: {
      // A removal of somebody in bad hands, at the head that is seen here.
      const head = replica.books.get(guest.key)?.chain;
      const seq = head?.trunk ?? 0;
      return [acts.remove(guest, seq), seq === 0 ? [] : [head?.trunkId as RecordId]];
    }
    default: {
      const key = KEYS[roll(KEYS.length)] as string;
      const entry = stateOf(replica).config.find((other) => other.key === key);
      const refs = entry === undefined ? [] : [entry.head, ...entry.others].slice(0, 4);
      return [acts.commit(key, roll(1_000)), refs];
    }
  }
}

/** What the keys in bad hands have written so far: the adversary sees everything. */
export class BadHands {
  readonly written: Decoded[] = [];

  /** One more record after any place of any of their chains. */
  next(ledger: RecordId, cited: readonly RecordId[], roll: Roll): Decoded {
    const who = GUESTS[roll(GUESTS.length)] as Actor;
    const chain = this.written.filter(({ author }) => author === who.key);
    const last = chain.at(-1) ?? START;
    const after = roll(4) === 0 && chain.length > 0 ? (chain[roll(chain.length)] as Decoded) : last;
    const whom = GUESTS[roll(GUESTS.length)] as Actor;
    const tries: Act[] = [
      acts.commit('cfg.a', roll(1_000)),
      acts.remove(whom, 0),
      acts.operator(whom, everything(1)),
      acts.update({ name: 'guest' }),
    ];
    const act = tries[roll(tries.length)] as Act;
    const auth = act.kind === 'node.update' ? [] : cited.slice(-1 - roll(3));
    const record = write(who, ledger, after, act, { auth: [...new Set(auth)] });
    this.written.push(record);
    return record;
  }
}
