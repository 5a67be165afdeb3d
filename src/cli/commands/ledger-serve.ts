// `kith ledger serve`: the peer API of this machine until somebody stops it.

import type { HomeLedger } from '../../home/ledger.ts';
import { ingestInto, servingOf } from '../../peer/members.ts';
import type { PeerEvent } from '../../peer/served.ts';
import { servePeers } from '../../peer/server.ts';
import type { Ingest } from '../../peer/lines.ts';
import { type Address, urlOf } from '../../peer/address.ts';
import { listenAddress } from '../address.ts';
import type { Call } from '../command.ts';
import { Stop } from '../complaint.ts';
import type { Exit } from '../exit.ts';
import { namesAt, withHome } from '../home.ts';
import { ticketText } from '../names.ts';
import { nodeOf } from '../node.ts';
import type { Printer } from '../print.ts';
import { counted } from '../../../proto/when.ts';

const ANY_PORT = '127.0.0.1:0';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const listen = listenAddress(call.value('listen') ?? ANY_PORT);
  if ('what' in listen) throw new Stop(listen);
  return withHome<Exit>(call.folder, { write: true, alone: true }, (home) =>
    serve(home, listen, call, print),
  );
}

async function serve(home: HomeLedger, listen: Address, call: Call, print: Printer): Promise<Exit> {
  const identity = nodeOf(home, call.flag('moved'), print);
  // Before the port is open: whoever waits for the address may stop us at once.
  const stopped = untilStopped();
  const server = await servePeers({
    ...servingOf(home, identity.publicKey),
    identity,
    listen,
    ingest: tellingIngest(home, print),
    log: eventTeller(home, print),
  });
  const url = urlOf(server.address);
  print.item(
    { event: 'listening', url, ...server.address, node: identity.publicKey },
    () => `listening at ${url}; stop with Ctrl-C`,
  );
  await stopped;
  await server.close();
  print.item({ event: 'stopped' }, () => 'stopped');
  return 'ok';
}

/** Resolves at the first SIGINT or SIGTERM; the second ends the process as if nobody listened. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.off('SIGINT', stop).off('SIGTERM', stop);
      resolve();
    };
    process.on('SIGINT', stop).on('SIGTERM', stop);
  });
}

function tellingIngest(home: HomeLedger, print: Printer): Ingest {
  const ingest = ingestInto(home);
  return async (lines, from) => {
    const ingested = await ingest(lines, from);
    const { accepted } = ingested;
    if (accepted > 0) {
      const name = namesAt(home)(from);
      print.item({ event: 'received', records: accepted, from, name }, () => {
        return `received ${counted(accepted, 'record')} from ${name}`;
      });
    }
    return ingested;
  };
}

/** Says each thing once: a stranger who knocks all day is one line. */
const TOLD_MAX = 1_000;

function eventTeller(home: HomeLedger, print: Printer): (event: PeerEvent) => void {
  const told = new Set<string>();
  return (event) => {
    if (event.kind === 'agreed') return;
    const text = eventText(event, home);
    if (told.has(text) || told.size >= TOLD_MAX) return;
    told.add(text);
    print.note(text);
  };
}

function eventText(event: Exclude<PeerEvent, { kind: 'agreed' }>, home: HomeLedger): string {
  switch (event.kind) {
    case 'turned-away':
      return `turned away ${event.address} (${event.why})`;
    case 'faulty-peer':
      return `${namesAt(home)(event.key)} sent what no honest peer sends: not spoken to for a while`;
    case 'ticket':
      return ticketText(event, namesAt(home));
    case 'failed': {
      const { error } = event;
      const why = error instanceof Error ? error.message : String(error);
      return `a request of ${namesAt(home)(event.key)} failed: ${why}`;
    }
  }
}
