// `kith candidates`: the new machines that announce themselves on this network just now, and those
// that wait in the lobby of a member.

import { stateOf } from '../../../ledger/replica.ts';
import { type Candidate, type Looked, lookForCandidates } from '../../genesis/candidates.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { tryHome } from '../home.ts';
import { type NameOf, namesIn, short } from '../names.ts';
import type { Printer } from '../print.ts';
import { columnsOf } from '../table.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const looked = await lookForCandidates(call.folder);
  const { candidates, lobbies, silent } = looked;
  const isNamed = lobbies !== null && lobbies + silent.length > 0;
  const nameOf = isNamed ? await namesOf(call.folder) : short;
  const rows = candidates.map((one) => ({
    ...one,
    lobby: one.lobby === null ? null : { key: one.lobby, name: nameOf(one.lobby) },
  }));
  print.result({ candidates: rows, lobbies, silent }, () => [
    ...(candidates.length === 0
      ? ['no new machine announces itself here', 'its console shows an address: that will do']
      : [
          ...columnsOf(candidates.map((one) => columns(one, nameOf))),
          'Anybody can announce anything: the code and the fingerprint tell. kith admit NAME',
        ]),
    ...lobbyLines(looked, nameOf),
  ]);
  return 'ok';
}

function columns(one: Candidate, nameOf: NameOf): string[] {
  const { name, addresses, lobby, source, fingerprint, role } = one;
  const where =
    lobby === null ? addresses.join(' or ') : `${source}, in the lobby of ${nameOf(lobby)}`;
  return [name, where, fingerprint, `asks to be ${role}`];
}

function lobbyLines({ lobbies, silent }: Looked, nameOf: NameOf): string[] {
  if (lobbies === null) return ['no daemon runs here, so no lobby was asked: kith up'];
  return silent.map(({ url, key, why }) => {
    const who = key === null ? url : `${nameOf(key)} (${url})`;
    return `${who} did not say who waits there: ${why}`;
  });
}

async function namesOf(folder: string): Promise<NameOf> {
  const nameOf = await tryHome(folder, { write: false }, async ({ replica }) =>
    namesIn(stateOf(replica), replica.papers),
  );
  return nameOf ?? short;
}
