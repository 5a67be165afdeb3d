// The messages of the ceremony as values: frames, of which strangers send the first, and the inner
// messages that travel sealed. A decoder answers null for anything that is not exactly such a
// message in its one spelling, so that nothing past this file sees a wrong length, a weak key or an
// unbounded list. Spec: docs/pairing.md, "Messages".

import { fromBase64url, textOf, toBase64url, utf8 } from '../proto/bytes.ts';
import { isSoundKey } from '../proto/ed25519.ts';
import {
  type Digest,
  ID_BYTES,
  KEY_BYTES,
  type Key,
  type RecordId,
  SIGNATURE_BYTES,
  type Signature,
} from '../proto/ids.ts';
import { isName } from '../proto/names.ts';
import { kith } from '../proto/wire.js';
import { decodeExact, encodeExact } from './exact.ts';
import {
  type Introduction,
  type Welcome,
  areEndpoints,
  introductionFields,
  readIntroduction,
  readWelcome,
} from './introduce.ts';
import {
  MEMBERS_MAX,
  PAGES_MAX,
  PAGE_BYTES_MAX,
  RECORD_BYTES_MAX,
  SEALED_BYTES_MAX,
  SUITES_MAX,
} from './limits.ts';

export const VERSION = 1;
export const SUITE = 1;
export const NONCE_BYTES = 32;
const SHARE_BYTES = 32;
const TAG_BYTES = 64;

/** The WireGuard key of the new machine with its word for it (docs/ledger.md, "Proofs"). */
export interface Claim {
  readonly key: Key;
  readonly counter: number;
  readonly sig: Signature;
}
interface Greeting {
  readonly version: number;
  readonly suites: readonly number[];
  readonly key: Key;
  readonly nonce: Uint8Array;
  readonly name: string;
}
export interface AdmitterHello extends Greeting {
  readonly role: 'admitter';
  /** The ledger's id and frontier root. */
  readonly network: RecordId;
  readonly frontier: Digest;
}
export interface NewcomerHello extends Greeting {
  readonly role: 'newcomer';
  readonly wireguard: Claim;
}
export type Hello = AdmitterHello | NewcomerHello;

export type Frame =
  | { readonly kind: 'hello'; readonly hello: Hello }
  | { readonly kind: 'share'; readonly y: Uint8Array; readonly ad: Uint8Array }
  | { readonly kind: 'tag'; readonly tag: Uint8Array }
  | { readonly kind: 'sealed'; readonly box: Uint8Array }
  /** The other side ends the run. Nothing is told to whom we do not know. */
  | { readonly kind: 'failure' };

export interface Member {
  readonly key: Key;
  readonly endpoints: readonly string[];
}
/** Why the other side ends a run, told under seal. */
export type Reason = 'ended' | 'declined' | 'cancelled' | 'expired';

export type Inner =
  | { readonly kind: 'introduction'; readonly introduction: Introduction }
  | { readonly kind: 'welcome'; readonly welcome: Welcome }
  | { readonly kind: 'proposal'; readonly body: string; readonly members: readonly Member[] }
  | { readonly kind: 'acceptance'; readonly signature: Uint8Array }
  | { readonly kind: 'result'; readonly record: string; readonly members: readonly Member[] }
  | { readonly kind: 'next'; readonly number: number }
  | {
      readonly kind: 'page';
      readonly number: number;
      readonly lines: Uint8Array;
      readonly last: boolean;
    }
  | { readonly kind: 'joined' }
  | { readonly kind: 'still' }
  | { readonly kind: 'failure'; readonly reason: Reason };

const REASONS: readonly Reason[] = ['ended', 'declined', 'cancelled', 'expired'];
const NONE = new Uint8Array(0);

const raw = (text: string): Uint8Array => fromBase64url(text) as Uint8Array;
// A state keeps these; what was decoded is a view of bytes that the shell may use again.
const copy = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

export function encodeFrame(frame: Frame): Uint8Array {
  return encodeExact(kith.PairingFrame, frameFields(frame));
}

/** `sizeMax`: what may come at this point of a run (`frameBytesMax` of its machine). */
export function decodeFrame(bytes: Uint8Array, sizeMax: number): Frame | null {
  return decodeExact(kith.PairingFrame, bytes, sizeMax, readFrame, encodeFrame);
}

function frameFields(frame: Frame): kith.PairingFrame {
  switch (frame.kind) {
    case 'hello':
      return { hello: helloFields(frame.hello) };
    case 'share':
      return { share: { y: frame.y, ad: frame.ad } };
    case 'tag':
      return { tag: { tag: frame.tag } };
    case 'sealed':
      return { sealed: { box: frame.box } };
    case 'failure':
      return { failure: { reason: 0 } };
  }
}

// What is set beside the first field found is not written again, and so refused by the comparison.
function readFrame(from: kith.PairingFrame): Frame | null {
  if (from.hello) {
    const hello = readHello(from.hello);
    return hello === null ? null : { kind: 'hello', hello };
  }
  if (from.share) {
    const { y, ad } = from.share;
    return y.length === SHARE_BYTES && ad.length === SIGNATURE_BYTES
      ? { kind: 'share', y: copy(y), ad: copy(ad) }
      : null;
  }
  if (from.tag) {
    const { tag } = from.tag;
    return tag.length === TAG_BYTES ? { kind: 'tag', tag: copy(tag) } : null;
  }
  if (from.sealed) return { kind: 'sealed', box: copy(from.sealed.box) };
  return from.failure ? { kind: 'failure' } : null;
}

