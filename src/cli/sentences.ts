// A code with its sentence and its hint, from the tables of all folders: the one place that turns
// what a core or the shell has refused into what a person reads. The tables: docs/errors.md.

import { DRAFT_REFUSALS } from '../../ledger/draft-refusals.ts';
import { PAPER_REFUSALS } from '../../ledger/paper.ts';
import { type CodeFacts, REFUSALS, type RefusalCode, VOIDS } from '../../ledger/refusals.ts';
import { TICKET_REFUSALS } from '../../ledger/ticket.ts';
import { DOCUMENT_REFUSALS } from '../../work/document-refusals.ts';
import { PLACE_REFUSALS } from '../../place/lacks.ts';
import { PAIRING_REFUSALS, type PairingCode } from '../../pairing/refusals.ts';
import { assert } from '../../proto/assert.ts';
import type { Result } from '../../proto/result.ts';
import { ACT_REFUSALS } from '../acts/refusals.ts';
import { DAEMON_REFUSALS, DaemonFault } from '../daemon/refusals.ts';
import { GENESIS_REFUSALS } from '../genesis/refusals.ts';
import { KEY_REFUSALS } from '../keys/refusals.ts';
import { MESH_HOST_REFUSALS } from '../os/mesh-refusals.ts';
import { FAULTS, StoreFault, systemCode } from '../store/faults.ts';
import { MESH_REFUSALS } from '../../wg/refusals.ts';
import { SPEC_REFUSALS } from '../../work/refusals.ts';
import { IMAGE_REFUSALS } from '../work/images/refusals.ts';
import { type Complaint, Stop } from './complaint.ts';
import type { Exit } from './exit.ts';
import { CLI_REFUSALS, type Refusal, SYSTEM_REFUSALS } from './refusals.ts';

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

const TABLES: readonly Readonly<Record<string, Refusal>>[] = [
  FAULTS,
  KEY_REFUSALS,
  PAPER_REFUSALS,
  TICKET_REFUSALS,
  DRAFT_REFUSALS,
  ACT_REFUSALS,
  DAEMON_REFUSALS,
  GENESIS_REFUSALS,
  MESH_REFUSALS,
  MESH_HOST_REFUSALS,
  pairing(PAIRING_REFUSALS),
  ending('refused', SPEC_REFUSALS),
  ending('refused', DOCUMENT_REFUSALS),
  IMAGE_REFUSALS,
  PLACE_REFUSALS,
  CLI_REFUSALS,
  SYSTEM_REFUSALS,
  hinted(REFUSALS),
  hinted(VOIDS),
];

function hinted(table: Readonly<Record<string, CodeFacts>>): Record<string, Refusal> {
  const hints: Readonly<Record<string, string | undefined>> = HINTS;
  return Object.fromEntries(
    Object.entries(table).map(([code, { what, blame }]) => [
      code,
      { what, hint: hints[code] ?? BY_BLAME[blame] },
    ]),
  );
}

// Some of them are codes of the ledger or of a key, too, and mean something else there.
function pairing(table: typeof PAIRING_REFUSALS): Record<string, Refusal> {
  const entries = Object.entries(table);
  return Object.fromEntries(
    entries.map(([code, { what, hint }]) => [`pairing-${code}`, { what, hint }]),
  );
}

function ending(exit: Exit, table: Readonly<Record<string, Refusal>>): Record<string, Refusal> {
  return Object.fromEntries(Object.entries(table).map(([code, told]) => [code, { ...told, exit }]));
}

/** Why a ceremony ended, as the codes of all tables name it. */
export function pairingCode(code: PairingCode): string {
  return `pairing-${code}`;
}

/** Every code that a person can be told, each in one table only. */
export function knownCodes(): string[] {
  return TABLES.flatMap((table) => Object.keys(table));
}

export function sentenceOf(code: string): Refusal | null {
  const table = TABLES.find((one) => Object.hasOwn(one, code));
  return table?.[code] ?? null;
}

/** What ends a command otherwise than with `failed`, in tables that know nothing of exit codes. */
const EXIT_OF: Readonly<Record<string, Exit>> = {
  cancelled: 'interrupted',
  'pairing-cancelled': 'interrupted',
  'pairing-declined': 'interrupted',
  'no-answer': 'unreachable',
  'code-burnt': 'burnt',
  'code-expired': 'expired',
};

/** The complaint of a refusal that ends a command. */
export function complaintOf(code: string, detail = ''): Complaint {
  const sentence = sentenceOf(code);
  assert(sentence !== null, `the code ${code} has a sentence`);
  const { what, hint, exit = EXIT_OF[code] ?? 'failed' } = sentence;
  return { exit, code, what, hint, ...(detail === '' ? {} : { detail }) };
}

/** Ends the command with the complaint of a code. */
export function stop(code: string, detail = ''): never {
  throw new Stop(complaintOf(code, detail));
}

/** The value, or the end of the command where there is a refusal. */
export function unwrap<T>(result: Result<T, string>): T {
  return result.ok ? result.value : stop(result.code, result.detail);
}

/** The complaint of whatever was thrown. What nobody but us can have caused is a bug. */
export function complaintOfThrown(thrown: unknown): Complaint {
  if (thrown instanceof Stop) return thrown.complaint;
  if (thrown instanceof StoreFault) return storeComplaint(thrown);
  if (thrown instanceof DaemonFault) return daemonComplaint(thrown);
  if (!(thrown instanceof Error)) return complaintOf('bug', String(thrown));
  if (!('syscall' in thrown) || !('code' in thrown)) return complaintOf('bug', thrown.message);
  const code = String(thrown.code);
  const detail = placeIn(thrown);
  if (sentenceOf(code) !== null) return complaintOf(code, detail);
  const what = `the system says ${code}`;
  return { exit: 'failed', code, what, hint: 'look at the system log, then try again', detail };
}

/** What the system had against it is said in its own sentence, with what to do about that. */
function storeComplaint({ code, detail, cause }: StoreFault): Complaint {
  const complaint = complaintOf(code, detail);
  const its = code === 'open-failed' ? SYSTEM_REFUSALS[systemCode(cause)] : undefined;
  if (its === undefined) return complaint;
  const { what, hint } = its;
  return { ...complaint, what: `${complaint.what}: ${what}`, hint };
}

// Whatever a daemon of another version may answer, it is no fault of this process.
function daemonComplaint({ code, detail }: DaemonFault): Complaint {
  return sentenceOf(code) === null ? complaintOf('daemon-other', code) : complaintOf(code, detail);
}

/** The path or the address that the system complains of. */
function placeIn(error: Error): string {
  if ('path' in error) return String(error.path);
  return 'address' in error && 'port' in error
    ? `${String(error.address)}:${String(error.port)}`
    : '';
}
