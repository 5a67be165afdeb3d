// A key file: one line of canonical JSON with the seed of an operator's key, sealed by a passphrase
// or, where a person has said so, in the open. Spec: docs/keys.md, "The operator's key".
//
//   {"address":…,"format":"kith-operator-key-v1","kdf":{…},"name":…,"public":…,"sealed":{…}}
//   {"address":…,"format":"kith-operator-key-v1","name":…,"plain":{"seed":…},"public":…}
//
// All but the sealed text is bound to it, so any changed byte refuses the file.

import { createCipheriv, createDecipheriv } from 'node:crypto';
import { isName } from '../../ledger/schema.ts';
import { fromBase64url, isBase64url, textOf, toBase64url, utf8 } from '../../proto/bytes.ts';
import { type Key, isKey } from '../../proto/ids.ts';
import { type Json, type JsonObject, canonical, parseCanonical } from '../../proto/json.ts';
import { type Result, ok, refuse } from '../../proto/result.ts';
import { type Secret, hide, reveal, wipe } from '../../proto/secret.ts';
import { SEED_BYTES, addressOf, keyPairOf } from './keypair.ts';
import { SALT_BYTES, SEAL_SCRYPT } from './limits.ts';
import type { SealCode } from './refusals.ts';
import { type ScryptCost, derive, isBearable } from './scrypt.ts';

const FORMAT = 'kith-operator-key-v1';
const CIPHER = 'chacha20-poly1305';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What a key file shows without its passphrase. Holds no secret in a readable form. */
export interface KeyFile {
  readonly publicKey: Key;
  readonly address: string;
  readonly name: string;
  readonly lock: Lock;
}
type Lock =
  | { readonly kind: 'plain'; readonly seed: Secret }
  | {
      readonly kind: 'sealed';
      readonly cost: ScryptCost;
      readonly salt: Uint8Array;
      readonly nonce: Uint8Array;
      readonly text: Uint8Array;
    };

export interface Sealing {
  readonly passphrase: Secret;
  readonly random: (sizeBytes: number) => Uint8Array;
  readonly cost?: ScryptCost;
}

