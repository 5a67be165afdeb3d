// Every way in which the store can fail a caller, each with what a person reads and what that
// person can do. These are thrown (I/O failures are, style rule "errors by blame") and caught once,
// in the shell; what a line of a file can do wrong is a refusal of ledger/refusals.ts instead.

export interface FaultFacts {
  readonly what: string;
  readonly hint: string;
}

export const FAULTS: Readonly<Record<FaultCode, FaultFacts>> = {
  locked: {
    what: 'another process has this ledger open',
    hint: 'stop that process, or ask it instead: only one may write',
  },
  'disk-full': {
    what: 'the disk is full: nothing was stored',
    hint: 'make room; removals and revocations are still stored while the reserve lasts',
  },
  'read-only': {
    what: 'the ledger is open for reading only',
    hint: 'open it for writing, or see the fault that stopped writing',
  },
  'file-grew': {
    what: 'another program has written to nodes.jsonl',
    hint: 'nothing is written any more; stop that program and start again: every line is checked',
  },
  'write-failed': {
    what: 'the disk did not take the record: nothing was stored',
    hint: 'look at the system log for disk errors, then try again',
  },
  'sync-failed': {
    what: 'the disk did not confirm the record: it was taken back',
    hint: 'look at the system log for disk errors; copy the ledger to another disk',
  },
  'content-changed': {
    what: 'nodes.jsonl no longer holds what was written to it',
    hint: 'start again: damaged lines are put aside and fetched from peers',
  },
  'index-failed': {
    what: 'the index cannot be written',
    hint: 'look at the room on the disk; the folder index/ may be deleted while kith is stopped',
  },
  'held-back': {
    what: 'this machine may not write yet: the ledger here may be an old copy',
    hint: 'sync with a peer first, or say `kith ledger accept-head`',
  },
  'no-ledger': {
    what: 'there is no ledger in this folder',
    hint: 'found one with `kith init NAME`, or join one',
  },
  'has-ledger': {
    what: 'there is a ledger in this folder already',
    hint: 'use another folder with --dir, or go on with this one: `kith status`',
  },
  'self-test': {
    what: 'this computer gives a wrong verdict on a known signature',
    hint: 'use a supported Node (20.19 or newer); nothing was touched',
  },
  'open-failed': {
    what: 'the folder of the ledger cannot be used',
    hint: 'look at its path, its owner and the room on its disk',
  },
  closed: {
    what: 'the ledger was closed',
    hint: 'start again',
  },
};
export type FaultCode =
  | 'locked'
  | 'disk-full'
  | 'read-only'
  | 'file-grew'
  | 'write-failed'
  | 'sync-failed'
  | 'content-changed'
  | 'index-failed'
  | 'held-back'
  | 'no-ledger'
  | 'open-failed'
  | 'has-ledger'
  | 'self-test'
  | 'closed';

export class StoreFault extends Error {
  readonly code: FaultCode;
  /** Names the file, the process or the system's own error: never content. */
  readonly detail: string;

  constructor(code: FaultCode, detail = '', cause?: unknown) {
    super(detail === '' ? FAULTS[code].what : `${FAULTS[code].what} (${detail})`, { cause });
    this.name = 'StoreFault';
    this.code = code;
    this.detail = detail;
  }
}

/** Whether the disk has no room any more, or whoever writes has none of it. */
export function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(systemCode(error));
}

/** The system's short name of an I/O error (ENOSPC), or its text. */
export function systemCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string')
    return error.code;
  return String(error);
}
