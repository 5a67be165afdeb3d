// `kith operator key`: this machine's own operator key, and how to have it admitted.

import { memberOf, stateOf } from '../../../ledger/replica.ts';
import { operatorFolder } from '../../home/folder.ts';
import { keyHost } from '../../home/host.ts';
import { readOperatorKey } from '../../keys/operator.ts';
import { machineLabel, userLabel } from '../../os/host-name.ts';
import type { Call } from '../command.ts';
import { Stop, wrongUse } from '../complaint.ts';
import { ownCard } from '../desk.ts';
import type { Exit } from '../exit.ts';
import { tryHome } from '../home.ts';
import { keyDocument, makeKey, walletSeed } from '../own-key.ts';
import type { Printer } from '../print.ts';
import { complaintOf } from '../sentences.ts';
import { columnsOf } from '../table.ts';
import { nameIn } from './operator-add.ts';

const MAKING = ['name', 'import-wallet', 'passphrase-file', 'no-passphrase'] as const;

export async function run(call: Call, print: Printer): Promise<Exit> {
  const folder = operatorFolder(call.folder);
  const known = readOperatorKey(keyHost(), folder);
  const isNew = !known.ok && known.code === 'file-missing';
  const asked = MAKING.find((name) => call.flag(name));
  if (!isNew && asked !== undefined) {
    const complaint = complaintOf('file-exists', folder);
    throw new Stop({ ...complaint, hint: `say it without --${asked} to see the key that is here` });
  }
  if (isNew) {
    const name = nameIn(call.value('name') ?? proposedName());
    await makeKey(call, name, walletSeed(call));
  }
  const card = ownCard(call.folder);
  const shownAs = await tryHome(call.folder, { write: false }, async ({ replica }) => {
    const isMember = memberOf(replica, card.publicKey) !== null;
    const { members } = stateOf(replica);
    return isMember ? (members.find(({ key }) => key === card.publicKey)?.shown ?? null) : null;
  });
  const own = keyDocument(card.publicKey);
  // A key may begin with a dash, which looks like an option: its address never does.
  const spelled = own.key.startsWith('-') ? own.address : own.key;
  const command = `kith operator add ${card.name} ${spelled}`;
  const document = {
    ...{ name: card.name, ...own, sealed: card.sealed, made: isNew, admittedAs: shownAs },
    ...(shownAs === null ? { admitWith: command } : {}),
  };
  print.result(document, () => [
    ...columnsOf([
      ['operator key', card.name],
      ['key', own.key],
      ['fingerprint', own.fingerprint],
      ['address', own.address],
      ['passphrase', card.sealed ? 'yes' : 'none: the key lies in the open'],
      ['admitted', shownAs === null ? 'not yet' : `as operator/${shownAs}`],
    ]),
    ...(shownAs === null
      ? ['', 'On a machine whose operator may admit others, compare the fingerprint and run:', '']
      : []),
    ...(shownAs === null ? [`  ${command}`, '  kith commit'] : []),
  ]);
  return 'ok';
}

/** Operators are shown by name, and one person has several machines. */
function proposedName(): string {
  const name = nameIn(`${userLabel()}-${machineLabel()}`.slice(0, 63).replace(/-+$/, ''));
  if (name !== '') return name;
  throw new Stop(wrongUse('this machine has no name', 'give one with --name'));
}
