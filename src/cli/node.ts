// This machine as a node of its ledger: its identity, and a word where it is not one yet.

import type { HomeLedger } from '../home/ledger.ts';
import { keyHost } from '../home/host.ts';
import { isPeer } from '../peer/members.ts';
import { type Identity, openIdentity } from '../keys/identity.ts';
import { stop, unwrap } from './sentences.ts';

/** Who this machine is to its peers; a complaint where the ledger does not know it as a node. */
export function nodeOf({ folder, replica }: HomeLedger, moved: boolean): Identity {
  const identity = unwrap(openIdentity(keyHost(), folder, moved));
  return isPeer(replica, identity.publicKey) ? identity : stop('no-node-here');
}
