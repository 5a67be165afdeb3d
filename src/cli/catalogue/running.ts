// The commands that start and stop the daemon of this machine.

import type { Command } from '../command.ts';

export const RUNNING: readonly Command[] = [
  {
    path: ['ui'],
    group: 'This machine',
    summary: 'the screens: everything that kith does, by keys',
    about: [
      'Shows the nodes, the links, the work and the ledger, lets new machines in (F11), places ' +
        'work (F5) and signs what is staged (F12). F1 shows every key; where a terminal keeps a ' +
        'function key for itself, a capital letter does the same. Whatever is done there is a ' +
        'command of kith, and is shown as that.',
      'It needs no mouse, no colour (--no-colour, or NO_COLOR) and no Unicode (--ascii, or a ' +
        'locale without it), and 60 columns by 16 rows. Leaving it stops nothing.',
    ],
    options: [
      { name: 'up', help: 'start the daemon first, where none runs; it goes on afterwards' },
      { name: 'ascii', help: 'draw with ASCII alone' },
      { name: 'no-colour', help: 'draw without colour' },
    ],
    examples: [{ line: 'kith ui', what: 'the network of this machine' }],
    load: () => import('../commands/ui.ts'),
  },
  {
    path: ['up'],
    group: 'This machine',
    summary: 'runs the daemon of this machine, until it is stopped',
    about: [
      'It holds the ledger, lets members in at its door, syncs with every member whose address is ' +
        'known, and raises the mesh: an encrypted WireGuard link to each of them, and their names in ' +
        'the hosts file (`ping attic.kith`). That takes root or CAP_NET_ADMIN, and the packages that `kith doctor` ' +
        'names; without them it says so, and the ledger is kept all the same.',
      'Other commands work as before and go through it. It never has an operator key: what they ' +
        'sign is signed in their own process. It also runs where there is no ledger yet.',
      'It logs a line for each thing that happens, to stderr; with --json as documents on stdout. ' +
        'Stop it with `kith down`, Ctrl-C or SIGTERM.',
    ],
    options: [
      {
        name: 'listen',
        value: 'ADDRESS',
        help: 'where members find it (default: every address of this machine)',
      },
      {
        name: 'port',
        value: 'PORT',
        help: 'its port (default: that of the last time, else 7447, else any; 0: any)',
      },
      {
        name: 'peer',
        value: 'URL',
        repeated: true,
        help: 'also sync with this member: HOST:PORT of its door',
      },
      {
        name: 'lobby',
        help: 'let new machines that can only dial out wait here for an operator (join --via)',
      },
      {
        name: 'endpoint',
        value: 'HOST:PORT',
        repeated: true,
        help: 'tell the others that it is also reached there: a forwarded port',
      },
      { name: 'no-mesh', help: 'without WireGuard: the ledger and its door only' },
      {
        name: 'relay',
        help: 'carry packets of members who cannot reach each other; they stay encrypted',
      },
      { name: 'moved', help: 'this node has moved here for good, and its old place is gone' },
    ],
    examples: [
      { line: 'kith up', what: 'on every address' },
      { line: 'kith up --peer 192.168.1.20:7447', what: 'with the first member to sync with' },
    ],
    load: () => import('../commands/up.ts'),
  },
  {
    path: ['down'],
    group: 'This machine',
    summary: 'stops the daemon of this machine, and waits for it',
    about: [
      'What it was storing is stored, and the mesh goes with it: its interface and its names in the ' +
        'hosts file. Where no daemon runs nothing is done.',
    ],
    load: () => import('../commands/down.ts'),
  },
  {
    path: ['upgrade'],
    group: 'This machine',
    summary: 'replaces the running daemon, under running work',
    about: [
      'Say it with the new version: `git pull`, then `./kith upgrade`. The host starts nothing new, ' +
        'what is between two states comes to rest (a minute at most), the old daemon stops, and this ' +
        'kith runs in its place with the same words, in the background, logging where the old one did. ' +
        'Containers and machines go on as they are. It ends when the new daemon has found all of them, ' +
        'and says what ended meanwhile.',
      'Where it cannot be done it says why and ends with 9, and the old daemon goes on as before. With ' +
        '--check that is all it does: nothing is changed, and 0 means that it could be done now.',
      'A new daemon that does not come up in a minute is told; the work goes on without one. There is no ' +
        'way back by itself: start the earlier version with `kith up`.',
    ],
    options: [
      { name: 'check', help: 'only say whether it could be done now, what runs, what holds it up' },
      {
        name: 'no-start',
        help: 'start nothing: a service manager does; only stop the old one and wait for the new',
      },
    ],
    exits: ['not-now'],
    examples: [
      { line: 'kith upgrade --check', what: 'could it be now?' },
      { line: 'kith upgrade', what: 'this kith takes over' },
    ],
    load: () => import('../commands/upgrade.ts'),
  },
  {
    path: ['doctor'],
    group: 'This machine',
    summary: 'looks for what kith needs here, and says what to do',
    about: [
      'One line for each thing that it looked at: ok, warning or problem, and below it what to do. ' +
        'It changes nothing. As root it sees more: whether the kernel has WireGuard, for one.',
      'It ends with 1 where there is a problem, and with 0 where there are warnings only.',
    ],
    options: [
      {
        name: 'offer',
        help:
          'look for missing packages only, and offer to install them: asks at the terminal, as ' +
          'root on Debian and Ubuntu; elsewhere it says what it would run',
      },
    ],
    examples: [
      { line: 'kith doctor', what: 'everything that this user may see' },
      { line: 'kith doctor --json', what: 'for a script: checks, problems, warnings, install' },
    ],
    load: () => import('../commands/doctor.ts'),
  },
];
