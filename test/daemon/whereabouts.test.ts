// Where a member is asked for its lobby.

import { expect, test } from 'vitest';
import type { PeerStatus } from '../../src/daemon/routes.ts';
import { placesOf } from '../../src/daemon/whereabouts.ts';
import { actor } from '../kit/actors.ts';

const [attic, barn] = [actor('attic').key, actor('barn').key];

function peer(url: string, more: Partial<PeerStatus>): PeerStatus {
  const known = { source: 'ledger', key: null, failures: 0, dueInMs: 0, syncedAt: null, why: null };
  return { url, ...known, ...more } as PeerStatus;
}

test('is its door, the one that was good last, and never its address on the mesh', () => {
  const peers = [
    peer('https://[fd00::1]:7446', { source: 'mesh', key: attic, syncedAt: 9 }),
    peer('https://192.0.2.1:7447', { key: attic, syncedAt: 2, failures: 3 }),
    peer('https://192.0.2.2:7447', { key: attic, syncedAt: 1 }),
    peer('https://192.0.2.3:7447', { key: barn }),
    peer('https://192.0.2.9:7447', { source: 'told' }),
  ];
  expect(placesOf(peers)).toEqual([
    { url: 'https://192.0.2.2:7447', key: attic },
    { url: 'https://192.0.2.3:7447', key: barn },
    { url: 'https://192.0.2.9:7447', key: null },
  ]);
});
