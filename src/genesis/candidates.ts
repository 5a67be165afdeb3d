// The new machines that can be admitted from here without an address: those that announce
// themselves on the local network, and those that wait in a lobby. Nothing of it is believed.
// Spec: docs/pairing.md, "Being found".

import { fingerprint } from '../../proto/fingerprint.ts';
import type { Key } from '../../proto/ids.ts';
import { askDaemon, readyDaemon } from '../daemon/client.ts';
import { DaemonFault } from '../daemon/refusals.ts';
import type { Candidates } from '../daemon/routes.ts';
import { textOfAddress } from '../peer/address.ts';
import { nodePlatform } from '../platform.ts';
import { lookAround } from './discovery.ts';
import { LOOK_MS } from './limits.ts';

export interface Candidate {
  readonly name: string;
  readonly role: string;
  readonly fingerprint: string;
  /** Where it was heard, or where the lobby sees it. */
  readonly source: string;
  /** Null for one that waits in a lobby. */
  readonly address: string | null;
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
  const here = near.map(({ name, role, port, source, ...one }) => ({
    ...{
      name,
      role,
      fingerprint: one.fingerprint,
      source,
      address: textOfAddress({ host: source, port }),
    },
    ...{ lobby: null, key: null },
  }));
  const there = (far?.candidates ?? []).map(({ key, name, role, source, lobby }) => ({
    ...{ name, role, fingerprint: fingerprint(key, nodePlatform), source, address: null },
    ...{ lobby, key },
  }));
  const { lobbies = null, silent = [] } = far ?? {};
  return { candidates: [...here, ...there], lobbies, silent };
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
