// The commands by which machines come and go: join and admit, and who is here.

import type { Command } from '../command.ts';
import { SIGNING } from './rights.ts';

export const JOINING: readonly Command[] = [
  {
    path: ['join'],
    group: 'This machine',
    summary: 'joins a network: shows a code that an operator types',
    about: [
      'Shows a code of nine characters, where this machine can be reached, and its fingerprint. An ' +
        'operator types the code on a machine that belongs (`kith admit ADDRESS`), compares the ' +
        'fingerprint and agrees: then this machine is in, with the whole ledger. The code lives ten ' +
        'minutes and allows three tries; after three wrong ones a key press makes another. Broken ' +
        'off at any moment it can be run again: an admission that was begun is finished.',
      'With --json each event is a line; the first has `code` and `address`. Then a byte on the ' +
        'standard input is the key press.',
      'Behind a router nobody can reach this machine: --via names the door of a member that runs ' +
        '`kith up --lobby`. It waits there, any operator sees it in `kith candidates`, and the member ' +
        'carries bytes that it cannot read.',
      'With a ticket this machine needs no person: it reads the ledger at the door of a member that ' +
        'the ticket names, verifies it from its beginning, admits itself and says so there. Broken ' +
        'off at any moment it can be run again, with the same ticket. A ticket that is given as a ' +
        "word stays in your shell's history.",
    ],
    options: [
      { name: 'name', value: 'NAME', help: 'what this machine is called (default: its host name)' },
      { name: 'role', value: 'PRESET', help: 'ask for these rights: peer, observer or guest' },
      {
        name: 'listen',
        value: 'ADDRESS:PORT',
        help: 'where to listen (default: every address, port 7448, or any free one)',
      },
      {
        name: 'via',
        value: 'HOST:PORT',
        help: 'wait in the lobby of a member besides: for a machine that can only dial out',
      },
      { name: 'ticket-file', value: 'FILE', help: 'the file that holds the ticket (mode 600)' },
      { name: 'ticket', value: 'TICKET', help: 'join by this ticket, without a code or a person' },
      {
        name: 'from',
        value: 'HOST:PORT',
        repeated: true,
        help: 'with a ticket: the door of a member, instead of those that the ticket names',
      },
      { name: 'for', value: 'SECONDS', help: 'how long the code lives (default and most: 600)' },
      { name: 'hidden', help: 'do not announce this machine on the local network' },
      { name: 'moved', help: 'this node has moved here for good, and its old place is gone' },
    ],
    exits: ['burnt', 'expired'],
    examples: [
      { line: 'kith join', what: 'at the console of the new machine' },
      {
        line: 'kith join --via 203.0.113.9:7447',
        what: 'behind a router, by the lobby of a member',
      },
      { line: 'kith join --listen 192.0.2.7:7448 --name attic', what: 'on one address' },
      { line: 'kith join --ticket-file lamp.ticket', what: 'without a person' },
    ],
    load: () => import('../commands/join.ts'),
  },
  {
    path: ['admit'],
    group: 'Members and rights',
    summary: 'admits a new machine by the code that it shows',
    about: [
      'Asks for the code, finds by it that nobody stands between the two machines, shows who is ' +
        'there and asks; then your key signs the admission, and the ledger goes to the new machine. ' +
        'Compare the fingerprint with the one on its console. A mistyped code costs nothing; a ' +
        'wrong one is one of three tries.',
      'Broken off at any moment it can be run again with the code that is shown then: an admission ' +
        'that was written is finished, and no second one is made. A code that is given as a word ' +
        "stays in your shell's history; asked for or piped in it does not.",
    ],
    arguments: [
      {
        name: 'machine',
        required: true,
        help:
          'HOST:PORT as it shows it, or its name or fingerprint where `kith candidates` has it; ' +
          'NAME@MEMBER: only in the lobby of that member',
      },
      { name: 'code', required: false, help: 'the code that it shows (default: asked for)' },
    ],
    options: [
      { name: 'as', value: 'NAME', help: 'what it is to be called (default: what it says)' },
      {
        name: 'preset',
        value: 'PRESET',
        help: 'its rights at most: peer, observer or guest (default: what it asks for, peer at most)',
      },
      {
        name: 'ipv4',
        value: 'ADDRESS',
        help: 'it also claims this IPv4 address on the mesh; auto: the first that is free',
      },
      { name: 'replaces', value: 'NODE', help: 'it comes in place of this node, whose key is cut' },
      { name: 'yes', help: 'do not ask' },
      {
        name: 'key',
        value: 'FILE',
        help: 'sign with this key.json (default: that of this machine)',
      },
      ...SIGNING,
    ],
    exits: ['unreachable'],
    examples: [
      { line: 'kith admit 192.0.2.7:7448', what: 'asks for the code' },
      { line: 'kith admit 192.0.2.7:7448 --replaces attic', what: 'a machine with a new key' },
    ],
    load: () => import('../commands/admit.ts'),
  },
  {
    path: ['candidates'],
    group: 'Members and rights',
    summary: 'lists the new machines that can be admitted from here',
    about: [
      'Where a daemon runs it asks every member whose address it knows for those who wait in its ' +
        'lobby (`kith up --lobby`), a few seconds at most.',
      'Listens on the local network for two seconds: for broadcasts of `kith join`, and by mDNS for ' +
        '`_kith-genesis._tcp`. Anybody can announce anything, so nothing of it is believed: the code ' +
        'and the fingerprint tell who is there. A machine that is heard at several addresses is one ' +
        'line: the first is dialled, IPv4 if it has one.',
    ],
    examples: [{ line: 'kith candidates --json', what: 'for a script' }],
    load: () => import('../commands/candidates.ts'),
  },
  {
    path: ['nodes'],
    group: 'Members and rights',
    summary: 'lists the machines of the network: rights, life, room',
    about: [
      'Who belongs, as the ledger has it; and where a daemon runs, what it has heard of each: ' +
        'whether it is there, how much room it has, its clock, its version, and whether it holds ' +
        'the same ledger. A removal is listed until every member has carried it out.',
    ],
    load: () => import('../commands/nodes.ts'),
  },
  {
    path: ['leave'],
    group: 'This machine',
    summary: 'forgets the network: removes the ledger and the key here',
    about: [
      'Asks first. What the others know of this machine they know until an operator removes it: the ' +
        'command for that is printed. An operator key of this machine is kept.',
    ],
    options: [{ name: 'yes', help: 'do not ask' }],
    load: () => import('../commands/leave.ts'),
  },
];
