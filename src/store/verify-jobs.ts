// Signature jobs as one block of bytes, so that a message to a thread is moved and not copied.
// Per job: the length of the message (4 bytes, little endian), key (32), signature (64), message.

import { verdict } from '../../proto/ed25519.ts';
import { KEY_BYTES, SIGNATURE_BYTES } from '../../proto/ids.ts';
import type { SignatureJob } from '../../ledger/proof.ts';
import { nodePlatform } from '../platform.ts';

const FIXED_BYTES: number = 4 + KEY_BYTES + SIGNATURE_BYTES;

/** A job of other lengths cannot be packed, and no such signature is good. */
export function isPackable(job: SignatureJob): boolean {
  return job.key.length === KEY_BYTES && job.signature.length === SIGNATURE_BYTES;
}

export function packJobs(jobs: readonly SignatureJob[]): Uint8Array<ArrayBuffer> {
  let size = 0;
  for (const { message } of jobs) size += FIXED_BYTES + message.length;
  const block = new Uint8Array(size);
  const view = new DataView(block.buffer);
  let at = 0;
  for (const { key, message, signature } of jobs) {
    view.setUint32(at, message.length, true);
    block.set(key, at + 4);
    block.set(signature, at + 4 + KEY_BYTES);
    block.set(message, at + FIXED_BYTES);
    at += FIXED_BYTES + message.length;
  }
  return block;
}

/** The jobs of a block, as views into it. */
export function* unpackJobs(block: Uint8Array): Iterable<SignatureJob> {
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  let at = 0;
  while (at < block.length) {
    const end = at + FIXED_BYTES + view.getUint32(at, true);
    yield {
      key: block.subarray(at + 4, at + 4 + KEY_BYTES),
      signature: block.subarray(at + 4 + KEY_BYTES, at + FIXED_BYTES),
      message: block.subarray(at + FIXED_BYTES, end),
    };
    at = end;
  }
}

/** The verdicts on the jobs of a block, a byte each. */
export function verdictsOn(block: Uint8Array): Uint8Array<ArrayBuffer> {
  const verdicts: number[] = [];
  for (const { key, message, signature } of unpackJobs(block))
    verdicts.push(verdict(nodePlatform, key, message, signature) ? 1 : 0);
  return Uint8Array.from(verdicts);
}
