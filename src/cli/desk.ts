// The operator's desk: what the commands that stage and sign have in common. A draft is shown as
// the exact record that it would be now, with what it would change; nothing is signed without the
// key's own passphrase, here in this process and never in a daemon.

import type { DraftCode } from '../../ledger/draft-refusals.ts';
import type { Drafted } from '../../ledger/draft.ts';
import { findMember } from '../../ledger/find-member.ts';
import { type Intent, type Plan, planFor } from '../../ledger/intent.ts';
import { type Preview, previewOf } from '../../ledger/preview.ts';
import { stateOf } from '../../ledger/replica.ts';
import type { MemberState } from '../../ledger/state.ts';
import type { Json } from '../../proto/json.ts';
import type { Result } from '../../proto/result.ts';
import { commitStaged } from '../acts/commit.ts';
import { type Staged, lockStaged, readStaged, stage } from '../acts/staged.ts';
import { operatorFolder } from '../home/folder.ts';
import { keyHost } from '../home/host.ts';
import type { HomeLedger } from '../home/ledger.ts';
import { type KeyCard, readOperatorKey } from '../keys/operator.ts';
import type { PassphraseSource } from '../keys/passphrase.ts';
import type { Signer } from '../keys/signer.ts';
import { unlockOperator } from '../keys/unlock.ts';
import { nowMs } from '../os/clock.ts';
import { nodePlatform } from '../platform.ts';
import { confirmed } from './ask.ts';
import { openPerson } from './asker.ts';
import { changeDocument, previewTexts } from './changes.ts';
import type { Call } from './command.ts';
import { Stop, wrongUse } from './complaint.ts';
import { deedOf } from './deeds.ts';
import type { Exit } from './exit.ts';
import { type Access, namesAt } from './home.ts';
import { type NameOf, namesIn, short } from './names.ts';
import type { Printer } from './print.ts';
import { complaintOf, unwrap } from './sentences.ts';
import { counted } from '../../proto/when.ts';

/** The operator key of this machine, as it can be shown. */
export function ownCard(folder: string): KeyCard {
  const card = readOperatorKey(keyHost(), operatorFolder(folder));
  if (!card.ok && card.code === 'file-missing') throw new Stop(complaintOf('no-operator-key'));
  return unwrap(card);
}

export function passphraseSource(call: Call): PassphraseSource {
  const file = call.value('passphrase-file');
  return file === undefined ? { kind: 'prompt' } : { kind: 'file', file };
}

/** The operator key of this machine, opened. */
export async function unlock(call: Call, moved: boolean): Promise<Signer> {
  ownCard(call.folder);
  const rules = { source: passphraseSource(call), moved, open: openPerson };
  return unwrap(await unlockOperator(keyHost(), operatorFolder(call.folder), rules));
}

export function memberNamed(home: HomeLedger, text: string): MemberState {
  return unwrap(findMember(stateOf(home.replica), text, nodePlatform));
}

/** Where a command that stages opens its ledger: to write only where it signs at once. */
export function stagingAccess(call: Call, urgent = false): Access {
  return { write: call.flag('commit'), urgent };
}

/** What stands in staged.json for this ledger. */
export function stagedIn(home: HomeLedger): Staged {
  return unwrap(readStaged(keyHost(), home.folder, home.replica.ledger));
}

/** Stages acts that can be written now, shows what they would do, and signs them with --commit. */
export async function stageActs(
  call: Call,
  print: Printer,
  home: HomeLedger,
  intents: readonly Intent[],
): Promise<Exit> {
  const { publicKey } = ownCard(call.folder);
  const { replica, folder } = home;
  const earlier = stagedIn(home).intents;
  if (call.flag('commit') && earlier.length > 0) {
    const what = `${counted(earlier.length, 'other act')} would be signed with it`;
    throw new Stop(
      wrongUse(what, 'say it without --commit, see `kith staged`, then `kith commit`'),
    );
  }
  const before = planFor(replica, publicKey, earlier, nowMs());
  const plan = planFor(before.after, publicKey, intents, nowMs());
  if (plan.fault !== null) throw new Stop(complaintOf(plan.fault.code, plan.fault.detail));
  const staged = unwrap(stage(keyHost(), folder, replica.ledger, intents));
  if (call.flag('commit')) return commitAll(call, print, home, { asks: false });
  const preview = previewOf(before.after, plan.after);
  const first = staged.intents.length - intents.length + 1;
  const names = namesAfter(home, plan);
  print.result(
    { ...planDocument(plan, preview, names, first), total: staged.intents.length },
    () => [
      ...planLines(plan, names, first, false),
      ...previewTexts(preview, names).map((text) => `   ${text}`),
      'nothing is signed yet: `kith staged` shows the exact records, `kith commit` signs them',
    ],
  );
  return 'ok';
}

