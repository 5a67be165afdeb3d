// The files and ledgers that a command names: looked at before anything is opened, so that a
// folder, a pipe or a typo is told in a word and nothing ever waits for a pipe that nobody fills.

import { statSync } from 'node:fs';
import { isKey, isRecordId } from '../../proto/ids.ts';
import type { Pick } from '../home/pick.ts';
import type { Call } from './command.ts';
import { Stop, wrongUse } from './complaint.ts';
import { stop } from './sentences.ts';

/** A file that can be read twice: the rounds of a replay go back to it. */
export function plainFile(path: string): string {
  const facts = statSync(path);
  if (facts.isDirectory()) return stop('EISDIR', path);
  return facts.isFile() ? path : stop('no-plain-file', path);
}

/** --ledger and --root, of which a person gives one. */
export function pickedLedger(call: Call): Pick {
  const [ledger, root] = [call.value('ledger'), call.value('root')];
  if (ledger !== undefined && root !== undefined) {
    throw new Stop(wrongUse('--ledger and --root are both given', 'one of them says enough'));
  }
  if (ledger !== undefined && !isRecordId(ledger)) {
    throw new Stop(
      wrongUse(`--ledger is no id: ${ledger}`, 'it has 43 signs: A-Z, a-z, 0-9, - and _'),
    );
  }
  if (root !== undefined && !isKey(root)) {
    throw new Stop(
      wrongUse(`--root is no key: ${root}`, 'it has 43 signs: A-Z, a-z, 0-9, - and _'),
    );
  }
  return { ...(ledger === undefined ? {} : { ledger }), ...(root === undefined ? {} : { root }) };
}
