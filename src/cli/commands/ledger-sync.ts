// `kith ledger sync`: this ledger and that of a peer brought to the same records.

import { holdingsOf } from '../../../ledger/holdings.ts';
import { frontierRoot, memberOf, stateRoot } from '../../../ledger/replica.ts';
import type { Differing, Outcome } from '../../../ledger/sync-state.ts';
import type { Key } from '../../../proto/ids.ts';
import { noteSynced } from '../../acts/synced.ts';
import { askDaemon, findDaemon } from '../../daemon/client.ts';
import { keyHost } from '../../home/host.ts';
import type { HomeLedger } from '../../home/ledger.ts';
import { broughtBy, memberDoor, ingestInto } from '../../peer/members.ts';
import { nowMs } from '../../os/clock.ts';
import { type SyncResult, syncWith } from '../../peer/client.ts';
import { nodePlatform } from '../../platform.ts';
import { peerUrl } from '../address.ts';
import type { Call } from '../command.ts';
import { type Complaint, Stop } from '../complaint.ts';
import type { Exit } from '../exit.ts';
import { namesAt, withHome } from '../home.ts';
import type { NameOf } from '../names.ts';
import { nodeOf } from '../node.ts';
import { type Printer, errorDocument } from '../print.ts';
import { tickerOn } from '../progress.ts';
import { complaintOf, stop } from '../sentences.ts';
import { columnsOf } from '../table.ts';
import { counted } from '../../../proto/when.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const url = peerUrl(call.needed('url'));
  if (typeof url !== 'string') throw new Stop(url);
  const isRunning = (await findDaemon(call.folder)) !== null;
  const asked = isRunning ? await askForSync(call.folder, url) : null;
  return withHome<Exit>(call.folder, { write: asked === null, alone: true }, async (home) => {
    const { result, stopped } = asked ?? (await syncHome(home, url, call, print));
    const complaint = stopped ? complaintOf('cancelled') : complaintAbout(result.outcome);
    const facts = factsOf(home, result);
    const error = complaint === null ? {} : { error: errorDocument(complaint) };
    print.result({ url, ...facts, ...error }, () => page(url, facts));
    if (complaint === null) return 'ok';
    if (!print.json) print.complain(complaint);
    return complaint.exit;
  });
}

interface Synced {
  readonly result: SyncResult;
  readonly stopped: boolean;
}

/** The daemon has the ledger, so it does the syncing. */
async function askForSync(folder: string, url: string): Promise<Synced> {
  return stoppable(async (signal) => {
    try {
      return { result: await askDaemon(folder, 'sync', { url }, signal), stopped: false };
    } catch (error) {
      if (!signal.aborted) throw error;
      return stop('cancelled');
    }
  });
}

/** Runs work that Ctrl-C stops. */
async function stoppable<Value>(work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
  const aborted = new AbortController();
  const abort = (): void => aborted.abort();
  process.once('SIGINT', abort).once('SIGTERM', abort);
  try {
    return await work(aborted.signal);
  } finally {
    process.off('SIGINT', abort).off('SIGTERM', abort);
  }
}

/** One sync with a peer, shown as it goes. */
async function syncHome(
  home: HomeLedger,
  url: string,
  call: Call,
  print: Printer,
): Promise<Synced> {
  const identity = nodeOf(home, call.flag('moved'), print);
  const ticker = tickerOn(process.stderr);
  return stoppable(async (signal) => {
    const result = await syncWith({
      identity,
      url,
      door: memberDoor(home),
      holdings: holdingsOf(home.replica),
      platform: nodePlatform,
      ingest: ingestInto(home),
      brought: broughtBy(home, identity.publicKey),
      signal,
      progress({ moved: { pulled, pushed } }) {
        ticker.show(`syncing: ${pulled.accepted} received, ${pushed.accepted} sent`);
      },
    });
    if (result.outcome.kind === 'agree' && result.peer !== null) {
      noteSynced(keyHost(), home.folder, { at: nowMs(), peer: result.peer });
    }
    return { result, stopped: signal.aborted };
  }).finally(ticker.clear);
}

interface Facts {
  readonly outcome: Outcome['kind'];
  /** Whether both hold the same records and come to the same state. */
  readonly agree: boolean;
  readonly peer: Key | null;
  readonly name: string | null;
  readonly received: number;
  readonly sent: number;
  readonly rounds: number;
  readonly frontierRoot: string;
  readonly stateRoot: string;
  readonly differing: readonly { readonly author: Key; readonly name: string; why: string }[];
  readonly differingCount: number;
}

function factsOf(home: HomeLedger, { outcome, moved, peer }: SyncResult): Facts {
  const nameOf = namesAt(home);
  const authors: Differing = 'authors' in outcome ? outcome.authors : { count: 0, first: [] };
  return {
    outcome: outcome.kind,
    agree: outcome.kind === 'agree',
    peer,
    name: peer === null ? null : nameOf(peer),
    received: moved.pulled.accepted,
    sent: moved.pushed.accepted,
    rounds: moved.rounds,
    frontierRoot: frontierRoot(home.replica),
    stateRoot: stateRoot(home.replica),
    differing: authors.first.map((author) => ({
      author,
      name: nameOf(author),
      why: whyApart(home, author, nameOf),
    })),
    differingCount: authors.count,
  };
}

/** What is odd about an author of which two members hold different records. */
function whyApart({ replica }: HomeLedger, author: Key, nameOf: NameOf): string {
  const member = memberOf(replica, author);
  if (member === null) return 'nobody here has admitted it';
  if (member.cut !== null) return `removed by ${nameOf(member.cut.author)}`;
  if (member.live.frozen) return 'it wrote two records at one place: a senior settles it';
  return 'one side holds records that the other refuses';
}

function page(url: string, facts: Facts): string[] {
  const { name, received, sent, rounds, agree, stateRoot: root } = facts;
  // Nothing came of it: the complaint says all there is.
  if (rounds === 0 && !agree) return [];
  const rows = [
    ['received', counted(received, 'record')],
    ['sent', counted(sent, 'record')],
    ...(agree ? [['state', root]] : []),
    ...facts.differing.map(({ name: author, why }) => ['differs', `${author}: ${why}`]),
  ];
  const more = facts.differingCount - facts.differing.length;
  if (more > 0) rows.push(['', `and ${counted(more, 'more', 'more')}`]);
  const whom = name === null ? url : `${name} (${url})`;
  const ended = agree ? 'both hold the same' : 'they do not hold the same';
  const after = rounds === 0 ? '' : ` after ${counted(rounds, 'round')}`;
  return [`${whom}: ${ended}${after}`, ...columnsOf(rows, { indent: 2 })];
}

/** What a person is told of a sync that did not end in agreement. */
export function complaintAbout(outcome: Outcome): Complaint | null {
  switch (outcome.kind) {
    case 'agree':
      return null;
    case 'differs':
      return complaintOf('apart', outcome.why);
    case 'other-rules':
      return complaintOf('other-rules', `version ${outcome.theirs}`);
    case 'state-mismatch':
      return complaintOf('state-mismatch', `${outcome.ours} here, ${outcome.theirs} there`);
    case 'other-ledger':
      return complaintOf('peer-other-ledger', outcome.ledger);
    case 'faulty-peer':
      return complaintOf('peer-faulty', outcome.why);
    case 'broken':
      return complaintOf('peer-unreachable', outcome.why);
  }
}
