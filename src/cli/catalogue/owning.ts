// The commands about work that runs: one line for a job or a machine, what there is of it, its end,
// and nodes that take no more of it.

import type { Command, Option } from '../command.ts';
import { COMMIT } from './rights.ts';

const WHICH = 'the id of the work, the start of it, or its name';

const WISHES: readonly Option[] = [
  { name: 'name', value: 'NAME', help: 'what it is called (default: by its image)' },
  { name: 'cpus', value: 'N', help: 'cores: 2, 0.5 or 500m (default: 2)' },
  { name: 'mem', value: 'AMOUNT', help: 'memory: 512MiB, 8GiB (default: 8GiB)' },
  { name: 'disk', value: 'AMOUNT', help: 'room on the disk (default: 1GiB)' },
  { name: 'gpus', value: 'N', help: 'whole cards (default: none)' },
  { name: 'min-vram', value: 'AMOUNT', help: 'memory of each card, at least: 24GiB' },
  { name: 'timeout', value: 'TIME', help: 'stopped after that long: 30s, 5m, 2h' },
  { name: 'on', value: 'NODE', repeated: true, help: 'only on this node; more: in this order' },
  { name: 'need', value: 'LABEL', repeated: true, help: 'only on nodes with this label' },
  { name: 'avoid', value: 'NODE', repeated: true, help: 'not on this node' },
  {
    name: 'policy',
    value: 'POLICY',
    help: 'mostFree, two, pack or pin (default: mostFree among few nodes, two among many)',
  },
  { name: 'network', value: 'MODE', help: 'none, mesh or egress (default: none)' },
  {
    name: 'publish',
    value: 'PORTS',
    repeated: true,
    help: 'a port that can be reached: 80, 8080:80, 53/udp; with a network',
  },
  {
    name: 'restart',
    value: 'WHEN',
    help: 'on the same host: never, onFailure or always (default: never)',
  },
  { name: 'replace', help: 'start it elsewhere where its host is lost' },
  { name: 'dry-run', help: 'only plan: where it would run, and why not elsewhere' },
  {
    name: 'seed',
    value: 'N',
    help: 'the dice of the policy two fall as with this number (default: any)',
  },
  { name: 'detach', help: 'do not wait: print its id, and leave it to run' },
];

