// `kith ping`: asks the daemon of a machine for a sign of life over the mesh.

import { askDaemon } from '../../daemon/client.ts';
import type { Ping } from '../../mesh/facts.ts';
import type { Call } from '../command.ts';
import { Stop, wrongUse } from '../complaint.ts';
import type { Exit } from '../exit.ts';
import { withHome } from '../home.ts';
import { type Printer, plain } from '../print.ts';
import { memberNamed } from '../desk.ts';
import { stop } from '../sentences.ts';
import { rttText } from '../../../proto/when.ts';
import { pathText } from './peers.ts';

const COUNT = 4;
const COUNT_MAX = 1_000;
const GAP_MS = 1_000;

export async function run(call: Call, print: Printer): Promise<Exit> {
  const count = countIn(call.value('count'));
  const { key, shown } = await withHome(call.folder, { write: false }, async (home) =>
    memberNamed(home, call.needed('node')),
  );
  const pings: Ping[] = [];
  for (let i = 0; i < count; i++) {
    if (i > 0) await new Promise((resolve) => void setTimeout(resolve, GAP_MS));
    const ping = await askDaemon(call.folder, 'ping', { node: key });
    pings.push(ping);
    if (!print.json) print.item({}, () => plain(lineOf(shown, ping)));
  }
  const times = pings.flatMap(({ rttMs }) => rttMs ?? []);
  const { path, via, why } = pings.at(-1) as Ping;
  const document = { name: shown, key, sent: count, received: times.length, path, via, why, pings };
  if (print.json) print.result(document, () => '');
  if (times.length === 0) return print.json ? 'unreachable' : stop('no-pong', shown);
  return 'ok';
}

function countIn(text: string | undefined): number {
  const count = text === undefined ? COUNT : Number(text);
  if (Number.isInteger(count) && count > 0 && count <= COUNT_MAX) return count;
  throw new Stop(wrongUse(`--count is no such number: ${text}`, `say 1 to ${COUNT_MAX}`));
}

function lineOf(name: string, { rttMs, why, ...link }: Ping): string {
  return rttMs === null
    ? `${name}: no answer (${pathText(link)}: ${why})`
    : `${name}: ${rttText(rttMs)}, ${pathText(link)}`;
}
