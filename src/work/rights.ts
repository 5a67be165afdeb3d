// Whether whoever asks may, by the ledger here and at this moment: judged when work is reserved and
// again right before it starts, since a grant may be revoked between the two.
// Spec: docs/running.md, "Rights".

import type { MemberState, State } from '../../ledger/state.ts';
import type { Key } from '../../proto/ids.ts';
import type { Request } from '../../work/documents.ts';
import type { Right } from '../../work/host-state.ts';
import type { Spec } from '../../work/spec.ts';
import { mayOn, mayPlace, permitFor } from '../placing-rights.ts';

export interface Asked {
  readonly state: State;
  readonly self: Key;
  readonly nowMs: number;
}

/** `spec`: of what is asked about, as far as it is known here. */
export function rightOf(asked: Asked, request: Request, spec: Spec | null): Right {
  const [author, host] = [memberIn(asked, request.from), memberIn(asked, asked.self)];
  if (author === null || host === null) return no('not-authorised', 'it is no member here');
  switch (request.say) {
    case 'reserve':
    case 'go':
      return spec === null
        ? no('not-authorised', 'nothing is reserved by that id')
        : placingRight(asked, author, host, spec);
    case 'stop':
      return mayOn(author, 'work.stop', host, asked.nowMs)
        ? { may: true, grant: null, concurrent: null }
        : no('no-cap', 'it has no right work.stop here');
    case 'cancel':
    case 'mine':
      return { may: true, grant: null, concurrent: null };
  }
}

function placingRight({ nowMs }: Asked, author: MemberState, host: MemberState, spec: Spec): Right {
  if (!mayPlace(host, spec.kind))
    return no('not-authorised', 'this node is an observer or a guest, and takes no work');
  const permit = permitFor(author, spec, host, nowMs);
  if (!('code' in permit)) return { may: true, ...permit };
  const { code, why, needs, has } = permit;
  const numbers = needs === undefined || has === undefined ? {} : { needs, has };
  return { ...no(code === 'place-over-right' ? 'too-much' : 'no-cap', why), ...numbers };
}

/** A member that has a voice: not removed, and not of two tongues. */
function memberIn({ state }: Pick<Asked, 'state'>, key: Key): MemberState | null {
  const member = state.members.find((one) => one.key === key);
  if (member === undefined || member.removed !== undefined) return null;
  return member.frozen === undefined ? member : null;
}

/** Whether somebody may see all work here, and not only its own. */
export function mayRead({ state, self, nowMs }: Asked, reader: Key): boolean {
  const [member, host] = [memberIn({ state }, reader), memberIn({ state }, self)];
  return (
    reader === self || (member !== null && host !== null && mayOn(member, 'work.read', host, nowMs))
  );
}

function no(code: 'no-cap' | 'not-authorised' | 'too-much', why: string): Right & { may: false } {
  return { may: false, code, why };
}
