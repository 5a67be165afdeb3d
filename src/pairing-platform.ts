// The PairingPlatform of Node: everything by OpenSSL, which also refuses a product of zero.

import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hash,
  timingSafeEqual,
} from 'node:crypto';
import type { PairingPlatform } from '../pairing/platform.ts';
import { nodePlatform } from './platform.ts';

const PRIVATE = Buffer.from('302e020100300506032b656e04220420', 'hex');
const PUBLIC = Buffer.from('302a300506032b656e032100', 'hex');
const CIPHER = 'chacha20-poly1305';
const SEAL_BYTES = 16;

export const pairingPlatform: PairingPlatform = {
  ...nodePlatform,
  sha512: (bytes) => hash('sha512', bytes, 'buffer'),
  hmacSha512: (key, bytes) => createHmac('sha512', key).update(bytes).digest(),
  sameSecret: (a, b) => a.length === b.length && timingSafeEqual(a, b),
  x25519(scalar, point) {
    const der = { format: 'der' } as const;
    const privateKey = createPrivateKey({
      ...der,
      type: 'pkcs8',
      key: Buffer.concat([PRIVATE, scalar]),
    });
    const publicKey = createPublicKey({
      ...der,
      type: 'spki',
      key: Buffer.concat([PUBLIC, point]),
    });
    try {
      const product = diffieHellman({ privateKey, publicKey });
      return product.every((byte) => byte === 0) ? null : product;
    } catch {
      return null;
    }
  },
  seal(key, nonce, ad, text) {
    const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: SEAL_BYTES });
    cipher.setAAD(ad, { plaintextLength: text.length });
    return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
  },
  open(key, nonce, ad, box) {
    const size = box.length - SEAL_BYTES;
    if (size < 0) return null;
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: SEAL_BYTES });
    decipher.setAAD(ad, { plaintextLength: size });
    decipher.setAuthTag(box.subarray(size));
    try {
      return Buffer.concat([decipher.update(box.subarray(0, size)), decipher.final()]);
    } catch {
      return null;
    }
  },
};
