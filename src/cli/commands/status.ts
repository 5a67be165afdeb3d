// `kith status`, and `kith` alone: the ledger of this machine in a few lines, or how to get one.

import type { MeshStatus } from '../../../proto/status.ts';
import { RULES_VERSION } from '../../../ledger/limits.ts';
import type { Decoded } from '../../../ledger/record.ts';
import { frontierRoot, stateOf, stateRoot } from '../../../ledger/replica.ts';
import type { State } from '../../../ledger/state.ts';
import { lastSynced } from '../../acts/synced.ts';
import { readStaged } from '../../acts/staged.ts';
import { ticketsOf } from '../../acts/tickets.ts';
import { findDaemon } from '../../daemon/client.ts';
import type { Status } from '../../daemon/routes.ts';
import { keyHost } from '../../home/host.ts';
import type { HomeLedger } from '../../home/ledger.ts';
import type { Key } from '../../../proto/ids.ts';
import { nowMs } from '../../os/clock.ts';
import { urlOf } from '../../peer/address.ts';
import type { Store } from '../../store/store.ts';
import type { Call } from '../command.ts';
import { deedOf } from '../deeds.ts';
import type { Exit } from '../exit.ts';
import { type Here, hereIn, hereText } from '../here.ts';
import { namesAt, tryHome } from '../home.ts';
import { meshText, meshWorries } from '../mesh-lines.ts';
import type { Printer } from '../print.ts';
import type { Style } from '../style.ts';
import { columnsOf } from '../table.ts';
import { claimedText, counted, spanText, utcText } from '../../../proto/when.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const { folder } = call;
  const daemon = daemonFacts(await findDaemon(folder));
  const shown = await tryHome(folder, { write: false }, async (home) => {
    const facts = { ...factsOf(home), daemon };
    print.result(facts, () => page(facts, home, print.style));
    return true;
  });
  if (shown === null) {
    const here = hereIn(folder, null);
    print.result({ folder, ledger: null, here, daemon }, () =>
      welcome(folder, daemon, print.style),
    );
  }
  return 'ok';
}

interface DaemonFacts {
  readonly pid: number;
  readonly state: string;
  readonly startedAt: number;
  /** Where peers find it, or null while the ledger does not know this machine as a node. */
  readonly url: string | null;
  /** Addresses that it syncs with, and those that ended in agreement last. */
  readonly peers: number;
  readonly agree: number;
  readonly mesh: MeshStatus;
}

function daemonFacts(status: Status | null): DaemonFacts | null {
  if (status === null) return null;
  const { pid, state, startedAt, door, peers, mesh } = status;
  const agree = peers.filter(({ syncedAt, failures }) => syncedAt !== null && failures === 0);
  const url = door === null ? null : urlOf(door);
  return { pid, state, startedAt, url, peers: peers.length, agree: agree.length, mesh };
}

function daemonText(daemon: DaemonFacts | null): string {
  if (daemon === null) return 'not running: `kith up` keeps this machine in touch';
  const { pid, state, startedAt, url, peers, agree } = daemon;
  const since = `process ${pid}, ${state} for ${spanText(nowMs() - startedAt)}`;
  const door = url === null ? 'no door yet' : url;
  const others =
    peers === 0 ? 'no peer known' : `${agree} of ${counted(peers, 'peer')} in agreement`;
  return `${since}, ${door}, ${others}`;
}

function welcome(folder: string, daemon: DaemonFacts | null, { bold }: Style): string[] {
  const rows = [
    [bold('kith init NAME'), 'found a network, with this machine as its first'],
    [bold('kith ledger import FILE'), 'take in the ledger of a network from a file'],
    [bold('kith help'), 'everything else'],
  ];
  const running = daemon === null ? [] : [`A daemon waits for one: ${daemonText(daemon)}.`];
  const first = `There is no ledger in ${folder} yet.`;
  return [first, ...running, '', ...columnsOf(rows, { indent: 2 })];
}

interface Facts {
  readonly folder: string;
  readonly ledger: string;
  readonly network: string;
  readonly here: Here;
  readonly records: number;
  readonly bytes: number;
  /** Those who were not removed; tickets that are still open. */
  readonly members: Readonly<Record<State['members'][number]['class'], number>>;
  readonly removed: number;
  readonly conflicts: number;
  readonly frozen: number;
  /** Acts that wait for `kith commit`; null where their file does not read. */
  readonly staged: number | null;
  /** When the ledger last agreed with that of a peer, by this machine's clock. */
  readonly synced: { readonly at: number; readonly peer: Key } | null;
  readonly frontierRoot: string;
  readonly stateRoot: string;
  readonly rules: number;
  /** Why this machine may write no records of its own, or null. */
  readonly heldBack: string | null;
  readonly damage: number;
  readonly last: { readonly id: string; readonly author: string; readonly ts: number } | null;
}

