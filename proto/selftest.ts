// The self-test of a platform: fixed questions with known answers, asked before the first record is
// judged. A platform that answers one of them otherwise would fork the ledger, so the service does
// not start on it. Spec: docs/ledger.md, "One verdict". The vectors are the ten published edge
// cases of fixtures/ed25519; a correct verifier of our rule accepts the fourth only.

import { fromHex, sameBytes, utf8 } from './bytes.ts';
import { verdict } from './ed25519.ts';
import { textOutsideProfile } from './json.ts';
import type { Platform } from './platform.ts';

interface Vector {
  readonly what: string;
  readonly message: string;
  readonly key: string;
  readonly r: string;
  readonly s: string;
  readonly accepted: boolean;
}

const VECTORS: readonly Vector[] = [
  {
    what: 'small order key and R, S of zero',
    message: '8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6',
    key: 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    r: 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    s: '0000000000000000000000000000000000000000000000000000000000000000',
    accepted: false,
  },
  {
    what: 'small order key',
    message: '9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79',
    key: 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    r: 'f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43',
    s: 'a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04',
    accepted: false,
  },
  {
    what: 'small order R',
    message: 'aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab',
    key: 'f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43',
    r: 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    s: '8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e',
    accepted: false,
  },
  {
    what: 'a key and R of full order that satisfy the equation without a cofactor',
    message: '9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79',
    key: 'cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d',
    r: '9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f',
    s: '87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009',
    accepted: true,
  },
  {
    what: 'only the equation times eight holds',
    message: 'e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c',
    key: 'cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d',
    r: '160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed512',
    s: '5ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09',
    accepted: false,
  },
  {
    what: 'only the equation times eight holds, unless the hash is multiplied before it is reduced',
    message: 'e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c',
    key: 'cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d',
    r: '21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7',
    s: 'e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405',
    accepted: false,
  },
  {
    what: 'S above the order',
    message: '85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40',
    key: '442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623',
    r: 'e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e',
    s: '547f7690a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514',
    accepted: false,
  },
  {
    what: 'S far above the order',
    message: '85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40',
    key: '442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623',
    r: '8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa1942',
    s: '7e71f98a473474f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c22',
    accepted: false,
  },
  {
    what: 'a second spelling of R, hashed as it stands',
    message: 'fdaebc429f4a735932a160da1301080c13280eea8bc280d1b392c6b9e6ba3a5a',
    key: 'f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43',
    r: 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    s: '454d370c8d9fc323a41450f8d513eafeb5b0697390c1e505a0d4ddc71f566607',
    accepted: false,
  },
  {
    what: 'a second spelling of R, hashed as its first',
    message: '84b698d39be126ff55fe45079e6c8bf64a0d7db6994560b4e96b7021eb39c1a1',
    key: 'f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43',
    r: 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    s: '084d5b99c2a9463d9c8bd5026916996984eeec87ddf1d3be329006ace1b37b09',
    accepted: false,
  },
];

const SHA256_OF_ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

/** Names this set of vectors: what was verified under another set is verified again. */
export const SELF_TEST_ID = 'ed25519-edges-1';

/** Null where the platform gives every right answer, else the question that it got wrong. */
export function selfTest(platform: Platform): string | null {
  if (!sameBytes(platform.sha256(utf8('abc')), bytes(SHA256_OF_ABC))) return 'SHA-256 of "abc"';
  // A Node that was built without its Unicode tables calls every text normalized.
  if (textOutsideProfile('e\u0301') === null) return 'NFC of a letter and its accent';
  for (const vector of VECTORS) {
    if (judge(platform, vector, 0) !== vector.accepted) return `Ed25519: ${vector.what}`;
    // The same with one bit of the message turned: a platform that agrees with everything fails.
    if (judge(platform, vector, 1)) return `Ed25519: another message, ${vector.what}`;
  }
  return null;
}

function judge(platform: Platform, vector: Vector, turned: number): boolean {
  const message = bytes(vector.message);
  message[0] = (message[0] as number) ^ turned;
  return verdict(platform, bytes(vector.key), message, bytes(vector.r + vector.s));
}

function bytes(hex: string): Uint8Array {
  return fromHex(hex) as Uint8Array;
}
