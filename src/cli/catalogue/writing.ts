// The commands that make and sign records: a network and its keys first, then members and rights.

import type { Command, Option } from '../command.ts';
import { PASSPHRASE, RIGHTS } from './rights.ts';

const NEW_KEY: readonly Option[] = [
  PASSPHRASE,
  {
    name: 'no-passphrase',
    help: 'store the operator key in the open, for machines without a person',
  },
  {
    name: 'import-wallet',
    value: 'FILE',
    help: 'take a Solana wallet as operator key: the JSON list of 64 numbers, or its base58 text',
  },
];

const SHEET: Option = {
  name: 'sheet',
  value: 'FILE',
  help: 'write the recovery sheet to this new file (mode 600) instead of printing it',
};

const FOUNDING: readonly Command[] = [
  {
    path: ['init'],
    group: 'This machine',
    summary: 'founds a network, with this machine as its first',
    about: [
      'Makes the operator key of this machine, sealed with a passphrase, the key of its node, and a ' +
        'recovery sheet; then writes the first two records of a new ledger: its genesis, and the ' +
        'admission of this machine. Broken off at any moment it can be run again.',
      'The recovery sheet is printed once, before the network exists: print it on paper. With ' +
        '--json it goes to stderr, or with --sheet to a file; no secret ever stands in the JSON.',
    ],
    arguments: [
      { name: 'name', required: true, help: 'the name of the network: a-z, 0-9 and dashes' },
    ],
    options: [
      { name: 'operator', value: 'NAME', help: 'what you are called as its operator' },
      { name: 'node', value: 'NAME', help: 'what this machine is called (default: its host name)' },
      ...NEW_KEY,
      SHEET,
    ],
    examples: [
      { line: 'kith init home', what: 'asks for a passphrase' },
      {
        line: 'kith init home --import-wallet ~/.config/solana/id.json',
        what: 'with your own key',
      },
    ],
    load: () => import('../commands/init.ts'),
  },
  {
    path: ['operator', 'key'],
    group: 'Members and rights',
    summary: 'shows the operator key of this machine, or makes it',
    about: [
      'One key signs on one machine. Make a key here, then run the command that it prints on a ' +
        'machine whose operator may admit others.',
    ],
    options: [
      { name: 'name', value: 'NAME', help: 'what its operator is called, for a new key' },
      ...NEW_KEY,
    ],
    examples: [{ line: 'kith operator key --name ada-laptop', what: 'on the second machine' }],
    load: () => import('../commands/operator-key.ts'),
  },
  {
    path: ['recover'],
    group: 'Members and rights',
    summary: 'seats a new root, with the secret of the recovery sheet',
    about: [
      'The operator of this machine becomes the one root; the old roots are cut at the last record ' +
        'held here, so that what they wrote until then stands. A new sheet is printed and the old ' +
        'one opens nothing any more. First it shows what would fall.',
      'Run it on one machine only: one sheet used twice counts for nothing.',
    ],
    options: [
      { name: 'sheet-file', value: 'FILE', help: 'read the old secret from this file (mode 600)' },
      {
        name: 'at',
        value: '[ROOT=]RECORD',
        repeated: true,
        help: 'cut an old root earlier: after this record of it, a number or an id',
      },
      { name: 'name', value: 'NAME', help: 'what the new root is called' },
      PASSPHRASE,
      { name: 'no-passphrase', help: 'store a new operator key in the open' },
      SHEET,
      { name: 'yes', help: 'do not ask' },
    ],
    examples: [{ line: 'kith recover', what: 'asks for the secret' }],
    load: () => import('../commands/recover.ts'),
  },
  {
    path: ['ledger', 'accept-head'],
    group: 'The ledger',
    summary: 'lets this machine write again, on your word',
    about: [
      'A machine whose ledger was copied, restored or moved writes nothing until it is known that ' +
        'it has not written more elsewhere: a key that signs one place twice is frozen by everyone. ' +
        'Sync with every member first. Then this command says: what is held here is all that the ' +
        'keys of this machine have signed. While the network has other nodes and none has agreed ' +
        'with this ledger since it was put back, it is refused.',
    ],
    options: [{ name: 'anyway', help: 'nobody can be asked, and nothing was signed since' }],
    load: () => import('../commands/accept-head.ts'),
  },
];

export const WRITING: readonly Command[] = [...FOUNDING, ...RIGHTS];
