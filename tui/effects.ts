// What goes into the model and what comes out of it. Nothing else does: the shell (src/ui) turns
// keys, documents and ends of processes into inputs, and performs the effects.

import type { Answers, Ask, Question, Step } from '../proto/questions.ts';
import type { Purpose, RunEnd } from './commands.ts';
import type { EventFacts, Known, Want } from './facts.ts';

export type Input =
  /** `text` is what a key writes into a field; null where it writes nothing. */
  | { readonly in: 'key'; readonly key: string; readonly text: string | null }
  | { readonly in: 'size'; readonly columns: number; readonly rows: number }
  | { readonly in: 'tick'; readonly nowMs: number }
  | ToldInput
  | {
      readonly in: 'untold';
      readonly want: Want;
      readonly code: string;
      readonly what: string;
      readonly hint: string;
    }
  | { readonly in: 'event'; readonly heard: EventFacts }
  | { readonly in: 'said'; readonly run: number; readonly documents: readonly unknown[] }
  | { readonly in: 'asked'; readonly run: number; readonly question: Question | Step }
  | { readonly in: 'ended'; readonly run: number; readonly end: RunEnd }
  /** How long the secret is that is being typed: the shell alone has its letters. */
  | { readonly in: 'secret'; readonly length: number }
  /** The two entries of a new secret are not the same: it begins anew. */
  | { readonly in: 'differs'; readonly run: number; readonly question: Question };

export type ToldInput = {
  [Name in Want]: { readonly in: 'told'; readonly want: Name; readonly value: Known[Name] };
}[Want];

/** An answer as the model gives it: a secret is added by the shell, which has typed it. */
export type Given = Exclude<Answers[Ask], Uint8Array> | TypedSecret | null;

export interface TypedSecret {
  readonly secret: 'typed';
}

export type Effect =
  | {
      readonly do: 'run';
      readonly run: number;
      readonly words: readonly string[];
      readonly purpose: Purpose;
    }
  | {
      readonly do: 'answer';
      readonly run: number;
      readonly question: Question;
      readonly given: Given;
    }
  /** As Ctrl-C would. */
  | { readonly do: 'interrupt'; readonly run: number }
  /** From now on these are kept fresh, and nothing else is. */
  | { readonly do: 'want'; readonly wants: readonly Want[] }
  /** Asked again at once. */
  | { readonly do: 'refresh'; readonly wants: readonly Want[] }
  /** Keys are letters of a secret from now on, or no more. */
  | { readonly do: 'hide'; readonly on: boolean }
  /** What was typed of a new secret is laid aside, to be compared with what comes next. */
  | { readonly do: 'again' }
  /** The terminal is lent to a command until it ends. */
  | { readonly do: 'lend'; readonly words: readonly string[] }
  | { readonly do: 'redraw' }
  | { readonly do: 'quit' };
