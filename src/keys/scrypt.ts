// scrypt by OpenSSL, off the main thread, within a bound on its memory.

import { scrypt } from 'node:crypto';
import { type Secret, hide, reveal } from '../../proto/secret.ts';
import { SCRYPT_MEMORY_BYTES_MAX, SCRYPT_N_MIN, SCRYPT_P_MAX } from './limits.ts';

export interface ScryptCost {
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

/** Whether these costs, from a file, are ones that we are willing to pay. */
export function isBearable(cost: ScryptCost): boolean {
  const { n, r, p } = cost;
  const isPower = n >= SCRYPT_N_MIN && (n & (n - 1)) === 0;
  return (
    isPower && r >= 1 && p >= 1 && p <= SCRYPT_P_MAX && memoryBytes(cost) <= SCRYPT_MEMORY_BYTES_MAX
  );
}

function memoryBytes({ n, r, p }: ScryptCost): number {
  return 128 * r * (n + p + 2);
}

export function derive(
  secret: Secret,
  salt: Uint8Array,
  cost: ScryptCost,
  sizeBytes: number,
): Promise<Secret> {
  const { n, r, p } = cost;
  const options = { N: n, r, p, maxmem: memoryBytes(cost) + 1024 * 1024 };
  return new Promise((resolve, reject) => {
    scrypt(reveal(secret), salt, sizeBytes, options, (fault, bytes) =>
      fault === null ? resolve(hide(bytes)) : reject(fault),
    );
  });
}