/** Names as they will be: who joins has one already. */
export function namesAfter(home: HomeLedger, plan: Plan): NameOf {
  const now = namesAt(home);
  const later = namesIn(stateOf(plan.after), plan.after.papers);
  const known = new Set(stateOf(home.replica).members.map(({ key }) => key));
  return (key) => (known.has(key) ? now(key) : later(key));
}

/** One line a step, or three with its id and the exact record. */
export function planLines(plan: Plan, nameOf: NameOf, first: number, whole: boolean): string[] {
  return plan.steps.flatMap(({ now, drafted }, i) => {
    const deed = `${first + i}. ${deedOf(now, nameOf)}`;
    if (!drafted.ok) {
      const { what } = complaintOf(drafted.code);
      return [deed, `   cannot be signed: ${what}`];
    }
    const { record } = drafted.value;
    return whole ? [deed, `   ${record.id}`, `   ${record.unsigned}`] : [deed];
  });
}

export function planDocument(
  plan: Plan,
  preview: Preview,
  nameOf: NameOf,
  first: number,
): Record<string, unknown> {
  return {
    staged: plan.steps.map(({ now, drafted }, i) => ({
      number: first + i,
      deed: deedOf(now, nameOf),
      ...draftDocument(drafted),
    })),
    changes: preview.changes.map((change) => changeDocument(change, nameOf)),
    voids: preview.voids,
    // All of it in the words that people read.
    says: previewTexts(preview, nameOf),
  };
}

function draftDocument(drafted: Result<Drafted, DraftCode>): object {
  if (!drafted.ok) {
    const { what, hint } = complaintOf(drafted.code);
    return { refused: { code: drafted.code, what, hint, detail: drafted.detail } };
  }
  const { id, unsigned } = drafted.value.record;
  return { id, record: JSON.parse(unsigned) as Json };
}

/** Signs everything staged: shown first, asked for at a terminal. */
export async function commitAll(
  call: Call,
  print: Printer,
  home: HomeLedger,
  { asks }: { readonly asks: boolean },
): Promise<Exit> {
  const { replica, folder } = home;
  const host = keyHost();
  const { publicKey } = ownCard(folder);
  const release = lockStaged(host, folder);
  try {
    const plan = planFor(replica, publicKey, stagedIn(home).intents, nowMs());
    const preview = previewOf(replica, plan.after);
    const names = namesAfter(home, plan);
    const lines = [
      ...planLines(plan, names, 1, false),
      ...previewTexts(preview, names).map((text) => `   ${text}`),
    ];
    if (!print.json && plan.steps.length > 0) print.item({}, () => lines);
    const question = `sign ${counted(plan.steps.length, 'record')}?`;
    if (asks && plan.fault === null && plan.steps.length > 0) {
      await confirmed(question, lines);
    }
    const signer = await unlock(call, call.flag('moved'));
    const committed = unwrap(await commitStaged(host, folder, { home, signer, nowMs }));
    const { written, finished, fault } = committed;
    const document = {
      written: written.map(({ id, seq, act }) => ({ id, seq, kind: act.kind })),
      finished: finished.map(({ id, seq, act }) => ({ id, seq, kind: act.kind })),
    };
    if (fault !== null) {
      const complaint = complaintOf(fault.refused.code, `staged act ${fault.number}`);
      throw new Stop({ ...complaint, facts: document });
    }
    print.result(document, () => [
      ...finished.map((record) => `finished ${short(record.id)}: signed by an earlier run`),
      ...written.map((record) => `signed ${short(record.id)}, your record ${record.seq}`),
    ]);
    return 'ok';
  } finally {
    release();
  }
}
