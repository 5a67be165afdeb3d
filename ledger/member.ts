// What pass A of the fold holds: members, what seniors say of them, and the verdicts so far. The
// data that authority.ts resolves and judge.ts judges. Spec: docs/ledger.md, "Pass A".

import type { Key, RecordId } from '../proto/ids.ts';
import type { Book, Note } from './book.ts';
import type { CutPoint, Live } from './chain.ts';
import type { Epochs } from './epochs.ts';
import type { Grant } from './grant.ts';
import type { NodeAdmitBody, OperatorAdmitBody, TicketIssueBody } from './kinds.ts';
import type { MemberClass, Standing } from './rank.ts';
import type { VoidCode } from './refusals.ts';
import type { Shelf } from './shelf.ts';

export type AdmissionBody = OperatorAdmitBody | NodeAdmitBody | TicketIssueBody;

/** What one record grants to a member, and the last seq at which the member may use it. */
export interface HeldGrants {
  readonly from: Member;
  readonly grants: readonly Grant[];
  readonly lastUse: number;
}

/** The cut that decides a member's chain. */
export interface DecidingCut extends CutPoint {
  readonly by: RecordId;
  readonly author: Key;
}

export interface Member extends Standing {
  readonly key: Key;
  readonly root: boolean;
  readonly name: string;
  readonly labels: readonly string[];
  /** The record that made it a member; for a root, the one that seats it. */
  readonly by: RecordId;
  readonly body: AdmissionBody | null;
  readonly quota: number;
  resolved: boolean;
  live: Live;
  cut: DecidingCut | null;
  readonly grants: Map<RecordId, HeldGrants>;
}

/** Something a senior said of a key, judged when that key is resolved. */
export interface Claim<Body> {
  readonly note: Note;
  readonly from: Member;
  /** What the author may draw on for it: everything (a root), or the grants it cited. */
  readonly by: 'root' | readonly Grant[];
  readonly body: Body;
}

export interface Candidate {
  readonly note: Note;
  readonly from: Member;
  readonly class: MemberClass;
  readonly body: AdmissionBody;
}

export interface Authority {
  readonly books: ReadonlyMap<Key, Book>;
  readonly shelf: Shelf;
  epochs: Epochs;
  readonly members: Map<Key, Member>;
  /** Records that grant, by id, with their author: what an `auth` may cite. */
  readonly granting: Map<RecordId, Member>;
  readonly cuts: Map<Key, Claim<CutPoint>[]>;
  readonly revokes: Map<Key, Claim<{ grant: RecordId; seq: number }>[]>;
  readonly grantsTo: Map<Key, Claim<{ grants: readonly Grant[]; admits: boolean }>[]>;
  /** Uses of grants that have a count, by author, record and index. */
  readonly spent: Map<string, number>;
  readonly verdicts: Map<RecordId, VoidCode>;
  /** Ids that were looked up as grants and are none so far, and keys whose admission was void: when
   *  such a grant or member comes, verdicts given before may change. */
  readonly missed: Set<RecordId | Key>;
  /** Keys admitted by the author that is being judged, in order of seq. */
  candidates: Candidate[];
}
