// The part of `kith join` that runs in a process of its own: it makes the code, shows it, and is
// the newcomer. Where the code is burnt it ends, and with it the code; the command starts another
// when somebody presses a key.

import { isMemberPreset } from '../../../ledger/presets.ts';
import type { Decoded } from '../../../ledger/record.ts';
import { memberOf, stateOf } from '../../../ledger/replica.ts';
import { WINDOW_MS } from '../../../pairing/limits.ts';
import { fingerprint } from '../../../proto/fingerprint.ts';
import type { RecordId } from '../../../proto/ids.ts';
import { isName } from '../../../proto/names.ts';
import { announce } from '../../genesis/discovery.ts';
import { hardwareOf } from '../../genesis/hardware.ts';
import { type Kept, NOTHING_KEPT, readKept, takeGenesis, writeKept } from '../../genesis/kept.ts';
import { SEEK_MS_MAX, WINDOW_SECONDS_MIN } from '../../genesis/limits.ts';
import { newcomerDesk } from '../../genesis/newcomer.ts';
import { type Pledged, pledgedIn, seekRecord } from '../../genesis/pledged.ts';
import { type WindowEnd, runWindow } from '../../genesis/window.ts';
import { foundDesk, openDesk } from '../../home/desk.ts';
import { keyHost } from '../../home/host.ts';
import type { HomeLedger } from '../../home/ledger.ts';
import { type Identity, openIdentity } from '../../keys/identity.ts';
import { machineLabel } from '../../os/host-name.ts';
import { type Address, hostAndPort } from '../../peer/address.ts';
import { nodePlatform } from '../../platform.ts';
import { realDisk } from '../../store/disk.ts';
import { listenAddress } from '../address.ts';
import type { Call } from '../command.ts';
import { Stop, wrongUse } from '../complaint.ts';
import type { Exit } from '../exit.ts';
import { tryHome } from '../home.ts';
import { namesIn } from '../names.ts';
import type { Printer } from '../print.ts';
import { complaintOf, stop, unwrap } from '../sentences.ts';
import { type Console, consoleOf } from './console.ts';
import { begun, endingSignal } from './start.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const signal = endingSignal();
  const wish = wishIn(call);
  const { renewed = false } = await begun();
  realDisk.makeFolder(call.folder);
  const release = unwrap(takeGenesis(call.folder));
  return showCode(call, print, { wish, renewed, signal }).finally(release);
}

async function showCode(
  call: Call,
  print: Printer,
  { wish, renewed, signal }: { wish: Wish; renewed: boolean; signal: AbortSignal },
): Promise<Exit> {
  const { folder } = call;
  const host = keyHost();
  const identity = unwrap(openIdentity(host, folder, call.flag('moved')));
  const here = await standingIn(folder, identity);
  if (here.at === 'member') return joined(folder, identity, print);
  if (here.at === 'removed') return stop('removed-here');
  const before = pledgedIn(host, folder);
  if (before !== null && (await isFound(folder, identity, before, signal))) {
    return joined(folder, identity, print);
  }
  const { network } = here;
  const kept = keptFor(unwrap(readKept(host, folder)), renewed);
  if (renewed) writeKept(host, folder, kept);
  const screen = consoleOf(print, { name: wish.name, key: identity.publicKey, folder });
  const hardware = hardwareOf(folder);
  const found = announcer(call, wish, screen);
  const end = await runWindow({
    ...{ host, folder, key: identity.publicKey, name: wish.name, kept, signal },
    ...{ network, listen: wish.listen, via: wish.via, openMsMax: wish.openMsMax, identity },
    desk: newcomerDesk(host, identity, folder),
    introduction: { role: wish.role, labels: [], endpoints: [], hardware },
    tell: found.tell,
    seek: async (pledged, aborted) =>
      (await standingIn(folder, identity)).at === 'member' ||
      isFound(folder, identity, pledged, aborted),
  }).finally(() => {
    screen.close();
    found.stop();
  });
  return ending(end, screen.leftMs(), folder, identity, print);
}

/** The console, and beside it the announcement of a window that has opened. */
function announcer(
  call: Call,
  { name, role }: Wish,
  screen: Console,
): { tell: Console['tell']; stop: () => void } {
  let announced: Promise<() => void> | null = null;
  let place: { readonly host: string; readonly port: number } | null = null;
  return {
    tell(event) {
      if (event.what === 'listening') place = event;
      screen.tell(event);
      // Only while there is a code to type.
      if (event.what !== 'shown' || place === null || call.flag('hidden')) return;
      const { port, host } = place;
      const { fingerprint: print4 } = screen;
      announced ??= announce({ name, role, port, fingerprint: print4 }, host);
    },
    stop: () => void announced?.then((end) => end()),
  };
}

