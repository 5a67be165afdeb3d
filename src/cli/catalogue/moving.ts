// The commands that move records between ledgers: from a file, from a peer, to a peer.

import type { Command } from '../command.ts';
import { WHICH_LEDGER } from './looking.ts';

export const MOVING: readonly Command[] = [
  {
    path: ['ledger', 'import'],
    group: 'The ledger',
    summary: 'takes in the records of a file',
    about: [
      'The lines may stand in any order; duplicates, strangers and damaged lines are welcome, ' +
        'since every line is checked like one from the network. What is refused is listed and ' +
        'changes nothing. Into an empty data folder the genesis record of the file founds the replica.',
    ],
    arguments: [{ name: 'file', required: true, help: 'a ledger file: one record a line' }],
    options: WHICH_LEDGER,
    examples: [
      { line: 'kith ledger import backup.jsonl', what: 'into the ledger of this machine' },
      { line: 'kith ledger import nodes.jsonl --dir ./copy', what: 'into a new folder' },
    ],
    load: () => import('../commands/ledger-import.ts'),
  },
];
