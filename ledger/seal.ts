// A draft becomes a record: written once, signed, and then held against every rule of shape that a
// line from elsewhere is held against. What is looked at is the value that the text was written
// from, our own copy of it, where reading the text again could tell nothing new.
// Spec: docs/decisions/2026-11-30-signing.md, "Not read again".

import type { Signature } from '../proto/ids.ts';
import { spelledCopy } from '../proto/json.ts';
import type { Platform } from '../proto/platform.ts';
import { type Result, refuse } from '../proto/result.ts';
import { LINE_BYTES_MAX } from './limits.ts';
import {
  type Decoded,
  type Draft,
  type DraftJson,
  decodeText,
  draftJson,
  judged,
  sealedText,
  signedJson,
  unsignedText,
} from './record.ts';
import type { RefusalCode } from './refusals.ts';

/** A draft in the text that its signature covers. */
export interface Written {
  readonly unsigned: string;
  /** What that text reads as; null where only reading it can tell. */
  readonly value: DraftJson | null;
}

export function write(draft: Draft): Written {
  const spelled = spelledCopy(draftJson(draft));
  if (spelled === null) return { unsigned: unsignedText(draft), value: null };
  return { unsigned: spelled.text, value: spelled.value as DraftJson };
}

/** The record of what was written and its signature, or why no ledger takes it. */
export function seal(
  { unsigned, value }: Written,
  sig: Signature,
  platform: Platform,
): Result<Decoded, RefusalCode> {
  const line = sealedText(unsigned, sig);
  if (value === null) return decodeText(line, platform);
  // Plain ASCII: as many bytes as characters.
  if (line.length > LINE_BYTES_MAX) return refuse('too-long');
  return judged(signedJson(value, sig), { line, unsigned }, platform);
}
