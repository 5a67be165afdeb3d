// The keys that are the same on every screen: one table, of which the bar at the bottom and F1 are
// made. Each F-key has a letter too, since many terminals keep F11 and F12 for themselves; the
// letters are capitals, so that a screen has the small ones.

import type { ScreenName } from './model.ts';

export interface GlobalKey {
  readonly key: string;
  readonly letter: string;
  /** With its letter in brackets, as the bar shows it. */
  readonly label: string;
  readonly what: string;
  readonly opens: ScreenName | 'quit';
}

export const GLOBAL_KEYS: readonly GlobalKey[] = [
  { key: 'f1', letter: 'H', label: '[H]elp', what: 'what every key does', opens: 'help' },
  {
    key: 'f2',
    letter: 'L',
    label: '[L]inks',
    what: 'the links to the other nodes, and why each is what it is',
    opens: 'links',
  },
  {
    key: 'f3',
    letter: 'R',
    label: '[R]ecords',
    what: 'the ledger, record by record',
    opens: 'ledger',
  },
  { key: 'f4', letter: 'W', label: '[W]ork', what: 'the work of all nodes', opens: 'work' },
  { key: 'f5', letter: 'P', label: '[P]lace', what: 'place new work', opens: 'place' },
  { key: 'f6', letter: 'O', label: 'L[O]g', what: 'what this daemon tells', opens: 'logs' },
  {
    key: 'f8',
    letter: 'N',
    label: '[N]etwork',
    what: 'the nodes: who is there, and how much room each has',
    opens: 'network',
  },
  {
    key: 'f9',
    letter: 'X',
    label: 'e[X]ecute',
    what: 'every command of kith, filled in as a form',
    opens: 'commands',
  },
  { key: 'f10', letter: 'Q', label: '[Q]uit', what: 'leave; the daemon goes on', opens: 'quit' },
  {
    key: 'f11',
    letter: 'A',
    label: '[A]pprove',
    what: 'let a new machine in by the code that it shows',
    opens: 'approvals',
  },
  {
    key: 'f12',
    letter: 'C',
    label: '[C]ommit',
    what: 'look at what is staged, and sign it',
    opens: 'commit',
  },
];

export function globalKey(key: string): GlobalKey | null {
  return GLOBAL_KEYS.find((one) => one.key === key || one.letter === key) ?? null;
}

export function isFunctionKey(key: string): boolean {
  return /^f([1-9]|1[0-2])$/.test(key);
}

const WRITTEN: Readonly<Record<string, string>> = {
  enter: 'Enter',
  escape: 'Esc',
  space: 'Space',
  tab: 'Tab',
};

/** A key as people know it. */
export function keyText(key: string): string {
  return WRITTEN[key] ?? key;
}