async function ending(
  end: WindowEnd,
  leftMs: number,
  folder: string,
  identity: Identity,
  print: Printer,
): Promise<Exit> {
  switch (end) {
    case 'joined':
      return joined(folder, identity, print);
    case 'burnt':
      await new Promise<void>((sent) => {
        if (process.send === undefined) sent();
        else process.send({ leftMs }, () => sent());
      });
      return 'burnt';
    case 'cancelled':
      throw new Stop(complaintOf('cancelled'));
    case 'expired':
    case 'given-up':
      return stop('code-expired');
  }
}

interface Wish {
  readonly name: string;
  readonly role: string;
  readonly listen: Address | null;
  readonly via: Address | null;
  readonly openMsMax: number;
}

function wishIn(call: Call): Wish {
  const name = call.value('name') ?? machineLabel();
  if (!isName(name)) {
    throw new Stop(wrongUse(`${name} is no name`, 'use a-z, 0-9 and dashes, at most 63'));
  }
  const role = call.value('role') ?? 'peer';
  if (!isMemberPreset(role))
    throw new Stop(wrongUse(`${role} is no role`, 'say peer, observer or guest'));
  const where = call.value('listen');
  const listen = where === undefined ? null : listenAddress(where);
  if (listen !== null && 'what' in listen) throw new Stop(listen);
  const door = call.value('via');
  const via = door === undefined ? null : hostAndPort(door);
  if (door !== undefined && (via === null || via.port === 0)) {
    throw new Stop(wrongUse(`${door} as --via`, 'say HOST:PORT, as the door of a member has it'));
  }
  const seconds = call.value('for') ?? String(WINDOW_MS / 1_000);
  const openMsMax = /^[0-9]{1,3}$/.test(seconds) ? Number(seconds) * 1_000 : 0;
  if (openMsMax < WINDOW_SECONDS_MIN * 1_000 || openMsMax > WINDOW_MS) {
    const hint = `say a number of seconds, ${WINDOW_MS / 1_000} at most`;
    throw new Stop(wrongUse(`${seconds} as --for`, hint));
  }
  return { name, role, listen, via, openMsMax };
}

interface Standing {
  readonly at: 'stranger' | 'member' | 'removed';
  /** That of the ledger here. */
  readonly network: RecordId | null;
}

/** What the ledger of a folder, if it has one, says of this machine. */
async function standingIn(folder: string, { publicKey }: Identity): Promise<Standing> {
  const standing = await tryHome<Standing>(folder, { write: false }, async ({ replica }) => {
    const member = memberOf(replica, publicKey);
    const { ledger: network } = replica;
    if (member === null) return { at: 'stranger', network };
    return { at: member.cut === null ? 'member' : 'removed', network };
  });
  return standing ?? { at: 'stranger', network: null };
}

/** Whether a member has the record of an admission that was accepted. */
async function isFound(
  folder: string,
  identity: Identity,
  pledged: Pledged,
  signal: AbortSignal,
): Promise<boolean> {
  if (pledged.doors.length === 0) return false;
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(SEEK_MS_MAX)]);
  let home: HomeLedger | null = null;
  try {
    const begin = async (genesis: Decoded): Promise<HomeLedger> =>
      (home ??= (await openDesk(folder)) ?? (await foundDesk(folder, genesis, false)));
    return (await seekRecord(pledged, { identity, signal: inTime, begin })) !== null;
  } finally {
    await (home as HomeLedger | null)?.close();
  }
}

/** A key press gives a new code three tries; the pledges stay. */
function keptFor(kept: Kept, renewed: boolean): Kept {
  return renewed ? { ...kept, used: 0 } : kept;
}

/** In: whether by this run or by one before it that was ended too early to say so. */
async function joined(folder: string, identity: Identity, print: Printer): Promise<Exit> {
  const facts = await tryHome(folder, { write: false }, async ({ replica, store }) => {
    const state = stateOf(replica);
    const nameOf = namesIn(state, replica.papers);
    const { publicKey: key } = identity;
    const by = memberOf(replica, key)?.by;
    const admission = by === undefined ? null : store.find(by);
    return {
      network: state.network,
      ledger: state.ledger,
      node: { name: nameOf(key), key, fingerprint: fingerprint(key, nodePlatform) },
      record: by ?? null,
      operator: admission === null ? null : nameOf(admission.author),
      records: replica.records,
    };
  });
  writeKept(keyHost(), folder, NOTHING_KEPT);
  print.item({ event: 'joined', ...facts }, () => [
    `This machine is ${facts?.node.name} of the network ${facts?.network}, ` +
      `admitted by ${facts?.operator}.`,
    `  ledger      ${facts?.ledger}`,
    `  records     ${facts?.records}`,
    `  fingerprint ${facts?.node.fingerprint}`,
    'Next: `kith up` keeps it in touch with the others.',
  ]);
  return 'ok';
}