export const OWNING: readonly Command[] = [
  {
    path: ['run'],
    group: 'Work',
    summary: 'runs one job on a node with room, and waits for it',
    about: [
      'A spec in one line (docs/work.md): the job is placed like any other, what it prints comes out ' +
        'here, and the command ends as the job does. Ctrl-C stops the job; a second one only ends ' +
        'this command. Put -- before the words of the job.',
      'Ends with 8 where the job has failed, and with 6 where no node took it.',
    ],
    arguments: [
      { name: 'image', required: true, help: 'what runs: the name of an image, or its digest' },
      {
        name: 'command',
        required: false,
        repeated: true,
        help: 'the words of the job, behind --; none: those of the image',
      },
    ],
    options: [
      ...WISHES,
      {
        name: 'env',
        value: 'NAME=VALUE',
        repeated: true,
        help: 'a variable; NAME=@SECRET: a secret of the host',
      },
      { name: 'workdir', value: 'PATH', help: 'where it runs, inside' },
    ],
    exits: ['refused', 'no-node', 'work-failed'],
    examples: [
      { line: 'kith run busybox:1.37 -- echo hello', what: 'anywhere' },
      {
        line: 'kith run --gpus 1 --mem 16GiB films:4 -- /bin/convert',
        what: 'where a card is free',
      },
      { line: 'kith run --gpus 1 --dry-run films:4', what: 'and where is that?' },
    ],
    load: () => import('../commands/run.ts'),
  },
  {
    path: ['vm'],
    group: 'Work',
    summary: 'starts one virtual machine on a node with room',
    about: [
      'A spec in one line (docs/work.md). It goes on until somebody stops it: the command returns ' +
        'when its host has started it, and with --wait when it has ended.',
    ],
    arguments: [
      { name: 'image', required: false, help: 'its disk: the name of an image, or its digest' },
    ],
    options: [
      ...WISHES,
      { name: 'wait', help: 'until it has ended' },
      { name: 'kernel', value: 'IMAGE', help: 'boot this kernel' },
      { name: 'initrd', value: 'IMAGE', help: 'with this' },
      { name: 'cmdline', value: 'TEXT', help: 'and these words for it' },
      { name: 'firmware', value: 'KIND', help: 'bios or uefi (default: bios)' },
      { name: 'user-data', value: 'FILE', help: 'the seed of cloud-init, from this file' },
    ],
    exits: ['refused', 'no-node', 'work-failed'],
    examples: [
      { line: 'kith vm debian-12 --name mail --mem 4GiB --network mesh', what: 'a machine' },
    ],
    load: () => import('../commands/vm.ts'),
  },
  {
    path: ['work'],
    group: 'Work',
    summary: 'lists the work of all nodes',
    about: [
      'What this node has placed, and whatever every member that answers runs. A member that does ' +
        'not answer is named, and what is known of its work is older than that. `kith work show ID` ' +
        'tells all of one.',
    ],
    options: [{ name: 'all', help: 'with what has ended' }],
    examples: [{ line: 'kith work', what: 'everywhere' }],
    load: () => import('../commands/work.ts'),
  },
  {
    path: ['work', 'show'],
    group: 'Work',
    summary: 'tells all about one piece of work',
    about: [
      'Where it is, who was asked before and why not there, and its spec with --json. What another ' +
        'node has placed is told by that one and by its host, as far as this node holds work.read there.',
    ],
    arguments: [{ name: 'id', required: true, help: WHICH }],
    load: () => import('../commands/work-show.ts'),
  },
  {
    path: ['stop'],
    group: 'Work',
    summary: 'asks work to end, wherever it was placed',
    about: [
      'Its host asks it politely, and kills it after lifecycle.stopGrace. Where the host is away it ' +
        'is stopped when the host is back, and is not started elsewhere.',
      'Work of another node is ended by the node that placed it, or while that is away by its host; each ' +
        'looks in its own ledger whether this node holds work.stop there, at that moment.',
    ],
    arguments: [{ name: 'id', required: true, help: WHICH }],
    examples: [{ line: 'kith stop films', what: 'by its name' }],
    load: () => import('../commands/stop.ts'),
  },
  {
    path: ['kill'],
    group: 'Work',
    summary: 'ends work at once, wherever it was placed',
    about: ['As `kith stop`, without the pause.'],
    arguments: [{ name: 'id', required: true, help: WHICH }],
    load: () => import('../commands/stop.ts'),
  },
  {
    path: ['console'],
    group: 'Work',
    summary: 'the console of a machine, wherever it runs',
    about: [
      'Shows what the machine says on its console, from what is kept of it on, and types there what ' +
        'is typed here. Ctrl-] leaves; the machine goes on. Only the node that placed it may type.',
      'What comes through a pipe is typed as well; then the console is shown until the machine ends.',
    ],
    arguments: [{ name: 'id', required: true, help: WHICH }],
    examples: [{ line: 'kith console films', what: 'by its name' }],
    load: () => import('../commands/console.ts'),
  },
  {
    path: ['drain'],
    group: 'Work',
    summary: 'lets no new work come to a node',
    about: [
      'With --here this machine itself refuses from now on, without any operator; that is a matter ' +
        'of its daemon. Of any node an operator says so for the whole network: it is staged like ' +
        '`kith set drained/NODE true`, and signed with --commit. What runs there goes on.',
    ],
    arguments: [{ name: 'node', required: false, help: 'the node, by its name; not with --here' }],
    options: [{ name: 'here', help: 'this machine, at once' }, ...COMMIT],
    examples: [
      { line: 'kith drain --here', what: 'before it is switched off' },
      { line: 'kith drain attic --commit', what: 'by an operator, from anywhere' },
    ],
    load: () => import('../commands/drain.ts'),
  },
  {
    path: ['resume'],
    group: 'Work',
    summary: 'lets new work come to a node again',
    about: [
      'The opposite of `kith drain`, with the same words. Both must be taken back. With --here it also ' +
        'ends what a `kith upgrade` that was broken off has frozen.',
    ],
    arguments: [{ name: 'node', required: false, help: 'the node, by its name; not with --here' }],
    options: [{ name: 'here', help: 'this machine, at once' }, ...COMMIT],
    load: () => import('../commands/drain.ts'),
  },
  {
    path: ['receipt', 'show'],
    group: 'Work',
    summary: 'shows what the host has signed about work that ended',
    about: [
      'The receipts of a piece of work, the latest last. --json prints them as they were ' +
        'signed.',
    ],
    arguments: [{ name: 'id', required: true, help: WHICH }],
    load: () => import('../commands/receipt-show.ts'),
  },
];
