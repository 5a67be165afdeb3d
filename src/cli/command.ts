// What a command is: a row of the catalogue. From the rows come the parsing, every help text and
// docs/commands.md. A row is plain text and is always loaded; the code behind it only when it runs.

import type { Exit } from './exit.ts';
import type { Printer } from './print.ts';

export interface Argument {
  /** As `Call` knows it; help shows it in capitals. */
  readonly name: string;
  readonly help: string;
  readonly required: boolean;
  /** The last argument may take all that follow. */
  readonly repeated?: boolean;
}

export interface Option {
  /** Without its dashes. */
  readonly name: string;
  /** A letter that means the same, behind one dash. */
  readonly short?: string;
  /** What its value is called in help; a switch has none. */
  readonly value?: string;
  readonly repeated?: boolean;
  readonly help: string;
}

export interface Example {
  readonly line: string;
  readonly what: string;
}

export type Group =
  | 'This machine'
  | 'The mesh'
  | 'Work'
  | 'The ledger'
  | 'Members and rights'
  | 'About kith';

export interface Command {
  /** ['ledger', 'verify'] */
  readonly path: readonly string[];
  readonly group: Group;
  /** One line, without a full stop: "checks every line of a ledger". */
  readonly summary: string;
  /** Paragraphs for its own help page. */
  readonly about?: readonly string[];
  readonly arguments?: readonly Argument[];
  readonly options?: readonly Option[];
  readonly examples?: readonly Example[];
  /** Codes beyond those of all commands (exit.ts). */
  readonly exits?: readonly Exit[];
  readonly load: () => Promise<{ readonly run: Run }>;
}

/** The code of a command. It prints through `print` alone, and throws `Stop` for a complaint. */
export type Run = (call: Call, print: Printer) => Promise<Exit>;

/** A command as a person gave it. Names are those of the catalogue: any other is a bug of ours. */
export interface Call {
  readonly command: Command;
  /** The data folder: --dir, else $KITH_DIR, else ~/.kith. */
  readonly folder: string;
  /** True where the folder was named by --dir. */
  readonly folderNamed: boolean;
  /** Whether a switch was given. */
  flag(name: string): boolean;
  /** The value of an option or argument. */
  value(name: string): string | undefined;
  /** The value of a required argument. */
  needed(name: string): string;
  /** Every value of a repeated option or argument. */
  values(name: string): readonly string[];
}

/** Options that every command has. */
export const OPTIONS_OF_ALL: readonly Option[] = [
  {
    name: 'dir',
    value: 'FOLDER',
    help: 'the data folder of this machine (default: $KITH_DIR, else ~/.kith)',
  },
  { name: 'json', help: 'print JSON, errors too' },
  { name: 'help', help: 'show the help of the command' },
];
