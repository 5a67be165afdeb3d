// The commands that look: at this machine, at a ledger, at kith itself. None of them writes.

import type { Command } from '../command.ts';

export const LOOKING: readonly Command[] = [
  {
    path: ['help'],
    group: 'About kith',
    summary: 'shows what kith can do, or the help of one command',
    arguments: [
      { name: 'command', required: false, repeated: true, help: 'the words of a command' },
    ],
    examples: [
      { line: 'kith help ledger verify', what: 'the same as `kith ledger verify --help`' },
    ],
    load: () => import('../commands/help.ts'),
  },
  {
    path: ['version'],
    group: 'About kith',
    summary: 'prints the version of kith, of its ledger rules and of Node',
    load: () => import('../commands/version.ts'),
  },
];
