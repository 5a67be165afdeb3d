// `kith set KEY VALUE`, `kith set KEY --unset`.

import { stateOf } from '../../../ledger/replica.ts';
import { isConfigKey } from '../../../ledger/schema.ts';
import { type Json, canonical, outsideProfile } from '../../../proto/json.ts';
import type { Call } from '../command.ts';
import { Stop, wrongUse } from '../complaint.ts';
import { stageActs, stagingAccess } from '../desk.ts';
import type { Exit } from '../exit.ts';
import { withHome } from '../home.ts';
import type { Printer } from '../print.ts';
import { complaintOf } from '../sentences.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const key = call.needed('key');
  const said = call.value('value');
  if (!isConfigKey(key)) {
    const hint = 'a-z, 0-9 and _ in words that are joined by . / or -, such as heating.mode';
    throw new Stop(wrongUse(`${key} is no configuration key`, hint));
  }
  if ((said === undefined) !== call.flag('unset')) {
    throw new Stop(wrongUse('a value or --unset is needed, and not both', 'say one of them'));
  }
  const value = said === undefined ? undefined : valueOf(said);
  return withHome(call.folder, stagingAccess(call), async (home) => {
    const entry = stateOf(home.replica).config.find((one) => one.key === key);
    if (entry === undefined && value === undefined) {
      throw new Stop(complaintOf('no-such-setting', key));
    }
    const isSo = entry !== undefined && entry.others.length === 0 && same(entry.value, value);
    if (isSo) throw new Stop(complaintOf('nothing-new', key));
    const body = value === undefined ? { key } : { key, value };
    return stageActs(call, print, home, [
      { act: { kind: 'config.commit', body }, refs: [], at: 'current' },
    ]);
  });
}

/** JSON where it is JSON, else the text itself. */
export function valueOf(said: string): Json {
  const text = said.normalize('NFC');
  try {
    const value: unknown = JSON.parse(text);
    if (outsideProfile(value) === null) return value as Json;
  } catch {
    // A plain text.
  }
  const why = outsideProfile(text);
  if (why !== null) throw new Stop(wrongUse(`the value has a ${why}`, 'write it without'));
  return text;
}

function same(a: Json | undefined, b: Json | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return canonical(a) === canonical(b);
}
