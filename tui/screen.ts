// What a screen is: what it wants to know, its own keys, and its picture. The table of all is in
// screens.ts.

import type { Line } from './draw.ts';
import type { Run } from './commands.ts';
import type { Want } from './facts.ts';
import type { Model, ScreenName, Step } from './model.ts';

export interface Binding {
  readonly key: string;
  readonly label: string;
  /** The command of the catalogue that it runs: help shows its summary. */
  readonly command?: readonly string[];
  /** Where it runs none: what it does. */
  readonly what?: string;
  /** Also while something is typed, where every other key is a letter or moves in a field. */
  readonly inForm?: boolean;
  /** Whether it does anything now; always where it is not given. */
  readonly when?: (model: Model) => boolean;
  readonly act: (model: Model) => Step;
}

/** What a binding does, in words: its own, or the command's with how that is written. */
export function meaningOf(
  { command, what }: Binding,
  rows: readonly { readonly path: readonly string[]; readonly summary: string }[],
  written: (command: string) => string,
): string {
  const words = command?.join(' ') ?? '';
  const row = rows.find(({ path }) => path.join(' ') === words);
  return what ?? (row === undefined ? '' : `${row.summary} (${written(`kith ${words}`)})`);
}

export interface Screen {
  readonly name: ScreenName;
  readonly title: string;
  readonly wants: readonly Want[];
  readonly bindings: readonly Binding[];
  /** A key that is no binding: of a list or a form. Null: it is none of its. */
  readonly onKey?: (model: Model, key: string, text: string | null) => Step | null;
  /** While something is being typed every letter goes to `onKey`, and function keys alone leave. */
  readonly isTyping?: (model: Model) => boolean;
  /**
   * While something is shown that must not be lost: its own keys alone do anything, and nothing
   * else takes its place.
   */
  readonly holds?: (model: Model) => boolean;
  /** After the screen has been opened. */
  readonly onOpen?: (model: Model) => Step;
  /** After a fact has come, while the screen is shown. */
  readonly onTold?: (model: Model, want: Want) => Model;
  /** With each move of the clock, while the screen is shown. */
  readonly onTick?: (model: Model) => Step;
  /** After a command of one of its purposes has said something, asks, or has ended. */
  readonly onRun?: (model: Model, run: Run) => Step;
  readonly purposes?: readonly Run['purpose'][];
  readonly view: (model: Model, width: number, height: number) => readonly Line[];
}
