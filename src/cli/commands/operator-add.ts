// `kith operator add NAME KEY`: one key signs on one machine, so a second machine gets its own.

import { base58 } from '@scure/base';
import type { Grant } from '../../../ledger/grant.ts';
import { QUOTA_ROOT } from '../../../ledger/limits.ts';
import {
  OPERATOR_PRESETS,
  type Passing,
  fitted,
  isOperatorPreset,
  operatorWishes,
} from '../../../ledger/presets.ts';
import { memberOf, stateOf } from '../../../ledger/replica.ts';
import { isName } from '../../../ledger/schema.ts';
import { toBase64url } from '../../../proto/bytes.ts';
import { KEY_BYTES, type Key, isKey } from '../../../proto/ids.ts';
import type { HomeLedger } from '../../home/ledger.ts';
import type { Call } from '../command.ts';
import { Stop, wrongUse } from '../complaint.ts';
import { ownCard, stageActs, stagingAccess } from '../desk.ts';
import type { Exit } from '../exit.ts';
import { withHome } from '../home.ts';
import type { Printer } from '../print.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const name = nameIn(call.needed('name'));
  const key = keyIn(call.needed('key'));
  const preset = call.value('preset') ?? 'full';
  if (!isOperatorPreset(preset)) {
    const hint = `one of: ${Object.keys(OPERATOR_PRESETS).join(', ')}`;
    throw new Stop(wrongUse(`${preset} is no preset of operators`, hint));
  }
  const quota = quotaIn(call.value('quota'));
  return withHome(call.folder, stagingAccess(call), async (home) => {
    const { grants, missing } = fitted(operatorWishes(preset), passingOf(home, call.folder));
    for (const { action } of missing) print.note(`left out: ${action}, which you cannot pass on`);
    const body = { key, name, grants, ...(quota === undefined ? {} : { quota }) };
    return stageActs(call, print, home, [
      { act: { kind: 'operator.admit', body }, refs: [], at: 'fixed' },
    ]);
  });
}

/** What the operator of this machine may hand on. */
export function passingOf({ replica }: HomeLedger, folder: string): Passing {
  const own = stateOf(replica).members.find(({ key }) => key === ownCard(folder).publicKey);
  if (own === undefined) return [];
  const isRoot = memberOf(replica, own.key)?.root === true;
  return isRoot ? 'root' : own.grants.flatMap(({ grants }): readonly Grant[] => grants);
}

export function nameIn(text: string): string {
  if (isName(text)) return text;
  throw new Stop(wrongUse(`${text} is no name`, 'use a-z, 0-9 and dashes, at most 63'));
}

/** A key as kith writes it, or as the owner of a wallet knows it. */
function keyIn(text: string): Key {
  if (isKey(text)) return text;
  try {
    const bytes = base58.decode(text);
    if (bytes.length === KEY_BYTES) return toBase64url(bytes) as Key;
  } catch {
    // Neither.
  }
  throw new Stop(wrongUse(`${text} is no key`, '`kith operator key` shows it, on its machine'));
}

function quotaIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const quota = /^[1-9][0-9]{0,6}$/.test(text) ? Number(text) : 0;
  if (quota > 0 && quota <= QUOTA_ROOT) return quota;
  throw new Stop(wrongUse(`${text} is no quota`, `say a number from 1 to ${QUOTA_ROOT}`));
}
