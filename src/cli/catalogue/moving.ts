// The commands that move records between ledgers: from a file, from a peer, to a peer.

import type { Command, Option } from '../command.ts';
import { WHICH_LEDGER } from './looking.ts';

const MOVED: Option = {
  name: 'moved',
  help: 'this node has moved here for good, and its old place is gone',
};

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
  {
    path: ['ledger', 'serve'],
    group: 'The ledger',
    summary: 'lets members sync with this ledger, until Ctrl-C',
    about: [
      'Only members of the ledger are let in, by the certificates over their node keys; a ' +
        'stranger gets a closed connection. Port 0 takes any that is free; the address is printed.',
    ],
    options: [
      {
        name: 'listen',
        value: 'ADDRESS:PORT',
        help: 'where to listen (default: 127.0.0.1:0, any free port of this machine)',
      },
      MOVED,
    ],
    examples: [
      { line: 'kith ledger serve --listen 127.0.0.1:7447', what: 'on a port that is known' },
    ],
    load: () => import('../commands/ledger-serve.ts'),
  },
  {
    path: ['ledger', 'sync'],
    group: 'The ledger',
    summary: "brings this ledger and another member's together",
    about: [
      'Records travel both ways, and each side checks what it is given. It can be broken off ' +
        'at any moment and goes on where it was.',
    ],
    arguments: [
      {
        name: 'url',
        required: true,
        help: 'https://HOST:PORT of a member, as `kith ledger serve` says',
      },
    ],
    options: [MOVED],
    exits: ['unreachable', 'apart'],
    examples: [{ line: 'kith ledger sync https://127.0.0.1:7447', what: 'with that member, now' }],
    load: () => import('../commands/ledger-sync.ts'),
  },
];
