// The recovery secret as it stands on paper: 26 Crockford symbols, 25 of them random (125 bits) and
// one check, so that a typo is told at once and not by a slow derivation that ends in another key.
// Spec: docs/keys.md, "The recovery secret". The derivation itself runs in src/keys/recovery.ts.

import { assert } from '../proto/assert.ts';
import { textOf, utf8 } from '../proto/bytes.ts';
import { checkSymbol, grouped, readSymbols, writeSymbols } from '../proto/crockford.ts';
import { type Result, ok, refuse } from '../proto/result.ts';
import { type Secret, hide, reveal } from '../proto/secret.ts';

/** FROZEN. 25 symbols are 125 bits: out of reach, and five groups that a person can copy. */
export const RECOVERY_RANDOM_SYMBOLS = 25;
/** FROZEN. The random symbols and their check. */
const RECOVERY_SYMBOLS = RECOVERY_RANDOM_SYMBOLS + 1;
/**
 * FROZEN: another value is another key, and the sheets are printed. The secret cannot be guessed
 * as it is; scrypt is for the sheet of which a part was seen. 32 MiB, so that the smallest machine
 * on which somebody ever recovers can do it.
 */
export const RECOVERY_SCRYPT: {
  readonly n: number;
  readonly r: number;
  readonly p: number;
  readonly salt: string;
} = { n: 2 ** 15, r: 8, p: 1, salt: 'kith-recovery-v1' };

const GROUP_SYMBOLS = 5;

export type PaperCode = 'paper-symbol' | 'paper-length' | 'paper-check';

/** What to tell a person about a secret that was mistyped. Never with the secret itself. */
export const PAPER_REFUSALS: Readonly<Record<PaperCode, { what: string; hint: string }>> = {
  'paper-symbol': {
    what: 'a character of the secret is none that is used on a sheet',
    hint: 'the sheet uses 0-9 and A-Z without I, L, O and U',
  },
  'paper-length': {
    what: `the secret does not have ${RECOVERY_SYMBOLS} characters`,
    hint: 'copy all five groups; spaces, dashes and capitals do not matter',
  },
  'paper-check': {
    what: 'the secret has a mistyped or swapped character',
    hint: 'compare it with the sheet, group by group',
  },
};

/** A new secret out of 25 random bytes, of each of which five bits are used. */
export function recoverySecret(random: Uint8Array): Secret {
  assert(random.length === RECOVERY_RANDOM_SYMBOLS, 'one random byte for each symbol');
  const values = [...random].map((byte) => byte & 31);
  return hide(utf8(writeSymbols([...values, checkSymbol(values)])));
}

/** The secret that a person typed from a sheet, in the one spelling that is derived from. */
export function readRecovery(typed: string): Result<Secret, PaperCode> {
  const read = readSymbols(typed);
  if ('foreignAt' in read) return refuse('paper-symbol', `character ${read.foreignAt}`);
  const { values } = read;
  if (values.length !== RECOVERY_SYMBOLS) {
    return refuse('paper-length', `${values.length} characters`);
  }
  if (checkSymbol(values.slice(0, -1)) !== values.at(-1)) return refuse('paper-check');
  return ok(hide(utf8(writeSymbols(values))));
}

/** The secret in the open, in groups: for the sheet, and nothing else. */
export function recoveryText(secret: Secret): string {
  return grouped(textOf(reveal(secret)) as string, GROUP_SYMBOLS);
}
