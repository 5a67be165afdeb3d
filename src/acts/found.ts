// `kith init`, without its screen: the network's first records and its recovery sheet. The sheet is
// handed out before the network exists, since a network without one cannot be saved. Killed at any
// step, a second init starts clean or finishes; the operator key is kept from the first one.
// Spec: docs/acts.md, "Founding".

import { existsSync, readFileSync, rmSync } from 'node:fs';
import type { Intent } from '../../ledger/intent.ts';
import type { GenesisBody } from '../../ledger/kinds.ts';
import { fitted, memberWishes } from '../../ledger/presets.ts';
import type { Decoded } from '../../ledger/record.ts';
import { memberOf } from '../../ledger/replica.ts';
import type { Key, RecordId } from '../../proto/ids.ts';
import { type Result, ok, refuse } from '../../proto/result.ts';
import { foundDesk, openDesk } from '../home/desk.ts';
import { type HomeLedger, openHome } from '../home/ledger.ts';
import type { KeyHost } from '../keys/host.ts';
import { type Identity, type IdentityCode, openIdentity } from '../keys/identity.ts';
import { newRecoverySecret, recoveryKeyPair } from '../keys/recovery.ts';
import { recoverySheet } from '../keys/sheet.ts';
import type { Signer } from '../keys/signer.ts';
import { realDisk } from '../store/disk.ts';
import { StoreFault } from '../store/faults.ts';
import { readMarker } from '../store/marker.ts';
import { pathsIn } from '../store/opening.ts';
import { ownAdmission } from './admission.ts';
import { type WriteCode, writeIntent } from './write.ts';

export interface Founding {
  readonly network: string;
  readonly operator: string;
  readonly node: string;
  /** YYYY-MM-DD, for the sheet. */
  readonly date: string;
  readonly nowMs: () => number;
  /** Returns when the sheet cannot be lost any more. */
  readonly handOut: (sheet: string) => void;
}

export interface Founded {
  readonly ledger: RecordId;
  readonly operator: Key;
  readonly node: Key;
  /** True where an interrupted init was finished: its sheet is the one that counts. */
  readonly resumed: boolean;
}

export type FoundCode = WriteCode | IdentityCode;

/** Throws `has-ledger` before any key is made, where the folder holds more than a beginning. */
export async function assertRoom(folder: string, network: string): Promise<void> {
  realDisk.makeFolder(folder);
  clearBeginning(folder);
  if (!existsSync(pathsIn(folder).ledger)) return;
  const home = await openHome(folder, { write: false });
  const isBeginning = home?.replica.records === 1 && home.replica.genesis.network === network;
  await home?.close();
  if (!isBeginning) throw new StoreFault('has-ledger', folder);
}

export async function found(
  host: KeyHost,
  folder: string,
  signer: Signer,
  founding: Founding,
): Promise<Result<Founded, FoundCode>> {
  const identity = openIdentity(host, folder);
  if (!identity.ok) return identity;
  const begun = await openDesk(folder);
  if (begun !== null) return finish(begun, signer, identity.value, founding, true);
  const genesis = await firstRecord(host, signer, founding);
  if (!genesis.ok) return genesis;
  const home = await foundDesk(folder, genesis.value);
  return finish(home, signer, identity.value, founding, false);
}

/** Genesis, signed, with its sheet handed out. */
async function firstRecord(
  host: KeyHost,
  signer: Signer,
  founding: Founding,
): Promise<Result<Decoded, FoundCode>> {
  const { network, operator, date, nowMs, handOut } = founding;
  const secret = newRecoverySecret(host.random);
  const recovery = (await recoveryKeyPair(secret)).publicKey;
  const roots = [{ key: signer.publicKey, name: operator }];
  const body: GenesisBody = { network, roots, recovery, defaults: {} };
  const signed = signer.signNext({
    ...{ ledger: '', author: signer.publicKey, seq: 1, prev: '', auth: [], refs: [] },
    ...{ ts: nowMs(), act: { kind: 'genesis', body } },
  });
  if (!signed.ok) return signed;
  const { record } = signed.value;
  handOut(recoverySheet({ network, ledger: record.id, secret, roots: [operator], date }));
  return ok(record);
}

/** Admits this machine as the first node, unless that has happened. */
async function finish(
  home: HomeLedger,
  signer: Signer,
  identity: Identity,
  founding: Founding,
  resumed: boolean,
): Promise<Result<Founded, FoundCode>> {
  try {
    const { ledger, genesis } = home.replica;
    if (genesis.roots[0]?.key !== signer.publicKey) return refuse('founded-half', genesis.network);
    if (memberOf(home.replica, identity.publicKey) === null) {
      const intent = firstNode(ledger, signer, identity, founding);
      const written = await writeIntent({ home, signer, nowMs: founding.nowMs }, intent);
      if (!written.ok && written.code !== 'already-member') return written;
    }
    return ok({ ledger, operator: signer.publicKey, node: identity.publicKey, resumed });
  } finally {
    await home.close();
  }
}

function firstNode(
  ledger: RecordId,
  { publicKey: admitter }: Signer,
  identity: Identity,
  { node: name }: Founding,
): Intent {
  const { grants } = fitted(memberWishes('peer', 'node'), 'root');
  return ownAdmission(identity, { ledger, admitter, name, grants });
}

/** Removes a ledger file without one whole line, and its marker, if that tells of no own record. */
function clearBeginning(folder: string): void {
  const { ledger, marker } = pathsIn(folder);
  if (!existsSync(ledger) || readFileSync(ledger).includes(0x0a)) return;
  if ((readMarker(realDisk, marker)?.own.length ?? 0) > 0) return;
  rmSync(ledger);
  rmSync(marker, { force: true });
}
