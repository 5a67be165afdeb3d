// What a terminal sends, put together into whole keys. One key may be several bytes that begin with
// an Esc, and over a slow line they come in pieces: an Esc waits for what may follow it, and what
// follows too late is no letter that anybody typed. Spec: docs/tui.md, "Keys".

import { ESC_LATE_MS, ESC_WAIT_MS, ESC_WAIT_MS_MAX, SEQUENCE_WAIT_MS } from './limits.ts';

export interface Gathered {
  /** The beginning of a sequence, until it is whole. */
  readonly held: string;
  /** What nobody waits for any more: an Esc that has acted, half a sequence that was let go. */
  readonly past: string;
  readonly pastMs: number;
  /** What is held begins with `past`: it acts no more. */
  readonly isLate: boolean;
  /** How long an Esc waits: longer on a line that has shown to be slow. */
  readonly waitMs: number;
}

export interface GatherStep {
  readonly gathered: Gathered;
  /** Whole keys, to be read. */
  readonly whole: string;
  /** When `waited` is to be said if nothing comes; null: nothing is held. */
  readonly dueMs: number | null;
}

const ESC = '\u001b';
const TWICE = ESC + ESC;
/** All that may follow an Esc, as far as it may come: CSI, SS3, and those of the Linux console. */
const BEGUN = new RegExp(`${ESC}{1,2}(?:\\[\\[?[0-9;]*|O[0-9;]*)?$`, 'u');
const SEQUENCE = new RegExp(`^${ESC}(?:\\[\\[?[0-9;]*|O[0-9;]*)[A-Za-z~^$@]`, 'u');

export function nothingGathered(waitMs: number = ESC_WAIT_MS): Gathered {
  return { held: '', past: '', pastMs: 0, isLate: false, waitMs };
}

export function arrived(before: Gathered, text: string, atMs: number): GatherStep {
  const { held, past, pastMs, isLate } = before;
  if (text === '') return { gathered: before, whole: '', dueMs: dueOf(before, atMs) };
  if (isLate) return arrivedLate(before, held + text, atMs);
  if (held === '' && past !== '' && atMs - pastMs <= ESC_LATE_MS)
    return arrivedLate(before, past + text, atMs);
  const all = held + text;
  const begun = BEGUN.exec(all)?.[0] ?? '';
  const gathered = { ...nothingGathered(before.waitMs), held: begun };
  return { gathered, whole: all.slice(0, all.length - begun.length), dueMs: dueOf(gathered, atMs) };
}

/** `all` begins with what nobody waited for: the rest of it acts no more. */
function arrivedLate(before: Gathered, all: string, atMs: number): GatherStep {
  const { past, waitMs } = before;
  const rest = SEQUENCE.exec(all)?.[0];
  if (rest !== undefined) {
    return arrived(nothingGathered(slower(waitMs)), all.slice(rest.length), atMs);
  }
  if (BEGUN.exec(all)?.index === 0) {
    const gathered = { ...before, held: all, isLate: true };
    return { gathered, whole: '', dueMs: dueOf(gathered, atMs) };
  }
  // It was typed.
  return arrived(nothingGathered(waitMs), all.slice(past.length), atMs);
}

/** Nothing more has come in time. */
export function waited({ held, past, isLate, waitMs }: Gathered, atMs: number): GatherStep {
  const nothing = nothingGathered(waitMs);
  // One character behind an Esc that has acted was typed; more than that no person types.
  const isTyped = isLate && past === ESC && held.length === past.length + 1;
  if (isTyped) return { gathered: nothing, whole: held.slice(past.length), dueMs: null };
  const gathered = { ...nothing, past: held === TWICE ? ESC : held, pastMs: atMs };
  // Half a sequence is no key.
  return { gathered, whole: isLate || !isEsc(held) ? '' : held, dueMs: null };
}

function isEsc(held: string): boolean {
  return held === ESC || held === TWICE;
}

function dueOf({ held, waitMs }: Gathered, atMs: number): number | null {
  if (held === '') return null;
  return atMs + (isEsc(held) ? waitMs : SEQUENCE_WAIT_MS);
}

function slower(waitMs: number): number {
  return Math.min(ESC_WAIT_MS_MAX, waitMs * 2);
}
