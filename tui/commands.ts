// Commands of the catalogue as the screens run them: each runs in a process of its own, says
// documents, asks questions and ends. The rules are in the command; here is only what it has said.

import type { Question } from '../proto/questions.ts';
import { SAID_MAX } from './limits.ts';

/** A row of the catalogue, as far as a form is made of it. */
export interface CommandRow {
  readonly path: readonly string[];
  readonly group: string;
  readonly summary: string;
  readonly about: readonly string[];
  readonly arguments: readonly {
    readonly name: string;
    readonly help: string;
    readonly required: boolean;
    readonly repeated?: boolean;
  }[];
  readonly options: readonly {
    readonly name: string;
    readonly value?: string;
    readonly repeated?: boolean;
    readonly help: string;
  }[];
}

export interface Complaint {
  readonly code: string;
  readonly what: string;
  readonly hint: string;
  /** What it is about, as it stands in `what`, too: of a spec, it begins with the field. */
  readonly detail?: string;
}

/** Where what it says is shown: `notice` says how it ended, `output` is a window of its own. */
export type Purpose =
  | 'notice'
  | 'output'
  | 'admit'
  | 'join'
  | 'found'
  | 'commit'
  | 'place'
  | 'dry-run'
  | 'image'
  | 'follow'
  | 'daemon';

export interface Run {
  readonly id: number;
  readonly words: readonly string[];
  readonly purpose: Purpose;
  /** What is done, for people: "stopping films". */
  readonly title: string;
  readonly said: readonly unknown[];
  /** How far it is, in its own words. */
  readonly step: string | null;
  readonly question: Question | null;
  readonly ended: RunEnd | null;
}

export interface RunEnd {
  readonly exit: number;
  readonly complaint: Complaint | null;
}

export function hasSaid(run: Run, document: unknown): Run {
  return { ...run, said: [...run.said, document].slice(-SAID_MAX) };
}

/**
 * Whether leaving would cut it short: a daemon outlives the screens, and a log is only followed.
 */
export function isUnfinished({ ended, purpose }: Run): boolean {
  return ended === null && purpose !== 'follow' && purpose !== 'daemon';
}

/** As it would be typed; what a shell would read otherwise is quoted. */
export function typedText(words: readonly string[]): string {
  const quoted = words.map((word) =>
    /^[A-Za-z0-9_./:@=,+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`,
  );
  return ['kith', ...quoted].join(' ');
}
