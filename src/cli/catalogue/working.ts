// The commands about work: where it can run, and why there.

import type { Command } from '../command.ts';

export const WORKING: readonly Command[] = [
  {
    path: ['place'],
    group: 'Work',
    summary: 'plans where a piece of work runs, and says why',
    about: [
      'Reads a spec of work, YAML or JSON (docs/work.md), asks the daemon what each node has said of ' +
        'itself, and lists all of them: those that fit, the best first, and for every other the ' +
        'missing number or right. Nothing is changed, here or anywhere. How a node is chosen: ' +
        'docs/placement.md.',
      'This version plans and does not start: without --dry-run it refuses, and ends with 7. Ends ' +
        'with 3 where the spec is refused, and with 6 where no node fits.',
    ],
    arguments: [
      { name: 'spec', required: false, help: 'the file that holds the spec; - is standard input' },
    ],
    options: [
      { name: 'dry-run', help: 'only plan' },
      {
        name: 'seed',
        value: 'N',
        help: 'the dice of the policy two fall as with this number (default: any)',
      },
      { name: 'schema', help: 'list every field of a spec instead' },
    ],
    exits: ['refused', 'no-node', 'not-here'],
    examples: [
      { line: 'kith place films.yaml --dry-run', what: 'where would it go?' },
      { line: 'kith place - --dry-run --json <films.json', what: 'for a script' },
      { line: 'kith place --schema', what: 'what can stand in a spec' },
    ],
    load: () => import('../commands/place.ts'),
  },
];
