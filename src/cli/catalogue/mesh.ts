// The commands about the links between the machines of a network.

import type { Command } from '../command.ts';

export const MESH: readonly Command[] = [
  {
    path: ['peers'],
    group: 'The mesh',
    summary: 'shows the link to each machine, and why it is what it is',
    about: [
      'For each: its address on the mesh, whether packets go directly, over the local network, ' +
        'through a hole in two routers (punched) or by a member that relays them, the last ' +
        'handshake, the time of a round trip, what has moved, and the MTU. The daemon must run.',
    ],
    examples: [{ line: 'kith peers --json', what: 'for a script' }],
    load: () => import('../commands/peers.ts'),
  },
  {
    path: ['ping'],
    group: 'The mesh',
    summary: 'asks a machine for a sign of life over the mesh',
    about: [
      'Its daemon answers, so that more is tried than the way there. Ends with 4 where no answer ' +
        'came. The daemon must run.',
    ],
    arguments: [
      { name: 'node', required: true, help: 'its name, key, fingerprint or their start' },
    ],
    options: [{ name: 'count', value: 'N', help: 'so many times, a second apart (default: 4)' }],
    exits: ['unreachable'],
    examples: [{ line: 'kith ping attic --count 1', what: 'once' }],
    load: () => import('../commands/ping.ts'),
  },
  {
    path: ['relink'],
    group: 'The mesh',
    summary: 'tries the links anew, as after a change of the network',
    about: ['What works goes on working meanwhile. The daemon does the same by itself in time.'],
    arguments: [{ name: 'node', required: false, help: 'only the link to this machine' }],
    load: () => import('../commands/relink.ts'),
  },
  {
    path: ['rotate-key'],
    group: 'The mesh',
    summary: 'gives this machine a new WireGuard key',
    about: [
      'The new key is told to the network first; it comes into use when the peers that can be ' +
        'heard have it, so that next to nothing is lost. A peer that is off gets it with the ledger.',
    ],
    load: () => import('../commands/rotate-key.ts'),
  },
];
