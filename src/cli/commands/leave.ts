// `kith leave`: this machine forgets its network, after a person has said so.

import { existsSync } from 'node:fs';
import { memberOf, stateOf } from '../../../ledger/replica.ts';
import { findDaemon } from '../../daemon/client.ts';
import { takeGenesis } from '../../genesis/kept.ts';
import { ownFiles, removeOwn } from '../../genesis/leave.ts';
import { operatorFolder } from '../../home/folder.ts';
import { keyHost } from '../../home/host.ts';
import { readIdentityKey } from '../../keys/identity.ts';
import { readOperatorKey } from '../../keys/operator.ts';
import { takeLock } from '../../store/lock.ts';
import { canConfirm, confirmed } from '../ask.ts';
import type { Call } from '../command.ts';
import { Stop, wrongUse } from '../complaint.ts';
import type { Exit } from '../exit.ts';
import { tryHome } from '../home.ts';
import type { Printer } from '../print.ts';
import { stop, unwrap } from '../sentences.ts';
import { counted } from '../../../proto/when.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const { folder } = call;
  if (!existsSync(folder) || ownFiles(folder).length === 0) return stop('nothing-to-leave', folder);
  if ((await findDaemon(folder)) !== null) return stop('daemon-runs', folder);
  const left = await standingIn(folder);
  const hasOperator = readOperatorKey(keyHost(), operatorFolder(folder)).ok;
  if (!call.flag('yes')) {
    if (!canConfirm()) {
      throw new Stop(wrongUse('this removes the data of this machine for good', 'say --yes'));
    }
    const lines = warning(folder, left);
    for (const line of lines) print.note(line);
    await confirmed('remove it?', lines);
  }
  const ends = [unwrap(takeGenesis(folder)), takeLock(folder)];
  try {
    removeOwn(folder);
  } finally {
    for (const end of ends) end();
  }
  const remains = left?.node === null || left === null ? null : `kith remove ${left.node}`;
  const document = { folder, network: left?.network ?? null, remains, operatorKey: hasOperator };
  print.result({ ...document, node: left?.node ?? null }, () => [
    left === null ? `${folder} is empty.` : `This machine has left ${left.network}.`,
    ...(remains === null ? [] : [`An operator ends its membership elsewhere: ${remains}`]),
    ...(hasOperator
      ? ['The operator key of this machine is kept: remove operator/ yourself if you must.']
      : []),
  ]);
  return 'ok';
}

interface Left {
  readonly network: string;
  /** As the others know it, while they do. */
  readonly node: string | null;
  readonly others: number;
}

async function standingIn(folder: string): Promise<Left | null> {
  const key = readIdentityKey(keyHost(), folder);
  return tryHome(folder, { write: false }, async ({ replica }) => {
    const { members, network } = stateOf(replica);
    const nodes = members.filter(({ class: its, removed }) => its === 'node' && !removed);
    const own = key.ok && memberOf(replica, key.value)?.cut === null ? key.value : null;
    const node = nodes.find((one) => one.key === own)?.shown ?? null;
    return { network, node, others: nodes.filter((one) => one.key !== own).length };
  });
}

function warning(folder: string, left: Left | null): string[] {
  if (left === null) return [`${folder} holds the key of a machine and no ledger.`];
  const { network, node, others } = left;
  return [
    `This removes the ledger of ${network} and the key of this machine from ${folder}.`,
    ...(others === 0
      ? ['No other node has this ledger: with it the network is gone.']
      : [`${counted(others, 'other node')} of it keep theirs.`]),
    ...(node === null ? [] : [`The others know it as ${node} until an operator removes it.`]),
  ];
}
