// The WireGuard key of this node as the others learn of it: a record of its own with the key's own
// word. A new key is durable before it is told, and told before it is used; a daemon that was
// killed in between goes on where it was. Spec: docs/keys.md, "The node's key".

import { memberOf, stateOf } from '../../ledger/replica.ts';
import type { MemberState } from '../../ledger/state.ts';
import type { Decoded } from '../../ledger/record.ts';
import { type Result, ok } from '../../proto/result.ts';
import type { Writing, WriteCode } from '../acts/write.ts';
import { writeIntent } from '../acts/write.ts';
import type { HomeLedger } from '../home/ledger.ts';
import type { KeyHost } from '../keys/host.ts';
import {
  type Identity,
  type IdentityCode,
  adoptWireguard,
  drawWireguard,
} from '../keys/identity.ts';
import type { Rotated } from './facts.ts';

export type OwnKeyCode = IdentityCode | WriteCode;
type Home = Pick<HomeLedger, 'folder' | 'replica' | 'takeIn' | 'store'>;

/** Draws the next key and writes it into the ledger, unless both was done before. */
export async function tellNextKey(
  host: KeyHost,
  home: Home,
  nowMs: () => number,
): Promise<Result<Identity, OwnKeyCode>> {
  const drawn = drawWireguard(host, home.folder);
  if (!drawn.ok) return drawn;
  const { signer, nextWireguard: next } = drawn.value;
  if (next === null || holds(home, drawn.value, next.key)) return drawn;
  const told = await writeOwn({ home, signer, nowMs }, { wg: next.claim(home.replica.ledger) });
  return told.ok ? drawn : told;
}

/** A record of this node about itself. */
function writeOwn(
  writing: Writing,
  body: Extract<Decoded['act'], { kind: 'node.update' }>['body'],
): Promise<Result<Decoded, WriteCode>> {
  return writeIntent(writing, { act: { kind: 'node.update', body }, refs: [], at: 'fixed' });
}

/** A key that was told is used: it may be that the peers know no other any more. */
export function settledKey(
  host: KeyHost,
  home: Home,
  identity: Identity,
): Result<Identity, IdentityCode> {
  const next = identity.nextWireguard;
  const isTold = next !== null && holds(home, identity, next.key);
  return isTold ? adoptWireguard(host, home.folder) : ok(identity);
}

/** A rotation where no daemon runs: nobody is connected, so nobody is waited for. */
export async function rotateAlone(
  host: KeyHost,
  home: Home,
  nowMs: () => number,
): Promise<Result<Rotated, OwnKeyCode>> {
  const told = await tellNextKey(host, home, nowMs);
  if (!told.ok) return told;
  const adopted = adoptWireguard(host, home.folder);
  if (!adopted.ok) return adopted;
  const { publicKey, wireguard } = adopted.value;
  const late = stateOf(home.replica)
    .members.filter(
      ({ key, class: its, removed }) =>
        its === 'node' && removed === undefined && key !== publicKey,
    )
    .map(({ key }) => key);
  return ok({ counter: wireguard.counter, ready: 0, late });
}

function holds({ replica }: Home, { publicKey }: Identity, wg: string): boolean {
  if (memberOf(replica, publicKey) === null) return false;
  const own = stateOf(replica).members.find(({ key }: MemberState) => key === publicKey);
  return own?.wg?.key === wg;
}
