// Bytes that nobody may see: a secret shows itself as "[secret]" in JSON, in a template string and
// in a debugger's print, so that it has to be revealed on purpose, by name, to get out.
// JavaScript cannot promise to wipe memory (strings and copies stay): `wipe` clears what is ours,
// and the process that knew a secret is the thing that ends.

export interface Secret {
  readonly toJSON: () => string;
  readonly toString: () => string;
}

const bytesOf = new WeakMap<Secret, Uint8Array>();
const MASK = '[secret]';
const masked = (): string => MASK;

/** Takes the bytes over: the caller keeps no other use of them. */
export function hide(bytes: Uint8Array): Secret {
  const secret: Secret = Object.freeze({ toJSON: masked, toString: masked });
  bytesOf.set(secret, bytes);
  return secret;
}

export function reveal(secret: Secret): Uint8Array {
  return bytesOf.get(secret) as Uint8Array;
}

export function wipe(secret: Secret): void {
  bytesOf.get(secret)?.fill(0);
}
