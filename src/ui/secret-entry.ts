// A secret while it is typed at the screens: its letters stay here, in memory that is wiped, and
// the model learns how many there are. A new one is typed twice and compared here.

import { SECRET_UNITS_MAX } from './limits.ts';

export interface SecretEntry {
  readonly length: number;
  /** A key of the keyboard; true where it belonged to the secret. */
  key(key: string, text: string | null): boolean;
  /** Lays aside what was typed, for the second entry. */
  again(): void;
  /** What was typed, in UTF-8; null where two entries differ. Nothing is kept. */
  take(): Uint8Array | null;
  wipe(): void;
}

export function createSecretEntry(): SecretEntry {
  let units = new Uint16Array(SECRET_UNITS_MAX);
  let length = 0;
  let first: Uint16Array | null = null;
  const clear = (): void => {
    units.fill(0);
    length = 0;
  };
  return {
    get length() {
      return length;
    },
    key(key, text) {
      if (key === 'backspace') {
        if (length > 0) units[--length] = 0;
        return true;
      }
      if (key === 'C-u') {
        clear();
        return true;
      }
      if (text === null) return false;
      for (let at = 0; at < text.length && length < SECRET_UNITS_MAX; at++) {
        units[length++] = text.charCodeAt(at);
      }
      return true;
    },
    again() {
      first = units.slice(0, length);
      clear();
    },
    take() {
      const typed = units.slice(0, length);
      const isSame = first === null || Buffer.from(first.buffer).equals(Buffer.from(typed.buffer));
      const secret = isSame ? utf8Of(typed) : null;
      typed.fill(0);
      this.wipe();
      return secret;
    },
    wipe() {
      clear();
      first?.fill(0);
      first = null;
    },
  };
}

/** UTF-8 of UTF-16, without a string between: a string cannot be wiped. */
function utf8Of(units: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(units.length * 3);
  let size = 0;
  const put = (...values: number[]): void => {
    for (const value of values) bytes[size++] = value;
  };
  for (let at = 0; at < units.length; at++) {
    let code = units[at] as number;
    const low = units[at + 1] ?? 0;
    if (code >= 0xd800 && code < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      at++;
    }
    if (code < 0x80) put(code);
    else if (code < 0x800) put(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000) {
      put(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    } else {
      put(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63));
      put(0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    }
  }
  const secret = bytes.slice(0, size);
  bytes.fill(0);
  return secret;
}
