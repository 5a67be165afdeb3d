// `kith candidates`: the new machines that announce themselves on this network just now.

import type { Found } from '../../genesis/announcement.ts';
import { lookAround } from '../../genesis/discovery.ts';
import { LOOK_MS } from '../../genesis/limits.ts';
import { textOfAddress } from '../../peer/address.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import type { Printer } from '../print.ts';
import { columnsOf } from '../table.ts';

export async function run(_call: Call, print: Printer): Promise<Exit> {
  const found = await lookAround(LOOK_MS);
  const candidates = found.map((one) => ({ ...one, address: addressOf(one) }));
  print.result({ candidates }, () =>
    candidates.length === 0
      ? ['no new machine announces itself here', 'its console shows an address: that will do']
      : [
          ...columnsOf(
            candidates.map(({ name, address, fingerprint, role }) => [
              name,
              address,
              fingerprint,
              `asks to be ${role}`,
            ]),
          ),
          'Anybody can announce anything: the code and the fingerprint tell. kith admit NAME',
        ],
  );
  return 'ok';
}

export function addressOf({ source, port }: Found): string {
  return textOfAddress({ host: source, port });
}