function openTickets({ replica }: HomeLedger): number {
  return ticketsOf(replica, nowMs()).filter(({ standing }) => standing === 'open').length;
}

function factsOf(home: HomeLedger): Facts {
  const { folder, store, replica } = home;
  const state = stateOf(replica);
  const { ledger, network, members, conflicts, frozen } = state;
  const standing = members.filter(({ removed }) => removed === undefined);
  const count = (of: string): number => standing.filter((member) => member.class === of).length;
  const last = lastRecord(store);
  const host = keyHost();
  const staged = readStaged(host, folder, ledger);
  return {
    folder,
    ledger,
    network,
    here: hereIn(folder, state),
    records: store.records,
    bytes: store.bytes,
    members: { operator: count('operator'), node: count('node'), ticket: openTickets(home) },
    removed: members.length - standing.length,
    conflicts: conflicts.length,
    frozen: frozen.length,
    staged: staged.ok ? staged.value.intents.length : null,
    synced: lastSynced(host, folder),
    frontierRoot: frontierRoot(replica),
    stateRoot: stateRoot(replica),
    rules: RULES_VERSION,
    heldBack: store.heldBack,
    damage: store.damage.length,
    last: last === null ? null : { id: last.id, author: last.author, ts: last.ts },
  };
}

/** Lines are at most 8 KiB: the last one begins in here, unless much rot follows it. */
const LAST_BYTES = 64 * 1024;

function lastRecord(store: Store): Decoded | null {
  let last: Decoded | null = null;
  for (const batch of store.linesFrom(Math.max(0, store.bytes - LAST_BYTES))) {
    last = batch.at(-1)?.record ?? last;
  }
  return last;
}

function page(
  facts: Facts & { readonly daemon: DaemonFacts | null },
  home: HomeLedger,
  style: Style,
): string[] {
  const nameOf = namesAt(home);
  const last = lastRecord(home.store);
  const { operator, node, ticket } = facts.members;
  const members = [
    counted(operator, 'operator'),
    counted(node, 'node'),
    ...(ticket === 0 ? [] : [counted(ticket, 'open ticket')]),
    ...(facts.removed === 0 ? [] : [`${facts.removed} removed`]),
  ];
  const rows: string[][] = [
    ['folder', facts.folder],
    ['ledger', facts.ledger],
    ['machine', hereText(facts.here)],
    ['members', members.join(', ')],
    ['records', `${counted(facts.records, 'record')} in ${counted(facts.bytes, 'byte')}`],
  ];
  if (last !== null) {
    const when = style.dim(`${claimedText(last.ts, nowMs())} UTC`);
    rows.push(['last', `${nameOf(last.author)}: ${deedOf(last, nameOf)}  ${when}`]);
  }
  if (facts.synced !== null) {
    const { at, peer } = facts.synced;
    rows.push(['synced', `with ${nameOf(peer)}  ${style.dim(`${utcText(at)} UTC`)}`]);
  }
  rows.push(['daemon', daemonText(facts.daemon)]);
  const mesh = facts.daemon?.mesh ?? null;
  if (mesh !== null) rows.push(['mesh', meshText(mesh)]);
  rows.push(['frontier', facts.frontierRoot], ['state', facts.stateRoot]);
  const worrying = [...worries(facts), ...(mesh === null ? [] : meshWorries(mesh, nameOf))];
  rows.push(...worrying.map((worry) => [style.yellow('attention'), worry]));
  return [style.bold(facts.network), ...columnsOf(rows, { indent: 2 })];
}

/** What a person should look at, each with what to do. */
function worries(facts: Facts): string[] {
  const { conflicts, frozen, damage, staged, heldBack } = facts;
  return [
    ...(staged === null ? ['what is staged does not read: see `kith staged`'] : []),
    ...(staged === null || staged === 0
      ? []
      : [`${counted(staged, 'act')} not signed: \`kith staged\` shows, \`kith commit\` signs`]),
    ...(conflicts === 0 ? [] : [`${counted(conflicts, 'conflict')}: see \`kith ledger state\``]),
    ...(frozen === 0 ? [] : [`${counted(frozen, 'frozen author')}: see \`kith ledger state\``]),
    ...(heldBack === null
      ? []
      : [`this machine may not write: ${heldBack}. Sync, then \`kith ledger accept-head\``]),
    ...(damage === 0
      ? []
      : [`${counted(damage, 'damaged line')} in the file: \`kith ledger sync\` brings them again`]),
  ];
}
