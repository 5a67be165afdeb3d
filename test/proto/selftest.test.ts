// The self-test passes on this machine, and notices every platform that lies in one way.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ed25519 } from '@noble/curves/ed25519.js';
import { describe, expect, test, vi } from 'vitest';
import type { Platform } from '../../proto/platform.ts';
import { selfTest } from '../../proto/selftest.ts';
import { nodePlatform } from '../../src/platform.ts';

function lying(lie: Partial<Platform>): string | null {
  return selfTest({ ...nodePlatform, ...lie });
}

describe('the self-test', () => {
  test('passes on this platform', () => expect(selfTest(nodePlatform)).toBe(null));

  test('asks every published edge case', () => {
    const path = join(import.meta.dirname, '../../fixtures/ed25519/edge-cases.json');
    const edges = JSON.parse(readFileSync(path, 'utf8')) as { message: string }[];
    const source = readFileSync(join(import.meta.dirname, '../../proto/selftest.ts'), 'utf8');
    const asked = [...source.matchAll(/message: '([0-9a-f]+)'/g)].map(([, message]) => message);
    expect(asked).toEqual(edges.map(({ message }) => message));
  });

  test.each<[string, Partial<Platform>, string]>([
    ['agrees with everything', { verifyEd25519: () => true }, 'Ed25519: another message'],
    ['agrees with nothing', { verifyEd25519: () => false }, 'Ed25519: a key and R of full order'],
    [
      'multiplies by the cofactor',
      { verifyEd25519: (key, message, signature) => ed25519.verify(signature, message, key) },
      'Ed25519: only the equation times eight holds',
    ],
    [
      'ignores the message',
      { verifyEd25519: ignoringTheMessage() },
      'Ed25519: another message, a key and R of full order',
    ],
    ['hashes with another function', { sha256: sha512Half }, 'SHA-256'],
    ['hashes to nothing', { sha256: () => new Uint8Array(32) }, 'SHA-256'],
    ['cuts the hash', { sha256: (bytes) => nodePlatform.sha256(bytes).subarray(1) }, 'SHA-256'],
  ])('fails on a platform that %s', (_, lie, why) => {
    expect(lying(lie)).toContain(why);
  });

  test('fails on a platform that cannot normalize a text', () => {
    const normalize = vi.spyOn(String.prototype, 'normalize');
    normalize.mockImplementation(function itself(this: string) {
      return this;
    });
    expect(selfTest(nodePlatform)).toContain('NFC');
    normalize.mockRestore();
    expect(selfTest(nodePlatform)).toBe(null);
  });
});

// Remembers the one message with which a signature was good.
function ignoringTheMessage(): Platform['verifyEd25519'] {
  const good = new Set<string>();
  return (key, message, signature) => {
    const name = Buffer.from(signature).toString('hex');
    if (nodePlatform.verifyEd25519(key, message, signature)) good.add(name);
    return good.has(name);
  };
}

function sha512Half(bytes: Uint8Array): Uint8Array {
  return createHash('sha512').update(bytes).digest().subarray(0, 32);
}
