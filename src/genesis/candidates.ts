// The new machines that can be admitted from here without an address: those that announce
// themselves on the local network, and those that wait in a lobby. Nothing of it is believed.
// Spec: docs/pairing.md, "Being found".

import { isIPv4 } from 'node:net';
import { fingerprint } from '../../proto/fingerprint.ts';
import type { Key } from '../../proto/ids.ts';
import { askDaemon, readyDaemon } from '../daemon/client.ts';
import { DaemonFault } from '../daemon/refusals.ts';
import type { Candidates } from '../daemon/routes.ts';
import { textOfAddress } from '../peer/address.ts';
import { nodePlatform } from '../platform.ts';
import type { Found } from './announcement.ts';
import { lookAround } from './discovery.ts';
import { LOOK_MS } from './limits.ts';

export interface Candidate {
  readonly name: string;
  readonly role: string;
  readonly fingerprint: string;
  /** Where it was heard, or where the lobby sees it. */
  readonly source: string;
  /** The best of its addresses; null for one that waits in a lobby. */
  readonly address: string | null;
  /** Where it was heard on this network, IPv4 first. */
  readonly addresses: readonly string[];
  /** The member in whose lobby it waits, and its key; null for one of this network. */
  readonly lobby: Key | null;
  readonly key: Key | null;
}

export interface Looked {
  readonly candidates: readonly Candidate[];
  /** Lobbies that have answered; null where no daemon runs that could ask. */
  readonly lobbies: number | null;
  readonly silent: Candidates['silent'];
}

export async function lookForCandidates(folder: string): Promise<Looked> {
  const [near, far] = await Promise.all([lookAround(LOOK_MS), inLobbies(folder)]);
  const here = machinesIn(near);
  const there = (far?.candidates ?? []).map(({ key, name, role, source, lobby }) => ({
    ...{ name, role, fingerprint: fingerprint(key, nodePlatform), source, address: null },
    ...{ addresses: [], lobby, key },
  }));
  const { lobbies = null, silent = [] } = far ?? {};
  return { candidates: [...here, ...there], lobbies, silent };
}

/**
 * A machine is heard on each of its links and of its families, and is one row. The same fingerprint
 * with another name or role stays a row of its own: somebody else says so.
 */
export function machinesIn(found: readonly Found[]): Candidate[] {
  const machines = new Map<string, Found[]>();
  for (const one of found) {
    const machine = `${one.fingerprint} ${one.name} ${one.role}`;
    machines.set(machine, [...(machines.get(machine) ?? []), one]);
  }
  return [...machines.values()].map((heard) => {
    const ipv4First = heard.toSorted((a, b) => Number(isIPv4(b.source)) - Number(isIPv4(a.source)));
    const { name, role, fingerprint: print4, source } = ipv4First[0] as Found;
    const addresses = ipv4First.map((one) => textOfAddress({ host: one.source, port: one.port }));
    return {
      ...{ name, role, fingerprint: print4, source, address: addresses[0] as string, addresses },
      ...{ lobby: null, key: null },
    };
  });
}

/** Null where nobody can ask: there is no daemon, or its machine is no member yet. */
async function inLobbies(folder: string): Promise<Candidates | null> {
  if ((await readyDaemon(folder)) === null) return null;
  try {
    return await askDaemon(folder, 'candidates', undefined);
  } catch (error) {
    if (error instanceof DaemonFault && error.code === 'no-node-here') return null;
    throw error;
  }
}
