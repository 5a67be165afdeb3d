// What the doctor looks at in the data folder and around the daemon: the folder and its disk, the
// ledger, the daemon, its ports, the clock. It writes nothing.

import { createServer } from 'node:net';
import { statSync, statfsSync } from 'node:fs';
import path from 'node:path';
import type { MeshStatus } from '../../proto/status.ts';
import { findDaemon } from '../daemon/client.ts';
import { readDoorPort } from '../daemon/kept.ts';
import { DOOR_PORT } from '../daemon/limits.ts';
import { DaemonFault } from '../daemon/refusals.ts';
import type { Status } from '../daemon/routes.ts';
import { keyHost } from '../home/host.ts';
import { openHome } from '../home/ledger.ts';
import { openCalendar } from '../os/calendar.ts';
import { nowMs } from '../os/clock.ts';
import { isFreeForUdp } from '../os/shared-port.ts';
import { FAULTS, StoreFault, systemCode } from '../store/faults.ts';
import { type Finding, ok, problem, warning } from './check.ts';
import { BEHIND_MS_MAX, BUILT_MS, DISK_LOW_BYTES, DISK_NEEDED_BYTES } from './limits.ts';

/** A group may enter, for the socket in it: docs/daemon.md, "Doors". */
const OTHERS = 0o067;

export function folderCheck(folder: string): Finding {
  const facts = statSync(folder, { throwIfNoEntry: false });
  if (facts === undefined) return ok(`${folder} is not there yet: the first command makes it`);
  if (!facts.isDirectory()) return problem(`${folder} is no folder`, 'name another with --dir');
  const own = process.geteuid?.() ?? facts.uid;
  if (own !== 0 && facts.uid !== own) {
    return problem(`${folder} belongs to another user`, `run kith as user ${facts.uid}`);
  }
  if ((facts.mode & OTHERS) !== 0) {
    return warning(`others on this machine may look into ${folder}`, `run \`chmod 700 ${folder}\``);
  }
  return ok(folder);
}

export function diskCheck(folder: string): Finding {
  const facts = statfsSync(nearestThere(folder));
  const free = facts.bavail * facts.bsize;
  const said = `${Math.floor(free / 1024 / 1024)} MiB free for ${folder}`;
  const todo = 'make room on that disk';
  if (free < DISK_NEEDED_BYTES) return problem(said, todo);
  return free < DISK_LOW_BYTES ? warning(said, todo) : ok(said);
}

/** The folder, or the first one above it that exists. */
function nearestThere(folder: string): string {
  const facts = statSync(folder, { throwIfNoEntry: false });
  return facts === undefined ? nearestThere(path.dirname(folder)) : folder;
}

export interface DaemonSeen {
  readonly status: Status | null;
  readonly finding: Finding;
}

export async function daemonCheck(folder: string): Promise<DaemonSeen> {
  try {
    const status = await findDaemon(folder);
    const finding =
      status === null
        ? warning('no daemon runs here', 'start it with `kith up`')
        : ok(`process ${status.pid}, ${status.state}`);
    return { status, finding };
  } catch (error) {
    if (!(error instanceof DaemonFault)) throw error;
    const finding = problem(
      `the daemon does not answer (${error.code})`,
      'end it with `kith down`, or end its process, and start it again with `kith up`',
    );
    return { status: null, finding };
  }
}

/** As the daemon says; what is missing for it, the later checks say. */
export function meshCheck(mesh: MeshStatus | null): Finding {
  if (mesh === null) return ok('none while no daemon runs');
  const { state, why, alarms, links } = mesh;
  switch (state) {
    case 'off':
      return ok(`none: ${why ?? 'it is not wanted'}`);
    case 'starting':
      return ok('it is being raised');
    case 'failed':
      return problem(
        why ?? 'it could not be raised',
        'see below; the daemon tries again by itself',
      );
    case 'up': {
      const alarm = alarms.at(-1);
      const said = `${mesh.interface} by ${mesh.backend} at ${mesh.address}`;
      if (alarm !== undefined) return warning(`${said}: ${alarm}`, '`kith peers` shows each link');
      return ok(`${said}, ${links.up} of ${links.of} links`);
    }
  }
}

export async function ledgerCheck(folder: string, status: Status | null): Promise<Finding> {
  if (status !== null && status.ledger !== null) return ok('the daemon holds it');
  try {
    const home = await openHome(folder, { write: false, progress: () => undefined });
    if (home === null) {
      return warning(
        'there is none yet',
        '`kith init NAME` founds a network, `kith join` joins one',
      );
    }
    const { records, damage, heldBack } = home.store;
    await home.close();
    if (damage.length > 0) {
      const todo = '`kith ledger sync` brings the damaged lines again';
      return warning(`${damage.length} of its lines are damaged`, todo);
    }
    if (heldBack !== null) {
      const todo = 'sync with every peer, then run `kith ledger accept-head`';
      return warning(`this machine may not write: ${heldBack}`, todo);
    }
    return ok(`${records} records`);
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    const { what, hint } = FAULTS[error.code];
    return problem(`${what} (${error.detail})`, hint);
  }
}

/** The one number that the door has over TCP and WireGuard over UDP. */
export async function portsCheck(folder: string, status: Status | null): Promise<Finding> {
  if (status !== null && status.door !== null) {
    return ok(`${status.door.port}: the daemon has it`);
  }
  const port = readDoorPort(keyHost(), folder) ?? DOOR_PORT;
  const taken = [
    ...((await isFreeForTcp(port)) ? [] : ['TCP']),
    ...((await isFreeForUdp(port)) ? [] : ['UDP']),
  ];
  if (taken.length === 0) return ok(`${port} is free over TCP and UDP`);
  return warning(
    `another program has port ${port} over ${taken.join(' and ')}`,
    `the daemon takes another; or find it with \`ss -lntup sport = :${port}\` and end it`,
  );
}

function isFreeForTcp(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error) => resolve(systemCode(error) !== 'EADDRINUSE'));
    server.listen({ port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

export function clockCheck(folder: string): Finding {
  const now = nowMs();
  const todo = 'set it: `timedatectl set-ntp true`, or `date -s`';
  if (now < BUILT_MS) {
    return problem(`the clock says ${new Date(now).toISOString()}, before kith was made`, todo);
  }
  const behindMs = openCalendar(folder).behindMs();
  if (behindMs > BEHIND_MS_MAX) {
    const said = `the clock is ${Math.round(behindMs / 1000)} s behind what it was here before`;
    return warning(said, todo);
  }
  return ok(new Date(now).toISOString());
}
