// `kith remove MEMBER`: cut at the head held here, or earlier on purpose.

import { findPlace } from '../../../ledger/find-place.ts';
import type { Intent } from '../../../ledger/intent.ts';
import type { Key } from '../../../proto/ids.ts';
import { isSyncedLately, lastSynced } from '../../acts/synced.ts';
import { keyHost } from '../../home/host.ts';
import type { HomeLedger } from '../../home/ledger.ts';
import { nowMs } from '../../os/clock.ts';
import type { Call } from '../command.ts';
import { Stop } from '../complaint.ts';
import { memberNamed, stageActs, stagingAccess } from '../desk.ts';
import type { Exit } from '../exit.ts';
import { withHome } from '../home.ts';
import type { Printer } from '../print.ts';
import { complaintOf, unwrap } from '../sentences.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  return withHome(call.folder, stagingAccess(call, true), async (home) => {
    const target = memberNamed(home, call.needed('member')).key;
    const at = call.value('at');
    const isKnown = isSyncedLately(lastSynced(keyHost(), call.folder), nowMs());
    // Cut earlier, it takes with it what others have built on: also what is not held here.
    if (at !== undefined && !isKnown && !call.flag('anyway')) {
      throw new Stop(complaintOf('not-synced'));
    }
    if (at === undefined && !isKnown) {
      print.note('note: not synced lately; what it wrote and is not held here will be void, too');
    }
    const intent = at === undefined ? cutHere(target) : cutEarlier(home, target, at);
    return stageActs(call, print, home, [intent]);
  });
}

function cutHere(target: Key): Intent {
  return { act: { kind: 'member.remove', body: { target, seq: 0 } }, refs: [], at: 'current' };
}

function cutEarlier({ replica }: HomeLedger, target: Key, at: string): Intent {
  const { seq, id } = unwrap(findPlace(replica, target, at));
  const act = { kind: 'member.remove', body: { target, seq } } as const;
  return { act, refs: id === '' ? [] : [id], at: 'fixed' };
}
