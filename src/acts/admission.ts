// A machine's own word for its admission: it accepts who admits it and as what, and its WireGuard
// key speaks for itself. Both ends of `kith init` and of a ticket are on one machine.

import type { Grant } from '../../ledger/grant.ts';
import type { Intent } from '../../ledger/intent.ts';
import { acceptanceMessage } from '../../ledger/proof.ts';
import type { Key, RecordId } from '../../proto/ids.ts';
import type { Identity } from '../keys/identity.ts';

export interface OwnAdmission {
  readonly ledger: RecordId;
  readonly admitter: Key;
  readonly name: string;
  readonly grants: readonly Grant[];
  readonly labels?: readonly string[];
}

/** The admission of this machine's node, accepted by it. */
export function ownAdmission(identity: Identity, admission: OwnAdmission): Intent {
  const { ledger, admitter, name, grants, labels = [] } = admission;
  const body = {
    key: identity.publicKey,
    name,
    grants,
    ...(labels.length === 0 ? {} : { labels }),
    wg: identity.wireguard.claim(ledger),
  };
  const message = acceptanceMessage(ledger, admitter, body);
  const acceptance = identity.signer.signOther(message);
  return { act: { kind: 'node.admit', body: { ...body, acceptance } }, refs: [], at: 'fixed' };
}
