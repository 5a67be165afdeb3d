// `kith up`: the daemon of this machine, in the foreground, with a log line for each event.

import type { DaemonEvent } from '../../daemon/events.ts';
import { type RunningDaemon, startDaemon } from '../../daemon/daemon.ts';
import { ENDPOINTS_MAX } from '../../../ledger/limits.ts';
import type { Key } from '../../../proto/ids.ts';
import { isEndpoint } from '../../../proto/names.ts';
import { nowMs } from '../../os/clock.ts';
import { keepHeapSmall } from '../../os/heap.ts';
import { doorPlace, peerUrl } from '../address.ts';
import type { Call } from '../command.ts';
import { Stop, wrongUse } from '../complaint.ts';
import type { Exit } from '../exit.ts';
import { namesAt } from '../home.ts';
import { type NameOf, short, ticketText } from '../names.ts';
import { type Printer, plain } from '../print.ts';
import { counted } from '../../../proto/when.ts';
import { ownVersion } from './version.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const place = doorPlace(call.value('listen'), call.value('port'));
  if ('what' in place) throw new Stop(place);
  const told = call.values('peer').map((text) => {
    const url = peerUrl(text);
    if (typeof url !== 'string') throw new Stop(url);
    return url;
  });
  const named = call.values('endpoint');
  const wrong = named.find((text) => !isEndpoint(text));
  if (wrong !== undefined || named.length > ENDPOINTS_MAX) {
    const what = `${wrong ?? 'more than eight'} as --endpoint`;
    throw new Stop(wrongUse(what, 'say HOST:PORT, as others reach it; IPv6 in brackets'));
  }
  let daemon: RunningDaemon | undefined;
  const nameOf: NameOf = (key) => {
    const home = daemon?.home() ?? null;
    return home === null ? short(key) : namesAt(home)(key);
  };
  // Listened for from the beginning: reading a large ledger takes a while.
  let asked: NodeJS.Signals | null = null;
  const onSignal = (signal: NodeJS.Signals): void => {
    asked = signal;
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    daemon?.stop(signal);
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    daemon = await startDaemon({
      ...{ folder: call.folder, version: ownVersion(), told, named },
      ...{ moved: call.flag('moved'), lobby: call.flag('lobby') },
      place: { ...place, shared: !call.flag('no-mesh') },
      mesh: call.flag('no-mesh') ? null : { relay: call.flag('relay'), lobby: call.flag('lobby') },
      log: settling(logTo(print, nameOf)),
    });
    if (daemon.copied) print.note('this folder is a copy: it serves and syncs, and signs nothing');
    if (asked !== null) daemon.stop(asked);
    await daemon.stopped;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
  return 'ok';
}

/** The work of a start is done once the ledger is there: read, or come to a new machine. */
function settling(log: (event: DaemonEvent) => void): typeof log {
  let isSettling = false;
  return (event) => {
    const hasLedger =
      event.event === 'records' || (event.event === 'running' && event.records !== null);
    if (!isSettling && hasLedger) {
      isSettling = true;
      keepHeapSmall();
    }
    log(event);
  };
}

/** Strangers who knock are told once each, and so many of them: they must not fill the log. */
const STRANGERS_TOLD_MAX = 1_000;

function logTo(print: Printer, nameOf: NameOf): (event: DaemonEvent) => void {
  const told = new Set<string>();
  return (event) => {
    if (event.event === 'turned-away') {
      const who = `${event.address} ${event.why}`;
      if (told.has(who) || told.size >= STRANGERS_TOLD_MAX) return;
      told.add(who);
    }
    if (print.json) print.item({ at: nowMs(), ...event }, () => '');
    else print.note(plain(eventText(event, nameOf)));
  };
}

