// What a pure core may ask of the machine it runs on: two functions of bytes, handed in as a value.
// The clock, random bytes and all I/O are inputs of the cores, never part of this.

export interface Platform {
  sha256(bytes: Uint8Array): Uint8Array;
  /** The platform's own Ed25519 check. Never call it directly: ed25519.ts holds the one rule. */
  verifyEd25519(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}
