// The commands that look: at this machine, at a ledger, at kith itself. None of them writes.

import type { Command, Option } from '../command.ts';

export const WHICH_LEDGER: readonly Option[] = [
  { name: 'ledger', value: 'ID', help: 'the ledger that is meant: the id of its genesis record' },
  { name: 'root', value: 'KEY', help: 'or: the public key of the operator who founded it' },
];

export const LOOKING: readonly Command[] = [
  {
    path: ['status'],
    group: 'This machine',
    summary: "shows this machine's ledger, or how to found one",
    about: [
      'What `kith` alone shows: the network, its members, the newest record, the roots, and how ' +
        'healthy the files are. It only reads, also while another process writes.',
    ],
    examples: [{ line: 'kith status --json', what: 'the same for a script' }],
    load: () => import('../commands/status.ts'),
  },
  {
    path: ['ledger', 'verify'],
    group: 'The ledger',
    summary: 'checks every line of a ledger file',
    about: [
      'Each line is accepted, or refused with its number and a code of docs/errors.md. A line ' +
        'that is accepted and has no effect is listed as void, one that waits for an earlier ' +
        'line as pending. Nothing is written, and nothing in the file is trusted.',
      'Without FILE it is the ledger file of the data folder. A file in which two ledgers begin ' +
        'needs --ledger or --root.',
      'An empty file has nothing that could be refused: it ends with 0, says that there is no ledger ' +
        'in it, and in JSON `ledger` is null. A file that is not there ends with 1.',
    ],
    arguments: [
      { name: 'file', required: false, help: 'a ledger file: one record a line, in any order' },
    ],
    options: WHICH_LEDGER,
    exits: ['refused'],
    examples: [
      { line: 'kith ledger verify nodes.jsonl', what: 'for a person' },
      { line: 'kith ledger verify --dir ~/.kith --json', what: 'for a script' },
    ],
    load: () => import('../commands/ledger-verify.ts'),
  },
  {
    path: ['ledger', 'log'],
    group: 'The ledger',
    summary: 'lists the records: when, who, what, and if it counts',
    about: [
      'In the order of the file. The time is what the author claims: it is shown and never ' +
        'judged, and one that is far off is marked (?). With --json, one document a line.',
    ],
    options: [
      {
        name: 'author',
        value: 'NAME',
        help: 'only the records of this member: name, key or prefix',
      },
      { name: 'kind', value: 'KIND', help: 'only this kind, such as node.admit' },
      { name: 'limit', value: 'N', help: 'only the last N of them' },
    ],
    examples: [
      { line: 'kith ledger log --limit 20', what: 'what happened last' },
      { line: 'kith ledger log --kind member.remove', what: 'who was removed, and by whom' },
    ],
    load: () => import('../commands/ledger-log.ts'),
  },
  {
    path: ['ledger', 'show'],
    group: 'The ledger',
    summary: 'shows one record whole, its verdict and what it cites',
    arguments: [{ name: 'id', required: true, help: 'the id of the record, or the start of it' }],
    examples: [{ line: 'kith ledger show 4fQx', what: 'when no other id begins so' }],
    load: () => import('../commands/ledger-show.ts'),
  },
  {
    path: ['ledger', 'state'],
    group: 'The ledger',
    summary: 'shows what it adds up to: members, grants, settings',
    examples: [{ line: 'kith ledger state --json', what: 'all of it, for a script' }],
    load: () => import('../commands/ledger-state.ts'),
  },
  {
    path: ['help'],
    group: 'About kith',
    summary: 'shows what kith can do, or the help of a command',
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
    summary: 'prints the versions of kith, its rules and Node',
    load: () => import('../commands/version.ts'),
  },
];
