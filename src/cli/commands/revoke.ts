// `kith revoke MEMBER GRANT`: a record that granted, by its id, or an action wherever it was
// granted.

import { isAction } from '../../../ledger/grant.ts';
import type { Intent } from '../../../ledger/intent.ts';
import type { MemberState } from '../../../ledger/state.ts';
import type { RecordId } from '../../../proto/ids.ts';
import type { Call } from '../command.ts';
import { Stop } from '../complaint.ts';
import { memberNamed, stageActs, stagingAccess } from '../desk.ts';
import type { Exit } from '../exit.ts';
import { withHome } from '../home.ts';
import type { Printer } from '../print.ts';
import { complaintOf } from '../sentences.ts';
import { actionNamed } from './grant.ts';

/** Shorter starts of an id are more likely a mistyped action. */
const PREFIX_CHARS_MIN = 4;

export async function run(call: Call, print: Printer): Promise<Exit> {
  const said = call.needed('grant');
  return withHome(call.folder, stagingAccess(call, true), async (home) => {
    const member = memberNamed(home, call.needed('member'));
    return stageActs(call, print, home, revocations(member, said));
  });
}

function revocations(member: MemberState, said: string): Intent[] {
  const byId = member.grants.filter(
    ({ from }) => said.length >= PREFIX_CHARS_MIN && from.startsWith(said),
  );
  if (byId.length === 1) return [revocation(member, byId[0]?.from as RecordId)];
  if (byId.length > 1) throw new Stop(complaintOf('ambiguous-id', said));
  const action = isAction(said) || !said.includes('.') ? said : actionNamed(said);
  const records = member.grants.filter(({ grants }) => grants.some((one) => one.action === action));
  if (records.length === 0) throw new Stop(complaintOf('no-such-grant', said));
  return records.flatMap(({ from, grants }): Intent[] => {
    const others = grants.filter((grant) => grant.action !== action);
    const { key: target } = member;
    // What stays first: there is no moment without it.
    const body = { target, grants: others };
    const stays: Intent = { act: { kind: 'cap.grant', body }, refs: [], at: 'fixed' };
    return others.length === 0 ? [revocation(member, from)] : [stays, revocation(member, from)];
  });
}

function revocation({ key: target }: MemberState, from: RecordId): Intent {
  // Up to where it has come by the time this is signed: see `at`.
  return { act: { kind: 'cap.revoke', body: { target, seq: 0 } }, refs: [from], at: 'current' };
}
