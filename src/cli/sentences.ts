// A code with its sentence and its hint, from the tables of all folders: the one place that turns
// what a core or the shell has refused into what a person reads. The tables stand in docs/errors.md.

import { PAPER_REFUSALS } from '../../ledger/paper.ts';
import { type CodeFacts, REFUSALS, type RefusalCode, VOIDS } from '../../ledger/refusals.ts';
import { TICKET_REFUSALS } from '../../ledger/ticket.ts';
import type { Refused } from '../../proto/result.ts';
import { KEY_REFUSALS } from '../keys/refusals.ts';
import { FAULTS, StoreFault } from '../store/faults.ts';
import { type Complaint, Stop } from './complaint.ts';
import type { Exit } from './exit.ts';

export interface Sentence {
  readonly what: string;
  readonly hint: string;
}

const BY_BLAME: Readonly<Record<CodeFacts['blame'], string>> = {
  sender: 'get the line again from a member that holds it whole',
  writer: 'its author wrote it so, and only its author can write another',
  nobody: 'nothing is to be done',
};

/** Where the blame alone does not say what to do. */
const HINTS: { readonly [C in RefusalCode]?: string } = {
  'wrong-version': 'a newer kith wrote it: install that version here',
  'other-ledger': 'leave it out, or name the ledger that is meant with --ledger',
  'unknown-author': 'bring the record that admits its author, or leave the line out',
  'beyond-cut': 'nothing is to be done: its author was removed',
  'parked-full': 'bring the earlier records of its author first',
  'fork-full': 'nothing is to be done: the two lines held are proof enough',
};

const TABLES: readonly Readonly<Record<string, Sentence>>[] = [
  FAULTS,
  KEY_REFUSALS,
  PAPER_REFUSALS,
  TICKET_REFUSALS,
  hinted(REFUSALS),
  hinted(VOIDS),
];

function hinted(table: Readonly<Record<string, CodeFacts>>): Record<string, Sentence> {
  const hints: Readonly<Record<string, string | undefined>> = HINTS;
  return Object.fromEntries(
    Object.entries(table).map(([code, { what, blame }]) => [
      code,
      { what, hint: hints[code] ?? BY_BLAME[blame] },
    ]),
  );
}

/** Every code that a person can be told, each in one table only. */
export function knownCodes(): string[] {
  return TABLES.flatMap((table) => Object.keys(table));
}

export function sentenceOf(code: string): Sentence | null {
  const table = TABLES.find((one) => Object.hasOwn(one, code));
  return table?.[code] ?? null;
}

const EXIT_OF: Readonly<Record<string, Exit>> = { cancelled: 'interrupted' };

/** The complaint of a refusal that ends a command. */
export function complaintOf(code: string, detail = ''): Complaint {
  const sentence = sentenceOf(code);
  if (sentence === null) throw new Error(`broken rule: ${code} has a sentence`);
  return { exit: EXIT_OF[code] ?? 'failed', code, ...sentence, detail };
}

/** Ends the command where the result is a refusal. */
export function unwrap<T>(result: { readonly ok: true; readonly value: T } | Refused<string>): T {
  if (result.ok) return result.value;
  throw new Stop(complaintOf(result.code, result.detail));
}

/** The complaint of something thrown, or null where it is a bug of ours. */
export function complaintOfThrown(thrown: unknown): Complaint | null {
  if (thrown instanceof Stop) return thrown.complaint;
  if (thrown instanceof StoreFault) return complaintOf(thrown.code, thrown.detail);
  if (!(thrown instanceof Error) || !('syscall' in thrown) || !('code' in thrown)) return null;
  return systemComplaint(String(thrown.code), 'path' in thrown ? String(thrown.path) : '');
}

const SYSTEM: Readonly<Record<string, Sentence>> = {
  ENOENT: { what: 'there is no such file or folder', hint: 'check the path' },
  EACCES: { what: 'this user may not open it', hint: 'check who owns it, and its mode' },
  EPERM: { what: 'this user may not do that', hint: 'check who owns it, and its mode' },
  EISDIR: { what: 'it is a folder, and a file is needed', hint: 'name the file itself' },
  ENOTDIR: { what: 'a part of the path is a file', hint: 'check the path' },
  ENOSPC: { what: 'the disk is full', hint: 'make room and try again' },
  EDQUOT: { what: 'the disk quota is used up', hint: 'make room and try again' },
  EROFS: { what: 'the file system is mounted read-only', hint: 'use a folder that can be written' },
  EIO: { what: 'the disk failed', hint: 'look at the system log for disk errors' },
  ELOOP: { what: 'the symbolic links of the path go round', hint: 'check the path' },
  ENAMETOOLONG: { what: 'the path is too long', hint: 'use a shorter one' },
  EMFILE: { what: 'too many files are open', hint: 'raise the limit with `ulimit -n`' },
  EADDRINUSE: { what: 'another program listens there', hint: 'use another port, or 0 for any' },
  EADDRNOTAVAIL: { what: 'this machine has no such address', hint: 'use one of its own' },
  ENOTFOUND: { what: 'no such host is known', hint: 'check the name' },
};

function systemComplaint(code: string, path: string): Complaint {
  const sentence = SYSTEM[code] ?? {
    what: `the system says ${code}`,
    hint: 'look at the system log, then try again',
  };
  return { exit: 'failed', code, ...sentence, detail: path };
}
