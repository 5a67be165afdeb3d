// The command that places work: where it can run, why there, and what becomes of it.

import type { Command } from '../command.ts';

export const WORKING: readonly Command[] = [
  {
    path: ['place'],
    group: 'Work',
    summary: 'places a piece of work on a node with room',
    about: [
      'Reads a spec of work, YAML or JSON (docs/work.md), and hands it to the daemon: this node ' +
        'answers for it from then on. It says which node was chosen, why not the others, and each ' +
        'step until the host has taken it in hand; with --wait until it has ended.',
      'With --dry-run nothing is changed, here or anywhere: every node is listed, those that fit, ' +
        'the best first, and for every other the missing number or right. How a node is chosen: ' +
        'docs/placement.md.',
      'Ends with 3 where the spec is refused, with 6 where no node fits or takes it, and with 8 ' +
        'where it was started and has failed.',
    ],
    arguments: [
      { name: 'spec', required: false, help: 'the file that holds the spec; - is standard input' },
    ],
    options: [
      { name: 'dry-run', help: 'only plan' },
      { name: 'wait', help: 'until it has ended, with the exit code of how' },
      {
        name: 'seed',
        value: 'N',
        help: 'the dice of the policy two fall as with this number (default: any)',
      },
      { name: 'schema', help: 'list every field of a spec instead' },
    ],
    exits: ['refused', 'no-node', 'work-failed'],
    examples: [
      { line: 'kith place films.yaml --dry-run', what: 'where would it go?' },
      { line: 'kith place films.yaml --wait', what: 'and how does it end?' },
      { line: 'kith place - --dry-run --json <films.json', what: 'for a script' },
      { line: 'kith place --schema', what: 'what can stand in a spec' },
    ],
    load: () => import('../commands/place.ts'),
  },
];
