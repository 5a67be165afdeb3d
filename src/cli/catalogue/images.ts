// The commands about what work is started from and what it leaves: images, logs, receipts.

import type { Command } from '../command.ts';

const WHICH = 'the id of the work, the start of it, or its name';

export const IMAGES: readonly Command[] = [
  {
    path: ['image', 'add'],
    group: 'Work',
    summary: 'adds a file as an image on this machine',
    about: [
      'The disk of a machine, a kernel, or an archive of a container (`docker save`). The file is ' +
        'read once and copied, and is known by what is in it from then on: docs/images.md. Other ' +
        'members fetch it from here when work of theirs needs it.',
      'A daemon reads the file itself, as its own user; where none runs, this command does. A name ' +
        'holds on this machine, and in what is placed from it.',
    ],
    arguments: [{ name: 'file', required: true, help: 'the image' }],
    options: [{ name: 'name', value: 'NAME', help: 'what it is called here (default: its id)' }],
    examples: [
      { line: 'kith image add debian-12.qcow2 --name debian-12', what: 'a disk' },
      { line: 'kith image add films.tar --name films:4', what: 'out of `docker save films:4`' },
    ],
    load: () => import('../commands/image-add.ts'),
  },
  {
    path: ['image', 'list'],
    group: 'Work',
    summary: 'lists the images here, and those of other members',
    about: [
      'Every image once: its id, its names, its size and form, and who holds it. A member that does ' +
        'not answer is not asked twice. Without a daemon only what is here is listed.',
    ],
    load: () => import('../commands/image-list.ts'),
  },
  {
    path: ['image', 'fetch'],
    group: 'Work',
    summary: 'fetches an image from members that hold it',
    about: [
      'From several at once, chunk by chunk, each checked. What is there already is not fetched ' +
        'again, after Ctrl-C or a crash neither. Work fetches what it needs by itself; this does it ' +
        'before.',
    ],
    arguments: [{ name: 'id', required: true, help: 'its id, or a name it has here' }],
    load: () => import('../commands/image-fetch.ts'),
  },
  {
    path: ['image', 'rm'],
    group: 'Work',
    summary: 'takes an image off this machine, or a name of it',
    about: [
      'With a name that name goes, and with the last one the image; with an id the image with all ' +
        'its names, and what was fetched of it. What work here is started from stays, unless ' +
        '--force is given.',
    ],
    arguments: [{ name: 'image', required: true, help: 'its id, or a name it has here' }],
    options: [{ name: 'force', help: 'even where work here uses it' }],
    load: () => import('../commands/image-rm.ts'),
  },
  {
    path: ['logs'],
    group: 'Work',
    summary: 'prints what work has printed',
    about: [
      'From the host that has it, wherever it was placed: of other nodes that takes work.read there. Every frame is ' +
        'held against the chain of hashes as it comes, and when the log has ended, against the ' +
        'receipt. Its error output comes out on stderr. Ends with 3 where something does not fit.',
      'With --json each frame is a line, which `kith receipt verify --logs` reads: docs/logs.md.',
    ],
    arguments: [{ name: 'id', required: true, help: WHICH }],
    options: [
      { name: 'follow', short: 'f', help: 'go on until the work has ended' },
      { name: 'from', value: 'SEQ', help: 'from the frame of this number on (default: 0)' },
    ],
    exits: ['refused'],
    examples: [
      { line: 'kith logs films -f', what: 'as it comes' },
      { line: 'kith logs films --json >films.log', what: 'to be kept with its receipt' },
    ],
    load: () => import('../commands/logs.ts'),
  },
  {
    path: ['receipt', 'verify'],
    group: 'Work',
    summary: 'checks a receipt, and what it was signed for',
    about: [
      'The signature of the host, the hash that sums up the execution, and whether the ledger of ' +
        'this machine knows the host as a node; with --logs and --outputs, that these are the log ' +
        'and the files that were left. Nobody is asked over the network. What of it is not ' +
        'checked is said. Ends with 3 where something does not fit.',
    ],
    arguments: [
      {
        name: 'receipt',
        required: true,
        help: 'a file with it, as `kith receipt show --json` prints it, or work placed from here',
      },
    ],
    options: [
      { name: 'logs', value: 'FILE', help: 'a log, as `kith logs --json` prints it' },
      { name: 'outputs', value: 'FOLDER', help: 'the outputs, by their paths below this folder' },
    ],
    exits: ['refused'],
    examples: [
      {
        line: 'kith receipt verify films.receipt --logs films.log --outputs ./out',
        what: 'all of it',
      },
    ],
    load: () => import('../commands/receipt-verify.ts'),
  },
];
