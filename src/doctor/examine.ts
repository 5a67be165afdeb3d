// The doctor's round: every check, in the order in which a person would look. A check that cannot
// be made says so and does not end the round.

import { lookAtHost } from '../os/mesh-host.ts';
import type { Check, Finding } from './check.ts';
import { problem, ok } from './check.ts';
import {
  clockCheck,
  daemonCheck,
  diskCheck,
  folderCheck,
  ledgerCheck,
  meshCheck,
  portsCheck,
} from './folder-checks.ts';
import {
  cardsCheck,
  cardsHere,
  disksCheck,
  lookAtHardware,
  machineCheck,
  processorCheck,
} from './hardware.ts';
import {
  backendCheck,
  hostsCheck,
  ipv6Check,
  namesCheck,
  rightsCheck,
  socketsCheck,
  toolCheck,
  tunCheck,
} from './mesh-checks.ts';
import { driversOf, workCheck } from './work-checks.ts';
import { missingParts, type Part, type System, thisSystem } from './packages.ts';

export interface Examined {
  readonly system: System;
  readonly checks: readonly Check[];
  readonly missing: readonly Part[];
}

export async function examine(folder: string): Promise<Examined> {
  const system = thisSystem();
  const [host, hardware, cards] = await Promise.all([lookAtHost(), lookAtHardware(), cardsHere()]);
  const daemon = await daemonCheck(folder);
  const { status } = daemon;
  const drivers = driversOf(folder, status).catch(() => null);
  const round: readonly (readonly [string, string, () => Finding | Promise<Finding>])[] = [
    ['machine', 'machine', () => machineCheck(hardware)],
    ['processor', 'processor', () => processorCheck(hardware)],
    ['disks', 'disks', () => disksCheck(hardware)],
    ['cards', 'cards', () => cardsCheck(hardware, cards)],
    ['node', 'Node', () => ok(process.version)],
    ['folder', 'data folder', () => folderCheck(folder)],
    ['disk', 'disk', () => diskCheck(folder)],
    ['ledger', 'ledger', () => ledgerCheck(folder, status)],
    ['daemon', 'daemon', () => daemon.finding],
    ['mesh', 'mesh', () => meshCheck(status?.mesh ?? null)],
    ['ports', 'ports', () => portsCheck(folder, status)],
    ['clock', 'clock', () => clockCheck(folder)],
    ['wg', 'wg', () => toolCheck('wg', host.wg, system)],
    ['ip', 'ip', () => toolCheck('ip', host.ip, system)],
    ['wireguard', 'WireGuard', () => backendCheck(host, system)],
    ['tun', 'tun device', () => tunCheck(host)],
    ['sockets', 'sockets', () => socketsCheck(host)],
    ['rights', 'rights', () => rightsCheck(host)],
    ['ipv6', 'IPv6', () => ipv6Check(host)],
    ['hosts', 'hosts file', () => hostsCheck()],
    ['names', 'names', () => namesCheck()],
    ['jobs', 'jobs', async () => workCheck('job', await drivers)],
    ['vms', 'virtual machines', async () => workCheck('vm', await drivers)],
  ];
  const checks: Check[] = [];
  for (const [id, title, look] of round) checks.push({ id, title, ...(await guarded(look)) });
  return { system, checks, missing: missingParts(host) };
}

/** What the system refuses is a finding, too. */
async function guarded(look: () => Finding | Promise<Finding>): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    return problem(`it could not be looked at: ${error.message}`, 'look at the system log');
  }
}