function eventText(event: DaemonEvent, nameOf: NameOf): string {
  switch (event.event) {
    case 'opening':
      return `process ${event.pid} opens ${event.folder}`;
    case 'running': {
      const { records, socket } = event;
      const held = records === null ? 'there is no ledger yet' : counted(records, 'record');
      return `running: ${held}; commands find it at ${socket}`;
    }
    case 'listening':
      return `members find it at ${event.url}`;
    case 'awaiting':
      return `accepted an admission and has not seen it yet: asks ${counted(event.doors, 'door')}`;
    case 'found':
      return `the record of the admission was at ${event.url}: this machine belongs`;
    case 'door-failed':
      return `the door cannot be opened: ${event.why}; it is tried again`;
    case 'records':
      return `took in ${counted(event.count, 'record')} ${fromText(event.from, nameOf)}`;
    case 'synced':
      return syncedText(event, nameOf);
    case 'turned-away':
      return `turned away ${event.address} (${event.why})`;
    case 'faulty-peer':
      return `${nameOf(event.key)} sent what no honest peer sends: not spoken to for a while`;
    case 'endpoints':
      return `told the others where it is: ${event.endpoints.join(', ')}`;
    case 'forked':
      return `${nameOf(event.key)} wrote two records at one place: it counts for nothing from there`;
    case 'ticket':
      return ticketText(event, nameOf);
    case 'mesh-up':
      return `the mesh is up: ${event.address} on ${event.interface} (${event.backend})`;
    case 'mesh-failed':
      return `without a mesh: ${event.why}; the ledger is kept all the same`;
    case 'mesh-repaired':
      return `put right on ${event.interface} what others changed: ${event.changes.join(', ')}`;
    case 'link': {
      const via = event.via === null ? '' : ` via ${nameOf(event.via)}`;
      return `link to ${nameOf(event.peer)}: ${event.path}${via}: ${event.why}`;
    }
    case 'liveness':
      return `${nameOf(event.peer)} is ${event.to}`;
    case 'alarm':
      return `ATTENTION: ${event.what}`;
    case 'rotated':
      return `speaks with its key number ${event.counter} now; ${event.ready} had it before`;
    case 'work':
      return `work ${event.id}: ${event.what}`;
    case 'owned':
      return ownedText(event, nameOf);
    case 'image-peer':
      return `${nameOf(event.peer)} is not asked for this image any more: ${event.why}`;
    case 'failed':
      return `${event.what} failed: ${event.why}`;
    case 'carry':
      return event.ended === null
        ? `carries bytes to ${event.to}`
        : `carries no more to ${event.to}: ${event.ended}`;
    case 'lobby':
      return lobbyText(event, nameOf);
    case 'stopping':
      return `stopping: ${event.why}`;
    case 'stopped':
      return 'stopped';
  }
}

function lobbyText(event: Extract<DaemonEvent, { event: 'lobby' }>, nameOf: NameOf): string {
  const [member, newcomer] = [nameOf(event.member), short(event.newcomer)];
  return event.ended === null
    ? `carries ${member} to the new machine ${newcomer} in the lobby`
    : `carries ${member} no more to ${newcomer}: ${event.ended}`;
}

function ownedText(
  { id, host, what }: Extract<DaemonEvent, { event: 'owned' }>,
  nameOf: NameOf,
): string {
  switch (what) {
    case 'lost':
      return `${nameOf(host)} is lost with work ${id}: it is placed elsewhere`;
    case 'unknown':
      return `${nameOf(host)} does not answer: nobody knows whether work ${id} runs there`;
    case 'stop':
    case 'kill':
      return `${nameOf(host)} has asked to ${what} work ${id}`;
  }
}

function fromText(from: Key | null, nameOf: NameOf): string {
  return from === null ? 'here' : `from ${nameOf(from)}`;
}

function syncedText(
  { url, peer, received, sent, why }: Extract<DaemonEvent, { event: 'synced' }>,
  nameOf: NameOf,
): string {
  const whom = peer === null ? url : `${nameOf(peer)} (${url})`;
  const moved = `received ${received}, sent ${sent}`;
  return why === null
    ? `in agreement with ${whom}: ${moved}`
    : `not with ${whom}: ${why}; ${moved}`;
}
