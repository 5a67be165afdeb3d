// From two hellos and a code to a channel that both ends have confirmed: what is signed, what CPace
// is told, the keys of each direction, and the tags that prove that both ends hold them. Nothing
// is usable before that. Spec: docs/pairing.md, "Keys and tags".

import { concat, fromBase64url, toBase64url, utf8 } from '../proto/bytes.ts';
import { verdict } from '../proto/ed25519.ts';
import type { Digest, Key, RecordId } from '../proto/ids.ts';
import { canonical } from '../proto/json.ts';
import { type Secret, hide, reveal } from '../proto/secret.ts';
import { type Setting, type Share, lv, lvCat, sessionKey, transcriptOf } from './cpace.ts';
import {
  type AdmitterHello,
  type Inner,
  type NewcomerHello,
  SUITE,
  VERSION,
  decodeInner,
  encodeFrame,
  encodeInner,
} from './messages.ts';
import type { PairingPlatform } from './platform.ts';

export type Role = 'admitter' | 'newcomer';

/** Both hellos, and the hash of both frames as they went over the wire. */
export interface Hellos {
  readonly admitter: AdmitterHello;
  readonly newcomer: NewcomerHello;
  readonly hash: Uint8Array;
}

const HELLOS_PREFIX = utf8('kith-hellos-v1\n');
const CEREMONY_PREFIX = utf8('kith-ceremony-v1\n');
const KEY_BYTES = 32;

export function hellosOf(
  admitter: AdmitterHello,
  newcomer: NewcomerHello,
  platform: PairingPlatform,
): Hellos {
  const frames = [admitter, newcomer].map((hello) => lv(encodeFrame({ kind: 'hello', hello })));
  return { admitter, newcomer, hash: platform.sha256(concat(HELLOS_PREFIX, ...frames)) };
}

/** What each side signs with its identity: both hellos, so both nonces, and which side it is. */
export function helloMessage(role: Role, hellos: Hellos): Uint8Array {
  return concat(utf8(`kith-hello-v1\n${role}\n`), hellos.hash);
}

/** True where `ad` is the word of the key that the hello of `role` names. */
export function ownsKey(
  role: Role,
  hellos: Hellos,
  ad: Uint8Array,
  platform: PairingPlatform,
): boolean {
  return verdict(platform, rawKey(hellos[role].key), helloMessage(role, hellos), ad);
}

/**
 * True where the WireGuard key speaks for the newcomer in this network (docs/ledger.md, Proofs).
 */
export function ownsWireguard({ admitter, newcomer }: Hellos, platform: PairingPlatform): boolean {
  const { key, counter, sig } = newcomer.wireguard;
  const claim = canonical({ author: newcomer.key, counter, ledger: admitter.network });
  const message = utf8(`kith-wireguard-v1\n${claim}`);
  return verdict(platform, rawKey(key), message, fromBase64url(sig) as Uint8Array);
}

export function rawKey(key: Key | RecordId): Uint8Array {
  return fromBase64url(key) as Uint8Array;
}

/** What CPace is run with: the code, the fresh session id, and who speaks with whom. */
export function settingOf(prs: Secret, hellos: Hellos, platform: PairingPlatform): Setting {
  const { admitter, newcomer, hash } = hellos;
  const ci = lvCat(
    utf8('kith-pairing'),
    Uint8Array.of(VERSION),
    Uint8Array.of(SUITE),
    utf8('admitter'),
    rawKey(admitter.key),
    utf8('newcomer'),
    rawKey(newcomer.key),
    rawKey(admitter.network),
    hash,
  );
  return { prs: reveal(prs), ci, sid: platform.sha256(concat(admitter.nonce, newcomer.nonce)) };
}

/** A channel that one side holds. Usable once the other's tag was found right. */
export interface Channel {
  readonly role: Role;
  /** The hash of all that was said so far: it names the ceremony in the ledger. */
  readonly ceremony: Digest;
  readonly keys: Readonly<Record<'tag' | 'seal', Readonly<Record<Role, Secret>>>>;
  /** Boxes sealed and opened so far: the nonce of the next one in each direction. */
  readonly sent: number;
  readonly opened: number;
}

