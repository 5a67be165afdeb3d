// Every signature that a record carries: the author's, and those inside the body by which another
// key speaks for itself. Each use of a key has its own prefix, so that no signature can be taken
// for another. Spec: docs/ledger.md, "Proofs".

import { fromBase64url, utf8 } from '../proto/bytes.ts';
import { verdict } from '../proto/ed25519.ts';
import type { Key, RecordId, Signature } from '../proto/ids.ts';
import { type JsonObject, canonical } from '../proto/json.ts';
import type { Platform } from '../proto/platform.ts';
import type { NodeAdmitBody, WireguardClaim } from './kinds.ts';
import { type Decoded, signedBytes } from './record.ts';

const WIREGUARD_PREFIX = 'kith-wireguard-v1\n';
const ACCEPTANCE_PREFIX = 'kith-accept-v1\n';

/** One check to make, as bytes: it can travel to another thread as it is. */
export interface SignatureJob {
  readonly key: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** What a WireGuard key signs to say that this node may use it. */
export function wireguardMessage(ledger: RecordId, node: Key, counter: number): Uint8Array {
  return utf8(WIREGUARD_PREFIX + canonical({ author: node, counter, ledger }));
}

/** What a new node signs to accept its admission: who admits it, and the exact body. */
export function acceptanceMessage(
  ledger: RecordId,
  admitter: Key,
  body: Omit<NodeAdmitBody, 'acceptance'>,
): Uint8Array {
  const { acceptance: _, ...accepted } = body as NodeAdmitBody;
  const value = { admitter, body: accepted as unknown as JsonObject, ledger };
  return utf8(ACCEPTANCE_PREFIX + canonical(value));
}

function job(key: Key, message: Uint8Array, signature: Signature): SignatureJob {
  return {
    key: fromBase64url(key) as Uint8Array,
    message,
    signature: fromBase64url(signature) as Uint8Array,
  };
}

function wireguardJob(record: Decoded, node: Key, wg: WireguardClaim): SignatureJob {
  return job(wg.key, wireguardMessage(record.ledger as RecordId, node, wg.counter), wg.sig);
}

/** How many checks `signatureJobs` makes of a record. */
export function signatureCount(record: Decoded): number {
  if (record.act.kind === 'node.admit') return 3;
  return record.act.kind === 'node.update' && record.act.body.wg !== undefined ? 2 : 1;
}

/** All checks of a record, the author's own signature first. */
export function signatureJobs(record: Decoded): SignatureJob[] {
  const jobs = [job(record.author, signedBytes(record.unsigned), record.sig)];
  if (record.act.kind === 'node.admit') {
    const { body } = record.act;
    const message = acceptanceMessage(record.ledger as RecordId, record.author, body);
    jobs.push(job(body.key, message, body.acceptance), wireguardJob(record, body.key, body.wg));
  }
  if (record.act.kind === 'node.update' && record.act.body.wg !== undefined) {
    jobs.push(wireguardJob(record, record.author, record.act.body.wg));
  }
  return jobs;
}

/** All of them, looked at here and now: for the one record that others are judged by. */
export function isSigned(record: Decoded, platform: Platform): boolean {
  return signatureJobs(record).every(({ key, message, signature }) =>
    verdict(platform, key, message, signature),
  );
}