function helloFields(hello: Hello): kith.PairingHello {
  const isAdmitter = hello.role === 'admitter';
  return {
    version: hello.version,
    suites: [...hello.suites],
    role: isAdmitter ? 1 : 2,
    key: raw(hello.key),
    nonce: hello.nonce,
    name: hello.name,
    network: isAdmitter ? raw(hello.network) : NONE,
    frontier: isAdmitter ? raw(hello.frontier) : NONE,
    wireguard: isAdmitter
      ? null
      : {
          key: raw(hello.wireguard.key),
          counter: hello.wireguard.counter,
          sig: raw(hello.wireguard.sig),
        },
  };
}

function readHello(from: kith.PairingHello): Hello | null {
  const { version, suites, nonce, name } = from;
  if (!isSoundKey(from.key) || nonce.length !== NONCE_BYTES || !isName(name)) return null;
  const isRising = suites.every((suite, i) => i === 0 || (suites[i - 1] as number) < suite);
  if (suites.length === 0 || suites.length > SUITES_MAX || !isRising) return null;
  const key = toBase64url(from.key) as Key;
  const greeting = { version, suites, key, nonce: copy(nonce), name };
  if (from.role === 1) {
    if (from.network.length !== ID_BYTES || from.frontier.length !== ID_BYTES) return null;
    const network = toBase64url(from.network) as RecordId;
    return {
      ...greeting,
      role: 'admitter',
      network,
      frontier: toBase64url(from.frontier) as Digest,
    };
  }
  const wireguard = from.role === 2 && from.wireguard ? readClaim(from.wireguard) : null;
  return wireguard === null ? null : { ...greeting, role: 'newcomer', wireguard };
}

function readClaim({ key, counter, sig }: kith.PairingWireguard): Claim | null {
  if (!isSoundKey(key) || sig.length !== SIGNATURE_BYTES) return null;
  return { key: toBase64url(key) as Key, counter, sig: toBase64url(sig) as Signature };
}

export function encodeInner(inner: Inner): Uint8Array {
  return encodeExact(kith.PairingInner, innerFields(inner));
}

export function decodeInner(bytes: Uint8Array): Inner | null {
  return decodeExact(kith.PairingInner, bytes, SEALED_BYTES_MAX, readInner, encodeInner);
}

function innerFields(inner: Inner): kith.PairingInner {
  switch (inner.kind) {
    case 'introduction':
      return { introduction: introductionFields(inner.introduction) };
    case 'welcome':
      return { welcome: { network: inner.welcome.network } };
    case 'proposal':
      return { proposal: { body: utf8(inner.body), members: memberFields(inner.members) } };
    case 'acceptance':
      return { acceptance: { signature: inner.signature } };
    case 'result':
      return { result: { record: utf8(inner.record), members: memberFields(inner.members) } };
    case 'next':
      return { next: { number: inner.number } };
    case 'page':
      return { page: { number: inner.number, lines: inner.lines, last: inner.last } };
    case 'joined':
      return { joined: {} };
    case 'still':
      return { still: {} };
    case 'failure':
      return { failure: { reason: REASONS.indexOf(inner.reason) } };
  }
}

function memberFields(members: readonly Member[]): kith.PairingMember[] {
  return members.map(({ key, endpoints }) => ({ key: raw(key), endpoints: [...endpoints] }));
}

function readInner(from: kith.PairingInner): Inner | null {
  if (from.introduction) {
    const introduction = readIntroduction(from.introduction);
    return introduction === null ? null : { kind: 'introduction', introduction };
  }
  if (from.welcome) {
    const welcome = readWelcome(from.welcome);
    return welcome === null ? null : { kind: 'welcome', welcome };
  }
  if (from.proposal) {
    const body = readLine(from.proposal.body);
    const members = readMembers(from.proposal.members);
    return body === null || members === null ? null : { kind: 'proposal', body, members };
  }
  if (from.acceptance) {
    const { signature } = from.acceptance;
    const isWhole = signature.length === SIGNATURE_BYTES;
    return isWhole ? { kind: 'acceptance', signature: copy(signature) } : null;
  }
  if (from.result) {
    const record = readLine(from.result.record);
    const members = readMembers(from.result.members);
    return record === null || members === null ? null : { kind: 'result', record, members };
  }
  return readProgress(from);
}

function readMembers(from: readonly kith.PairingMember[]): Member[] | null {
  if (from.length > MEMBERS_MAX) return null;
  const members: Member[] = [];
  for (const { key, endpoints } of from) {
    if (key.length !== KEY_BYTES || !areEndpoints(endpoints)) return null;
    members.push({ key: toBase64url(key) as Key, endpoints });
  }
  return members;
}

function readProgress(from: kith.PairingInner): Inner | null {
  if (from.next) {
    const { number } = from.next;
    return number < PAGES_MAX ? { kind: 'next', number } : null;
  }
  if (from.page) {
    const { number, lines, last } = from.page;
    if (number >= PAGES_MAX || lines.length > PAGE_BYTES_MAX) return null;
    return { kind: 'page', number, lines: copy(lines), last };
  }
  if (from.joined) return { kind: 'joined' };
  if (from.still) return { kind: 'still' };
  const reason = from.failure ? REASONS[from.failure.reason] : undefined;
  return reason === undefined ? null : { kind: 'failure', reason };
}

function readLine(bytes: Uint8Array): string | null {
  return bytes.length > RECORD_BYTES_MAX ? null : textOf(bytes);
}
