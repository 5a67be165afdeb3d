// The cryptography of a ceremony on one side, without what it waits for: both hellos' signatures,
// the CPace share and key, the derivation, both tags, a box sealed and a box opened. What the other
// side says is made beforehand, so that the first time in a process is a cold one.

import { createHash } from 'node:crypto';
import { wireguardMessage } from '../../ledger/proof.ts';
import { makeCode } from '../../pairing/code.ts';
import {
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
import { fromBase64url } from '../../proto/bytes.ts';
import type { Digest, RecordId } from '../../proto/ids.ts';
import { hide } from '../../proto/secret.ts';
import { type KeyPair, keyPairOf, signOther } from '../../src/keys/keypair.ts';
import { pairingPlatform as platform } from '../../src/pairing-platform.ts';

const bytesOf = (text: string): Uint8Array => createHash('sha256').update(text).digest();
const pairOf = (text: string): KeyPair => keyPairOf(hide(bytesOf(text)));

const PAIRS: Readonly<Record<Role, KeyPair>> = {
  admitter: pairOf('admitter'),
  newcomer: pairOf('newcomer'),
};
const NETWORK = Buffer.from(bytesOf('network')).toString('base64url') as RecordId;

const SCALARS: Readonly<Record<Role, Uint8Array>> = {
  admitter: bytesOf('scalar of the admitter'),
  newcomer: bytesOf('scalar of the newcomer'),
};

function hellos(): Hellos {
  const wireguard = pairOf('wireguard');
  const sig = signOther(wireguard, wireguardMessage(NETWORK, PAIRS.newcomer.publicKey, 1));
  const greeting = (role: Role): { version: number; suites: number[]; nonce: Uint8Array } => ({
    ...{ version: 1, suites: [1], nonce: bytesOf(`nonce of the ${role}`) },
  });
  return hellosOf(
    {
      ...{ ...greeting('admitter'), role: 'admitter', key: PAIRS.admitter.publicKey },
      ...{ name: 'anna', network: NETWORK, frontier: NETWORK as string as Digest },
    },
    {
      ...{ ...greeting('newcomer'), role: 'newcomer', key: PAIRS.newcomer.publicKey },
      ...{ name: 'lamp', wireguard: { key: wireguard.publicKey, counter: 1, sig } },
    },
    platform,
  );
}

/** All that a side sends, in the order of the messages. */
interface Said {
  readonly share: Share;
  readonly tag: Uint8Array;
  readonly frame: Uint8Array;
}

/** What a side says to an honest other one. */
function saidBy(role: Role, met: Hellos): Said {
  const prs = makeCode(bytesOf('code').subarray(0, 8));
  const setting = settingOf(prs, met, platform);
  const shareBy = (who: Role): Share => ({
    y: shareOf(SCALARS[who], setting, platform) as Uint8Array,
    ad: fromBase64url(signOther(PAIRS[who], helloMessage(who, met))) as Uint8Array,
  });
  const shares = { admitter: shareBy('admitter'), newcomer: shareBy('newcomer') };
  const channel = channelOf(role, hide(SCALARS[role].slice()), setting, shares, platform);
  if (channel === null) throw new Error('an honest share was refused');
  const { frame } = sealed(channel, { kind: 'next', number: 0 }, platform);
  return { share: shares[role], tag: tagOf(role, channel, platform), frame };
}

/** What the other side says to this one, as text for another process. */
export function heardBy(role: Role): string {
  const other = role === 'admitter' ? 'newcomer' : 'admitter';
  const { share, tag, frame } = saidBy(other, hellos());
  return [share.y, share.ad, tag, frame].map((part) => Buffer.from(part).toString('hex')).join(',');
}

/** One side of a ceremony, against what it hears; the milliseconds of its sums. */
export function sideMs(role: Role, heard: string): number {
  const [y, ad, tag, frame] = heard.split(',').map((part) => Buffer.from(part, 'hex')) as Buffer[];
  const theirs = { y, ad } as { y: Uint8Array; ad: Uint8Array };
  const other = role === 'admitter' ? 'newcomer' : 'admitter';
  const met = hellos();
  const prs = makeCode(bytesOf('code').subarray(0, 8));
  const came = decodeFrame(frame as Buffer, (frame as Buffer).length);
  if (came?.kind !== 'sealed') throw new Error('what was sealed is no box');
  const began = performance.now();
  const mine = fromBase64url(signOther(PAIRS[role], helloMessage(role, met))) as Uint8Array;
  const isTheirs = ownsKey(other, met, theirs.ad, platform) && ownsWireguard(met, platform);
  const setting = settingOf(prs, met, platform);
  const share = { y: shareOf(SCALARS[role], setting, platform) as Uint8Array, ad: mine };
  const shares = { [role]: share, [other]: theirs } as Record<Role, Share>;
  const channel = channelOf(role, hide(SCALARS[role].slice()), setting, shares, platform);
  if (channel === null) throw new Error('an honest share was refused');
  tagOf(role, channel, platform);
  const verdict = judgeTag(channel, tag as Buffer, platform);
  sealed(channel, { kind: 'next', number: 0 }, platform);
  const inner = opened(channel, came.box, platform);
  const tookMs = performance.now() - began;
  if (!isTheirs || verdict !== 'right' || inner === null) throw new Error('no ceremony came about');
  return tookMs;
}
