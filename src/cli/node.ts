// This machine as a node of its ledger: its identity, and a word where it is not one yet.

import type { HomeLedger } from '../home/ledger.ts';
import { keyHost } from '../home/host.ts';
import { isPeer } from '../peer/members.ts';
import { type Voice, openVoice } from '../keys/identity.ts';
import type { Printer } from './print.ts';
import { stop, unwrap } from './sentences.ts';

/** Who this machine is to its peers; a complaint where the ledger does not know it as a node. */
export function nodeOf({ folder, replica }: HomeLedger, moved: boolean, print: Printer): Voice {
  const voice = unwrap(openVoice(keyHost(), folder, moved));
  if (voice.copied) print.note('this folder is a copy: it serves and syncs, and signs nothing');
  return isPeer(replica, voice.publicKey) ? voice : stop('no-node-here');
}
