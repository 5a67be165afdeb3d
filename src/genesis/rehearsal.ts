// The cryptography of a ceremony once through, by both roles, with keys and a code that nobody has:
// what is slow the first time in a process is so before the code is typed. Nothing of it is kept.

import { wireguardMessage } from '../../ledger/proof.ts';
import { CODE_RANDOM_BYTES, makeCode } from '../../pairing/code.ts';
import {
  type Channel,
  type Hellos,
  type Role,
  channelOf,
  helloMessage,
  hellosOf,
  judgeTag,
  opened,
  ownsKey,
  ownsWireguard,
  sealed,
  settingOf,
  tagOf,
} from '../../pairing/confirm.ts';
import { type Share, shareOf } from '../../pairing/cpace.ts';
import { decodeFrame } from '../../pairing/messages.ts';
import { assert } from '../../proto/assert.ts';
import { fromBase64url, toBase64url } from '../../proto/bytes.ts';
import type { Digest, RecordId } from '../../proto/ids.ts';
import { hide } from '../../proto/secret.ts';
import { type KeyPair, keyPairOf, signOther } from '../keys/keypair.ts';
import { randomBytes } from '../os/clock.ts';
import { pairingPlatform as platform } from '../pairing-platform.ts';

/** Of a nonce, a key, a scalar and an id. */
const SIZE_BYTES = 32;
const ROLES = ['admitter', 'newcomer'] as const;

export function rehearse(): void {
  const pairs = { admitter: keyPair(), newcomer: keyPair() };
  const met = hellos(pairs);
  const scalars = { admitter: randomBytes(SIZE_BYTES), newcomer: randomBytes(SIZE_BYTES) };
  const setting = settingOf(makeCode(randomBytes(CODE_RANDOM_BYTES)), met, platform);
  const share = (role: Role): Share => ({
    y: shareOf(scalars[role], setting, platform) as Uint8Array,
    ad: fromBase64url(signOther(pairs[role], helloMessage(role, met))) as Uint8Array,
  });
  const shares = { admitter: share('admitter'), newcomer: share('newcomer') };
  const isOwn = ROLES.every((role) => ownsKey(role, met, shares[role].ad, platform));
  const channel = (role: Role): Channel | null =>
    channelOf(role, hide(scalars[role]), setting, shares, platform);
  const [mine, theirs] = [channel('admitter'), channel('newcomer')];
  assert(isOwn && ownsWireguard(met, platform), 'what was signed here is so');
  assert(mine !== null && theirs !== null, 'fresh scalars have a product');
  const verdict = judgeTag(theirs, tagOf('admitter', mine, platform), platform);
  const { frame } = sealed(mine, { kind: 'still' }, platform);
  const came = decodeFrame(frame, frame.length);
  const inner = came?.kind === 'sealed' ? opened(theirs, came.box, platform) : null;
  assert(verdict === 'right' && inner !== null, 'both ends of one run agree');
}

function keyPair(): KeyPair {
  return keyPairOf(hide(randomBytes(SIZE_BYTES)));
}

function hellos({ admitter, newcomer }: Readonly<Record<Role, KeyPair>>): Hellos {
  const id = toBase64url(randomBytes(SIZE_BYTES));
  const network = id as RecordId;
  const wireguard = keyPair();
  const sig = signOther(wireguard, wireguardMessage(network, newcomer.publicKey, 1));
  const greeting = () => ({ version: 1, suites: [1], nonce: randomBytes(SIZE_BYTES) });
  return hellosOf(
    {
      ...{ ...greeting(), role: 'admitter', key: admitter.publicKey, name: 'nobody' },
      ...{ network, frontier: id as Digest },
    },
    {
      ...{ ...greeting(), role: 'newcomer', key: newcomer.publicKey, name: 'nobody' },
      wireguard: { key: wireguard.publicKey, counter: 1, sig },
    },
    platform,
  );
}
