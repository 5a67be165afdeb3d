// Whatever certificate a caller shows, the answer is a sound key with the lines it brings, or
// nobody; never a throw, which would be ours to catch in the middle of a handshake.

import { X509Certificate, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromBase64url } from '../../proto/bytes.ts';
import { isSoundKey } from '../../proto/ed25519.ts';
import type { Key } from '../../proto/ids.ts';
import { callerOf, certificateOf } from '../../src/peer/certificate.ts';
import { CERTIFICATE_BYTES_MAX } from '../../src/peer/limits.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const key = publicKey.export({ format: 'jwk' }).x as Key;
const plain = Buffer.from(new X509Certificate(certificateOf({ publicKey: key, privateKey })).raw);
const lines = ['{"v":1}', 'not a record'];
const laden = Buffer.from(
  new X509Certificate(certificateOf({ publicKey: key, privateKey }, lines)).raw,
);

function read(der: Uint8Array): X509Certificate | null {
  try {
    return new X509Certificate(der);
  } catch {
    // OpenSSL reads no certificate in it: TLS would have ended there.
    return null;
  }
}

/** Whether there was a certificate to look at, and somebody behind it. */
function judge(der: Uint8Array): 'unread' | 'nobody' | 'somebody' {
  const certificate = read(der);
  if (certificate === null) return 'unread';
  const caller = callerOf(certificate);
  if (caller === null) return 'nobody';
  expect(der.length).toBeLessThanOrEqual(CERTIFICATE_BYTES_MAX);
  expect(isSoundKey(fromBase64url(caller.key) as Uint8Array)).toBe(true);
  for (const line of caller.brought) expect(line).not.toContain('\n');
  return 'somebody';
}

test('certificates as we make them name their key and what it brings', () => {
  expect(callerOf(new X509Certificate(plain))).toEqual({ key, brought: [] });
  expect(callerOf(new X509Certificate(laden))).toEqual({ key, brought: lines });
});

test('each byte of a certificate changed in turn', () => {
  const seen = new Set<string>();
  for (const der of [plain, laden]) {
    for (let at = 0; at < der.length; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const bytes = Buffer.from(der);
        bytes[at] = (bytes[at] as number) ^ flip;
        seen.add(judge(bytes));
      }
    }
  }
  expect([...seen].toSorted()).toEqual(['nobody', 'somebody', 'unread']);
});

test('certificates with bytes overwritten, cut out and put in', () => {
  const edit = fc.tuple(fc.nat(), fc.nat({ max: 20 }), fc.uint8Array({ maxLength: 20 }));
  fc.assert(
    fc.property(
      fc.constantFrom(plain, laden),
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      (der, edits, keepsLength) => {
        let bytes = Buffer.from(der);
        for (const [place, drop, put] of edits) {
          const at = place % (bytes.length + 1);
          const rest = bytes.subarray(at + (keepsLength ? put.length : drop));
          bytes = Buffer.concat([bytes.subarray(0, at), put, rest]);
        }
        judge(bytes);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('a key of another kind under the name of ours, and brought lines of any bytes', () => {
  // The identifier of X25519, of Ed448 and of nothing known, in the place of Ed25519's.
  const ours = Buffer.from('06032b6570', 'hex');
  for (const last of [0x6e, 0x71, 0x01]) {
    const bytes = Buffer.from(plain);
    for (let at = bytes.indexOf(ours); at >= 0; at = bytes.indexOf(ours, at + 1))
      bytes[at + 4] = last;
    expect(judge(bytes)).not.toBe('somebody');
  }
  const from = laden.indexOf(lines[0] as string);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), (put) => {
      const bytes = Buffer.from(laden);
      bytes.set(put, from);
      judge(bytes);
    }),
    { numRuns: 1_000 },
  );
});