/** The text of a key file. `null` for a sealing is the explicit --no-passphrase. */
export async function sealKey(
  seed: Secret,
  name: string,
  sealing: Sealing | null,
): Promise<Uint8Array> {
  const publicKey = keyPairOf(seed).publicKey;
  if (sealing === null) {
    return written({ ...labels(publicKey, name), plain: { seed: toBase64url(reveal(seed)) } });
  }
  const cost = sealing.cost ?? SEAL_SCRYPT;
  const salt = sealing.random(SALT_BYTES);
  const nonce = sealing.random(NONCE_BYTES);
  const head = sealedHead(labels(publicKey, name), cost, salt, nonce);
  const key = await derive(sealing.passphrase, salt, cost, SEED_BYTES);
  const cipher = createCipheriv(CIPHER, reveal(key), nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(utf8(canonical(head)), { plaintextLength: SEED_BYTES });
  const text = Buffer.concat([cipher.update(reveal(seed)), cipher.final(), cipher.getAuthTag()]);
  wipe(key);
  return written(withText(head, toBase64url(text)));
}

function labels(publicKey: Key, name: string): JsonObject {
  return { format: FORMAT, public: publicKey, address: addressOf(publicKey), name };
}

// The whole file but the sealed text: this is what the text is bound to.
function sealedHead(
  shown: JsonObject,
  { n, r, p }: ScryptCost,
  salt: Uint8Array,
  nonce: Uint8Array,
): JsonObject {
  const kdf = { name: 'scrypt', n, r, p, salt: toBase64url(salt) };
  return { ...shown, kdf, sealed: { cipher: CIPHER, nonce: toBase64url(nonce) } };
}

function withText(head: JsonObject, text: string): JsonObject {
  return { ...head, sealed: { ...(head['sealed'] as JsonObject), text } };
}

function written(file: JsonObject): Uint8Array {
  return utf8(`${canonical(file)}\n`);
}

/** A key file as far as it is legible without the passphrase. */
export function parseKeyFile(bytes: Uint8Array): Result<KeyFile, SealCode> {
  const text = textOf(bytes);
  if (text === null || !text.endsWith('\n')) return refuse('key-file-damaged', 'not one line');
  const parsed = parseCanonical(text.slice(0, -1));
  if ('why' in parsed) return refuse('key-file-damaged', parsed.why);
  const fields = fieldsOf(parsed.value);
  const { format, public: publicKey, name } = fields;
  if (format !== FORMAT) return refuse('key-file-damaged', 'format');
  if (typeof name !== 'string' || !isName(name)) return refuse('key-file-damaged', 'name');
  if (typeof publicKey !== 'string' || !isKey(publicKey)) {
    return refuse('key-file-damaged', 'public');
  }
  const lock = fields['plain'] === undefined ? sealedLock(fields) : plainLock(fields, publicKey);
  if (!lock.ok) return lock;
  const file: KeyFile = { publicKey, address: addressOf(publicKey), name, lock: lock.value };
  // The same text again, or the address is another's, or there are fields that we did not judge.
  const same = canonical(jsonOf(file)) === canonical(parsed.value);
  return same ? ok(file) : refuse('key-file-damaged', 'its fields');
}

function jsonOf({ publicKey, name, lock }: KeyFile): JsonObject {
  const shown = labels(publicKey, name);
  if (lock.kind === 'plain') return { ...shown, plain: { seed: toBase64url(reveal(lock.seed)) } };
  return withText(sealedHead(shown, lock.cost, lock.salt, lock.nonce), toBase64url(lock.text));
}

function plainLock(fields: JsonObject, publicKey: Key): Result<Lock, SealCode> {
  const seed = bytesIn(fieldsOf(fields['plain'])['seed'], SEED_BYTES);
  if (seed === null) return refuse('key-file-damaged', 'plain');
  const hidden = hide(seed);
  if (keyPairOf(hidden).publicKey !== publicKey) return refuse('key-file-damaged', 'plain');
  return ok({ kind: 'plain', seed: hidden });
}

function sealedLock(fields: JsonObject): Result<Lock, SealCode> {
  const kdf = fieldsOf(fields['kdf']);
  const sealed = fieldsOf(fields['sealed']);
  const { n, r, p } = kdf;
  if (typeof n !== 'number' || typeof r !== 'number' || typeof p !== 'number') {
    return refuse('key-file-damaged', 'kdf');
  }
  const cost = { n, r, p };
  if (!isBearable(cost)) return refuse('key-file-costly', `n ${n}, r ${r}, p ${p}`);
  const salt = bytesIn(kdf['salt'], SALT_BYTES);
  const nonce = bytesIn(sealed['nonce'], NONCE_BYTES);
  const text = bytesIn(sealed['text'], SEED_BYTES + TAG_BYTES);
  if (salt === null || nonce === null || text === null) return refuse('key-file-damaged', 'sealed');
  return ok({ kind: 'sealed', cost, salt, nonce, text });
}

function fieldsOf(value: Json | undefined): JsonObject {
  return typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : {};
}

function bytesIn(value: Json | undefined, sizeBytes: number): Uint8Array | null {
  return typeof value === 'string' && isBase64url(value, sizeBytes) ? fromBase64url(value) : null;
}

/** The seed. A wrong passphrase and a changed file look the same, as they must. */
export async function openKey(
  file: KeyFile,
  passphrase: Secret | null,
): Promise<Result<Secret, SealCode>> {
  const { lock } = file;
  if (lock.kind === 'plain') return ok(lock.seed);
  if (passphrase === null) return refuse('passphrase-needed');
  const key = await derive(passphrase, lock.salt, lock.cost, SEED_BYTES);
  const head = sealedHead(labels(file.publicKey, file.name), lock.cost, lock.salt, lock.nonce);
  const cipher = createDecipheriv(CIPHER, reveal(key), lock.nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(utf8(canonical(head)), { plaintextLength: SEED_BYTES });
  cipher.setAuthTag(lock.text.subarray(SEED_BYTES));
  const opened = cipher.update(lock.text.subarray(0, SEED_BYTES));
  wipe(key);
  try {
    cipher.final();
  } catch {
    return refuse('passphrase-wrong');
  }
  const seed = hide(opened);
  return keyPairOf(seed).publicKey === file.publicKey
    ? ok(seed)
    : refuse('key-file-damaged', 'seed');
}
