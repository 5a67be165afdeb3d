// What a command ends with: one table, shown by `kith help` and in docs/commands.md. A code keeps
// its meaning for ever, since scripts depend on it; 4 and 5 have one of their own in `kith join`.

export type Exit =
  | 'ok'
  | 'failed'
  | 'usage'
  | 'refused'
  | 'unreachable'
  | 'apart'
  | 'burnt'
  | 'expired'
  | 'no-node'
  | 'not-here'
  | 'work-failed'
  | 'not-now'
  | 'bug'
  | 'interrupted'
  | 'closed-pipe';

export interface ExitFacts {
  readonly code: number;
  readonly what: string;
}

export const EXITS: Readonly<Record<Exit, ExitFacts>> = {
  ok: { code: 0, what: 'done' },
  failed: { code: 1, what: 'what was asked for could not be done' },
  usage: { code: 2, what: 'wrong use: an unknown command or option, or one that is missing' },
  refused: { code: 3, what: 'the file was checked, and something in it is refused' },
  unreachable: { code: 4, what: 'no member answered at that address' },
  apart: { code: 5, what: 'the sync has ended and the two ledgers still differ' },
  burnt: { code: 4, what: 'three wrong codes were sent, and nobody made a new one' },
  expired: { code: 5, what: 'the time of the code ran out' },
  'no-node': { code: 6, what: 'no node can take the work' },
  'not-here': { code: 7, what: 'this version of kith cannot do that' },
  'work-failed': { code: 8, what: 'the work was started, and did not come to a good end' },
  'not-now': { code: 9, what: 'the daemon cannot be replaced at this moment; later it can' },
  bug: { code: 70, what: 'a fault of kith itself' },
  interrupted: { code: 130, what: 'stopped by Ctrl-C, or by a person who gave up' },
  'closed-pipe': { code: 141, what: 'nobody reads what the command prints any more' },
};

/** What every command can end with; the others are named by the commands that do. */
export const EXITS_OF_ALL: readonly Exit[] = [
  'ok',
  'failed',
  'usage',
  'bug',
  'interrupted',
  'closed-pipe',
];
