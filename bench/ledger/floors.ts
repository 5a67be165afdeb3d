// The floors: what the machine can do at all, in the plainest loop that does it.

import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import fs from 'node:fs';
import { toBase64url } from '../../proto/bytes.ts';
import { type SignatureJob, signatureJobs } from '../../ledger/proof.ts';
import { decoded } from './intake.ts';

/** Signature checks with all else done beforehand: keys parsed, messages and signatures as bytes. */
export function bareVerify(lines: readonly string[]): () => void {
  const keys = new Map<string, KeyObject>();
  const jobs = lines.flatMap((line) => signatureJobs(decoded(line)));
  const parsed = jobs.map((job) => parsedKey(keys, job));
  return () => {
    for (let i = 0; i < jobs.length; i++) {
      const { message, signature } = jobs[i] as SignatureJob;
      if (!verify(null, message, parsed[i] as KeyObject, signature)) throw new Error('bad');
    }
  };
}

function parsedKey(keys: Map<string, KeyObject>, job: SignatureJob): KeyObject {
  const x = toBase64url(job.key);
  let key = keys.get(x);
  if (key === undefined) {
    key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    keys.set(x, key);
  }
  return key;
}

/** One write and one fdatasync for each piece of bytes, into a new file. */
export function bareAppend(file: string, pieces: readonly Uint8Array[]): void {
  const fd = fs.openSync(file, 'a', 0o600);
  for (const piece of pieces) {
    fs.writeSync(fd, piece);
    fs.fdatasyncSync(fd);
  }
  fs.closeSync(fd);
}
