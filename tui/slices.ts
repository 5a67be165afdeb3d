// What each screen remembers while others are shown.

import type { Question } from '../proto/questions.ts';
import type { CodeEntry } from './code-entry.ts';
import type { Form } from './fields.ts';
import type { Place } from './list.ts';
import { END, START } from './list.ts';
import type { Verdict } from './screens/place-verdict.ts';
import type { Card } from './screens/join-card.ts';

/** A command whose form is being filled in, and what is still wrong with it. */
export interface Filling {
  readonly path: string;
  readonly form: Form;
  readonly wrong: string | null;
}

/** What F3 shows of the ledger. */
export type LedgerPart = 'log' | 'members' | 'configuration' | 'conflicts';

export interface FirstSlice {
  readonly stage: 'choice' | 'found' | 'join';
  /** Which of the two ways. */
  readonly at: 0 | 1;
  readonly found: Form | null;
  readonly join: Form | null;
  readonly fault: { readonly what: string; readonly hint: string } | null;
  /** The recovery sheet, until a person has it on paper; and its first line that is seen. */
  readonly sheet: readonly string[] | null;
  readonly top: number;
  /** Whether the person is asked if it really is. */
  readonly isSure: boolean;
  readonly card: Card | null;
  /** The question for another code, after three wrong ones; and until when it stands. */
  readonly renewal: {
    readonly run: number;
    readonly question: Question;
    readonly untilMs: number;
  } | null;
}

/** One machine that is being admitted. */
export interface Admitting {
  /** Null where its address is typed. */
  readonly target: {
    readonly machine: string;
    readonly name: string;
    readonly fingerprint: string;
    readonly where: string;
  } | null;
  readonly form: Form;
  readonly code: CodeEntry;
  /** What the command has told, in its order. */
  readonly steps: readonly string[];
  /** Wrong codes that were sent from here. */
  readonly wrong: number;
  readonly fault: string | null;
}

export interface ApprovalsSlice {
  readonly stage: 'list' | 'form' | 'run' | 'tickets' | 'ticket';
  readonly place: Place;
  readonly ticketPlace: Place;
  /** Since when each candidate is seen. */
  readonly seen: ReadonlyMap<string, number>;
  readonly admitting: Admitting | null;
  readonly ticket: Form | null;
}

/** New work: its form, what a dry run of it has said, and the images that it can be made of. */
export interface PlaceSlice {
  readonly stage: 'form' | 'images' | 'adding';
  /** Null until the screen is opened. */
  readonly form: Form | null;
  /** Those of the other kinds of work as they were left, the last first. */
  readonly past: readonly Form[];
  /** When a key last changed it. */
  readonly changedMs: number;
  /** What the last dry run was asked, as it would be typed, and when. */
  readonly tried: { readonly text: string; readonly atMs: number } | null;
  readonly verdict: Verdict | null;
  /** Of the last attempt to place it: what became of it, step by step, until the form changes. */
  readonly attempt: { readonly run: number; readonly steps: readonly string[] } | null;
  readonly images: Place;
  readonly adding: Form | null;
}

export interface Slices {
  readonly help: { readonly back: number; readonly from: string | null };
  readonly links: { readonly place: Place };
  readonly ledger: {
    readonly part: LedgerPart;
    readonly places: Readonly<Record<LedgerPart, Place>>;
    readonly filter: string;
    /** While the filter is being typed. */
    readonly typing: Form | null;
  };
  readonly work: {
    readonly place: Place;
    /** Which is chosen: rows come and go. Null: whichever is at the place. */
    readonly chosen: string | null;
    readonly showsEnded: boolean;
    /** The log that is read: of which work, by which command, and how far back. */
    readonly log: { readonly id: string; readonly name: string; readonly back: number } | null;
    readonly isOpen: boolean;
  };
  readonly place: PlaceSlice;
  readonly logs: { readonly back: number; readonly worriesOnly: boolean };
  readonly network: { readonly place: Place; readonly isOpen: boolean };
  readonly commands: {
    readonly place: Place;
    readonly filter: string;
    readonly filling: Filling | null;
  };
  readonly approvals: ApprovalsSlice;
  readonly commit: { readonly place: Place; readonly isExact: boolean; readonly back: number };
  readonly first: FirstSlice;
}

export const SLICES: Slices = {
  help: { back: 0, from: null },
  links: { place: START },
  ledger: {
    part: 'log',
    places: { log: END, members: START, configuration: START, conflicts: START },
    filter: '',
    typing: null,
  },
  work: { place: START, chosen: null, showsEnded: false, log: null, isOpen: false },
  place: {
    ...{
      stage: 'form',
      form: null,
      past: [],
      changedMs: 0,
      tried: null,
      verdict: null,
      attempt: null,
    },
    ...{ images: START, adding: null },
  },
  logs: { back: 0, worriesOnly: false },
  network: { place: START, isOpen: false },
  commands: { place: START, filter: '', filling: null },
  approvals: {
    ...{ stage: 'list', place: START, ticketPlace: START, seen: new Map() },
    ...{ admitting: null, ticket: null },
  },
  commit: { place: START, isExact: false, back: 0 },
  first: {
    ...{ stage: 'choice', at: 0, found: null, join: null, fault: null },
    ...{ sheet: null, top: 0, isSure: false, card: null, renewal: null },
  },
};