/** The channel that both shares lead to, or null where theirs is no honest point. */
export function channelOf(
  role: Role,
  scalar: Secret,
  setting: Setting,
  shares: Readonly<Record<Role, Share>>,
  platform: PairingPlatform,
): Channel | null {
  const { admitter: a, newcomer: b } = shares;
  const transcript = transcriptOf(a, b);
  const theirs = shares[otherRole(role)].y;
  const isk = sessionKey(reveal(scalar), theirs, setting.sid, transcript, platform);
  if (isk === null) return null;
  const said = lvCat(setting.ci, setting.sid, a.y, a.ad, b.y, b.ad);
  const ceremony = platform.sha256(concat(CEREMONY_PREFIX, said));
  const prk = platform.hmacSha512(ceremony, isk);
  const keyFor = (purpose: string): Secret => {
    const info = utf8(`kith-pairing-v1 ${purpose}`);
    const okm = platform.hmacSha512(prk, concat(info, Uint8Array.of(1)));
    return hide(new Uint8Array(okm.subarray(0, KEY_BYTES)));
  };
  const keys = {
    tag: { admitter: keyFor('tag admitter'), newcomer: keyFor('tag newcomer') },
    seal: { admitter: keyFor('seal admitter'), newcomer: keyFor('seal newcomer') },
  };
  isk.fill(0);
  prk.fill(0);
  return { role, ceremony: toBase64url(ceremony) as Digest, keys, sent: 0, opened: 0 };
}

function otherRole(role: Role): Role {
  return role === 'admitter' ? 'newcomer' : 'admitter';
}

/** The tag by which a side proves that it reached the same keys by the same words. */
export function tagOf(
  role: Role,
  { keys, ceremony }: Channel,
  platform: PairingPlatform,
): Uint8Array {
  const said = lvCat(utf8('kith-tag-v1'), utf8(role), fromBase64url(ceremony) as Uint8Array);
  return platform.hmacSha512(reveal(keys.tag[role]), said);
}

/** `mirrored`: it is our own tag that came back, which proves nothing about anybody else. */
export function judgeTag(
  channel: Channel,
  tag: Uint8Array,
  platform: PairingPlatform,
): 'right' | 'wrong' | 'mirrored' {
  const { role } = channel;
  const isOurs = platform.sameSecret(tag, tagOf(role, channel, platform));
  const isTheirs = platform.sameSecret(tag, tagOf(otherRole(role), channel, platform));
  if (isOurs) return 'mirrored';
  return isTheirs ? 'right' : 'wrong';
}

/** The next frame of our direction. */
export function sealed(
  channel: Channel,
  inner: Inner,
  platform: PairingPlatform,
): { readonly channel: Channel; readonly frame: Uint8Array } {
  const { role, keys, ceremony, sent } = channel;
  const ad = fromBase64url(ceremony) as Uint8Array;
  const key = reveal(keys.seal[role]);
  const box = platform.seal(key, nonceOf(sent), ad, encodeInner(inner));
  return {
    channel: { ...channel, sent: sent + 1 },
    frame: encodeFrame({ kind: 'sealed', box }),
  };
}

/** The next inner message of their direction, or null: forged, repeated, reordered or malformed. */
export function opened(
  channel: Channel,
  box: Uint8Array,
  platform: PairingPlatform,
): { readonly channel: Channel; readonly inner: Inner } | null {
  const { role, keys, ceremony, opened: count } = channel;
  const ad = fromBase64url(ceremony) as Uint8Array;
  const text = platform.open(reveal(keys.seal[otherRole(role)]), nonceOf(count), ad, box);
  const inner = text === null ? null : decodeInner(text);
  return inner === null ? null : { channel: { ...channel, opened: count + 1 }, inner };
}

// Four zero bytes and the count, big endian: no key ever meets a nonce twice.
function nonceOf(count: number): Uint8Array {
  const nonce = new Uint8Array(12);
  for (let at = 11, rest = count; rest > 0; at--, rest = Math.floor(rest / 256)) {
    nonce[at] = rest % 256;
  }
  return nonce;
}
