// What a person is told when something could not be done: what, and what to do. A command throws it
// as `Stop` and run.ts prints it once. Nothing here ever holds a secret.

import type { Json } from '../../proto/json.ts';
import type { Exit } from './exit.ts';

export interface Complaint {
  readonly exit: Exit;
  /** From one of the tables of docs/errors.md, or the system's own (ENOENT). */
  readonly code: string;
  readonly what: string;
  readonly hint: string;
  /** Which file, field or value. */
  readonly detail?: string;
  /** Further facts for --json. */
  readonly facts?: Readonly<Record<string, Json>>;
}

export class Stop extends Error {
  readonly complaint: Complaint;

  constructor(complaint: Complaint) {
    super(complaint.what);
    this.name = 'Stop';
    this.complaint = complaint;
  }
}

export function wrongUse(what: string, hint: string): Complaint {
  return { exit: 'usage', code: 'wrong-use', what, hint };
}
