// Who this node is: node.key in the data folder, made at first use, with the seeds of its Ed25519
// identity and of its WireGuard key. Bound to the machine: a cloned folder does not start.
// Spec: docs/keys.md, "The node's key".
//
//   {"format":"kith-node-key-v1","machine":…,"seed":…,"wg":{"counter":…,"seed":…}}
//
// and while the WireGuard key is being rotated, `next` beside `wg`, of the same shape.

import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import path from 'node:path';
import type { WireguardClaim } from '../../ledger/kinds.ts';
import { wireguardMessage } from '../../ledger/proof.ts';
import { isObject } from '../../ledger/schema.ts';
import { fromBase64url, isBase64url, textOf, toBase64url, utf8 } from '../../proto/bytes.ts';
import type { Key, RecordId } from '../../proto/ids.ts';
import { type Json, canonical, parseCanonical } from '../../proto/json.ts';
import { type Result, ok, refuse } from '../../proto/result.ts';
import { type Secret, hide, reveal } from '../../proto/secret.ts';
import type { KeyHost } from './host.ts';
import { createJournal, openJournal } from './journal.ts';
import { SEED_BYTES, keyPairOf, signOther } from './keypair.ts';
import { KEY_FILE_BYTES_MAX } from './limits.ts';
import type { FileCode, HomeCode, NodeCode } from './refusals.ts';
import { createSecretFile, readSecretFile, replaceSecretFile } from './secret-file.ts';
import { type Signer, signerOf } from './signer.ts';

const FORMAT = 'kith-node-key-v1';
// PKCS #8 (RFC 8410) around an X25519 private key: all that stands before it.
const X25519_HEAD = Buffer.from('302e020100300506032b656e04220420', 'hex');

export interface Identity {
  readonly publicKey: Key;
  readonly signer: Signer;
  /** For TLS. */
  readonly privateKey: KeyObject;
  readonly wireguard: WireguardKey;
  /** The key that takes its place once the peers know it; null where none was drawn. */
  readonly nextWireguard: WireguardKey | null;
}
export interface WireguardKey {
  /** The Ed25519 form, as records claim it. */
  readonly key: Key;
  readonly counter: number;
  /** The Montgomery form: the 32 bytes that WireGuard knows. */
  readonly publicKey: Uint8Array;
  readonly privateKey: Secret;
  /** What a record of this node says of it, with that key's own word. */
  readonly claim: (ledger: RecordId) => WireguardClaim;
}
interface NodeFile {
  readonly machine: string;
  readonly seed: Secret;
  readonly wg: WireguardSeed;
  readonly next: WireguardSeed | null;
}
interface WireguardSeed {
  readonly seed: Secret;
  readonly counter: number;
}
export type IdentityCode = NodeCode | FileCode | HomeCode;

function nodeFile(folder: string): string {
  return path.join(folder, 'node.key');
}

/** This node's identity. `moved` is a person's word that its old place is gone. */
export function openIdentity(
  host: KeyHost,
  folder: string,
  moved = false,
): Result<Identity, IdentityCode> {
  const held = readSecretFile(host.disk, nodeFile(folder), { sizeMax: KEY_FILE_BYTES_MAX });
  if (!held.ok) return held.code === 'file-missing' ? makeIdentity(host, folder) : held;
  const file = parse(held.value);
  if (file === null) return refuse('node-key-damaged', nodeFile(folder));
  if (file.machine === host.machine) return identityOf(host, folder, file, moved);
  if (!moved) return refuse('node-cloned', nodeFile(folder));
  const identity = identityOf(host, folder, file, moved);
  if (identity.ok) rewrite(host, folder, { ...file, machine: host.machine });
  return identity;
}

/** What a node needs to talk to its peers: enough for TLS, and nothing that signs a record. */
export interface Voice {
  readonly publicKey: Key;
  readonly privateKey: KeyObject;
  /** True in a copy of the folder, on the machine that it was made on. */
  readonly copied: boolean;
}

/**
 * The node's voice. A copy of the folder on its own machine may talk, so that two folders can be
 * compared and merged: it signs nothing. On another machine it is a clone and says nothing at all.
 */
export function openVoice(
  host: KeyHost,
  folder: string,
  moved = false,
): Result<Voice, IdentityCode> {
  const identity = openIdentity(host, folder, moved);
  if (identity.ok) {
    const { publicKey, privateKey } = identity.value;
    return ok({ publicKey, privateKey, copied: false });
  }
  if (identity.code !== 'node-cloned') return identity;
  const held = readSecretFile(host.disk, nodeFile(folder), { sizeMax: KEY_FILE_BYTES_MAX });
  const file = held.ok ? parse(held.value) : null;
  if (file?.machine !== host.machine) return identity;
  const { publicKey, privateKey } = keyPairOf(file.seed);
  return ok({ publicKey, privateKey, copied: true });
}

/** The public key of this node, where it has one: nothing is made, and its journal is not asked. */
export function readIdentityKey(host: KeyHost, folder: string): Result<Key, IdentityCode> {
  const held = readSecretFile(host.disk, nodeFile(folder), { sizeMax: KEY_FILE_BYTES_MAX });
  if (!held.ok) return held;
  const file = parse(held.value);
  return file === null
    ? refuse('node-key-damaged', nodeFile(folder))
    : ok(keyPairOf(file.seed).publicKey);
}

