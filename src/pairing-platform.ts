// The PairingPlatform of Node: SHA-512 and X25519 by OpenSSL, which refuses a product of zero.

import { createPrivateKey, createPublicKey, diffieHellman, hash } from 'node:crypto';
import type { PairingPlatform } from '../pairing/platform.ts';
import { nodePlatform } from './platform.ts';

const PRIVATE = Buffer.from('302e020100300506032b656e04220420', 'hex');
const PUBLIC = Buffer.from('302a300506032b656e032100', 'hex');

export const pairingPlatform: PairingPlatform = {
  ...nodePlatform,
  sha512: (bytes) => hash('sha512', bytes, 'buffer'),
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
};
