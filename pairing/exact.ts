// Protobuf in one spelling: fields in the order of their numbers, each at most once, defaults left
// out, nothing unknown. A message is accepted only if writing it again gives the same bytes, so
// that both ends hash the same thing. Spec: docs/pairing.md, "Messages".

import { sameBytes } from '../proto/bytes.ts';
import type { Codec } from '../proto/wire.js';

/** The one encoding of a message: the one that every proto3 library writes. */
export function encodeExact<Message>(codec: Codec<Message>, message: Message): Uint8Array {
  return codec.encode(withoutDefaults(message as object) as Message).finish();
}

/**
 * What `read` makes of the bytes, or null where they are no such message, in another spelling than
 * `write` has for it, or longer than `sizeMax`. Whatever the bytes are, nothing is thrown.
 */
export function decodeExact<Message, Value>(
  codec: Codec<Message>,
  bytes: Uint8Array,
  sizeMax: number,
  read: (message: Message) => Value | null,
  write: (value: Value) => Uint8Array,
): Value | null {
  if (bytes.length > sizeMax) return null;
  const message = decoded(codec, bytes);
  if (message === null) return null;
  const value = read(message);
  return value !== null && sameBytes(write(value), bytes) ? value : null;
}

function decoded<Message>(codec: Codec<Message>, bytes: Uint8Array): Message | null {
  try {
    return codec.decode(bytes);
  } catch {
    return null;
  }
}

// A field that holds its default costs no bytes. Protobufjs would write it if it were there.
function withoutDefaults(message: object): object {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(message)) {
    if (isDefault(value)) continue;
    out[name] = Array.isArray(value) ? value.map(inner) : inner(value);
  }
  return out;
}

function inner(value: unknown): unknown {
  const isMessage = typeof value === 'object' && value !== null && !isBytes(value);
  return isMessage ? withoutDefaults(value) : value;
}

function isDefault(value: unknown): boolean {
  if (value === null || value === 0 || value === '' || value === false) return true;
  return (Array.isArray(value) || isBytes(value)) && value.length === 0;
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}
