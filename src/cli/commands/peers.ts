// `kith peers`: the link to each machine, and why it is what it is.

import type { PeerLink } from '../../../proto/status.ts';
import { askDaemon } from '../../daemon/client.ts';
import { bytesText } from '../../../proto/sizes.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { type Printer, plain } from '../print.ts';
import { columnsOf } from '../table.ts';
import { rttText, spanText } from '../../../proto/when.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const { peers } = await askDaemon(call.folder, 'peers', undefined);
  print.result(peers, () =>
    peers.length === 0
      ? 'no other machine is a member'
      : columnsOf(peers.map(rowOf), print.columns === null ? {} : { width: print.columns }),
  );
  return 'ok';
}

function rowOf(link: PeerLink): string[] {
  const { name, address, lastHandshakeAgoS, rttMs, rxBytes, txBytes, mtu, endpoint, why } = link;
  const handshake =
    lastHandshakeAgoS === null
      ? 'no handshake'
      : `handshake ${spanText(lastHandshakeAgoS * 1000)} ago`;
  return [
    name,
    address,
    pathText(link),
    endpoint ?? '-',
    handshake,
    rttMs === null ? '-' : rttText(rttMs),
    `${bytesText(rxBytes)} in, ${bytesText(txBytes)} out`,
    `MTU ${mtu}`,
    plain(why),
  ];
}

/** `direct`, `relay via attic`. */
export function pathText({ path, via }: Pick<PeerLink, 'path' | 'via'>): string {
  return via === null ? path : `${path} via ${via}`;
}