/**
 * A new WireGuard key under the next counter, beside the one in use: durable before anybody is told
 * of it. The one that was drawn before, where there is one.
 */
export function drawWireguard(host: KeyHost, folder: string): Result<Identity, IdentityCode> {
  return changed(host, folder, (file) => {
    const next = { seed: hide(host.random(SEED_BYTES)), counter: file.wg.counter + 1 };
    return file.next === null ? { ...file, next } : file;
  });
}

/** The key that was drawn takes the place of the old one, which is forgotten. */
export function adoptWireguard(host: KeyHost, folder: string): Result<Identity, IdentityCode> {
  return changed(host, folder, (file) => ({ ...file, wg: file.next ?? file.wg, next: null }));
}

function changed(
  host: KeyHost,
  folder: string,
  change: (file: NodeFile) => NodeFile,
): Result<Identity, IdentityCode> {
  const current = openIdentity(host, folder);
  if (!current.ok) return current;
  const held = readSecretFile(host.disk, nodeFile(folder), { sizeMax: KEY_FILE_BYTES_MAX });
  const file = held.ok ? parse(held.value) : null;
  if (file === null) return refuse('node-key-damaged', nodeFile(folder));
  const next = change(file);
  if (next !== file) rewrite(host, folder, next);
  return openIdentity(host, folder);
}

function makeIdentity(host: KeyHost, folder: string): Result<Identity, IdentityCode> {
  const file: NodeFile = {
    machine: host.machine,
    seed: hide(host.random(SEED_BYTES)),
    wg: { seed: hide(host.random(SEED_BYTES)), counter: 1 },
    next: null,
  };
  const journal = createJournal(host, folder, keyPairOf(file.seed).publicKey);
  if (!journal.ok) return journal;
  const made = createSecretFile(host.disk, nodeFile(folder), () => written(file));
  return made.ok ? identityOf(host, folder, file, false) : made;
}

function identityOf(
  host: KeyHost,
  folder: string,
  file: NodeFile,
  moved: boolean,
): Result<Identity, IdentityCode> {
  const pair = keyPairOf(file.seed);
  const journal = openJournal(host, folder, pair.publicKey, moved);
  if (!journal.ok) {
    const isCloned = journal.code === 'key-copied' || journal.code === 'other-machine';
    return isCloned ? refuse('node-cloned', journal.detail) : journal;
  }
  const signer = signerOf(host, pair, journal.value);
  const { publicKey, privateKey } = pair;
  const wireguard = wireguardKey(publicKey, file.wg);
  const nextWireguard = file.next === null ? null : wireguardKey(publicKey, file.next);
  return ok({ publicKey, signer, privateKey, wireguard, nextWireguard });
}

function wireguardKey(node: Key, { seed, counter }: WireguardSeed): WireguardKey {
  const pair = keyPairOf(seed);
  // RFC 8032 5.1.5: the scalar of an Ed25519 key, which is an X25519 private key as it is.
  const scalar = createHash('sha512').update(reveal(seed)).digest().subarray(0, 32);
  scalar[0] = (scalar[0] as number) & 248;
  scalar[31] = ((scalar[31] as number) & 127) | 64;
  const der = Buffer.concat([X25519_HEAD, scalar]);
  const x25519 = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  der.fill(0);
  return {
    key: pair.publicKey,
    counter,
    publicKey: fromBase64url(x25519.export({ format: 'jwk' }).x as string) as Uint8Array,
    privateKey: hide(new Uint8Array(scalar)),
    claim(ledger) {
      const sig = signOther(pair, wireguardMessage(ledger, node, counter));
      return { key: pair.publicKey, counter, sig };
    },
  };
}

function rewrite(host: KeyHost, folder: string, file: NodeFile): void {
  replaceSecretFile(host.disk, nodeFile(folder), () => written(file));
}

function written({ machine, seed, wg, next }: NodeFile): Uint8Array {
  const json = {
    ...{ format: FORMAT, machine, seed: toBase64url(reveal(seed)), wg: shownSeed(wg) },
    ...(next === null ? {} : { next: shownSeed(next) }),
  };
  return utf8(`${canonical(json)}\n`);
}

function shownSeed({ seed, counter }: WireguardSeed): { counter: number; seed: string } {
  return { counter, seed: toBase64url(reveal(seed)) };
}

function parse(bytes: Uint8Array): NodeFile | null {
  const text = textOf(bytes);
  if (text === null || !text.endsWith('\n')) return null;
  const parsed = parseCanonical(text.slice(0, -1));
  if ('why' in parsed || !isObject(parsed.value)) return null;
  const { format, machine, seed, wg, next } = parsed.value;
  if (format !== FORMAT || typeof machine !== 'string') return null;
  const [own, current] = [seedIn(seed), wireguardIn(wg)];
  const coming = next === undefined ? null : wireguardIn(next);
  if (own === null || current === null || (next !== undefined && coming === null)) return null;
  return { machine, seed: own, wg: current, next: coming };
}

function wireguardIn(value: Json | undefined): WireguardSeed | null {
  if (!isObject(value ?? '')) return null;
  const { seed: text, counter } = value as Record<string, Json>;
  const seed = seedIn(text);
  return seed === null || typeof counter !== 'number' || counter < 1 ? null : { seed, counter };
}

function seedIn(value: Json | undefined): Secret | null {
  if (typeof value !== 'string' || !isBase64url(value, SEED_BYTES)) return null;
  return hide(fromBase64url(value) as Uint8Array);
}
