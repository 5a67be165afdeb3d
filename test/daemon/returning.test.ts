// A machine that comes back when the others have moved, and what a machine says of where it is.
// Real processes on loopback.

import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { kith, scratch } from '../cli/ledgers.ts';
import { type Up, done, founded, up } from './daemons.ts';

const folder = scratch('returning');
const [attic, cellar, barn] = ['attic', 'cellar', 'barn'].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];

async function urlOf(daemon: Up): Promise<string> {
  return (await daemon.until('listening')).url;
}

async function stopped(...daemons: readonly Up[]): Promise<void> {
  for (const { dir, ended } of daemons) {
    await done('down', '--dir', dir);
    await ended;
  }
}

/** A node joins by a ticket at the door of the attic. */
async function joined(dir: string, name: string): Promise<void> {
  const file = join(folder, `${name}.ticket`);
  await done('ticket', 'new', '--name', `for-${name}`, '--out', file, '--dir', attic);
  await done('join', '--ticket-file', file, '--name', name, '--dir', dir);
}

interface Nodes {
  readonly nodes: readonly { readonly name: string; readonly endpoints: readonly string[] }[];
}

async function endpointsOf(name: string, dir: string): Promise<readonly string[]> {
  const { nodes } = await done<Nodes>('nodes', '--dir', dir);
  return nodes.find((node) => node.name === name)?.endpoints ?? [];
}

beforeAll(async () => {
  await founded(attic, 'attic');
  const first = await up(attic);
  await joined(cellar, 'cellar');
  await joined(barn, 'barn');
  await stopped(first);
}, 120_000);

describe('a machine whose peers have moved while it was away', () => {
  test('hears of their new places from the one that it still finds', async () => {
    // Where the attic is, the barn knows. The cellar never told it anything.
    const second = await up(cellar);
    const first = await up(attic, ['--port', '0', '--peer', await urlOf(second)]);
    await first.until('synced', ({ why }) => why === null);
    const third = await up(barn, ['--port', '0', '--peer', await urlOf(first)]);
    const place = await urlOf(second);
    await third.until('synced', ({ url, why }) => url === place && why === null);
    await stopped(third);
    // It is kept: the next time the attic is not needed.
    await stopped(first);
    const again = await up(barn);
    await again.until('synced', ({ url, why }) => url === place && why === null);
    await stopped(second, again);
  });
});

describe('a machine that is reached elsewhere than it knows', () => {
  test('says so, and the others hear of it', async () => {
    const words = [
      '--port',
      '0',
      '--endpoint',
      'home.example:17447',
      '--endpoint',
      '[2001:db8::7]:9',
    ];
    const stated = ['home.example:17447', '[2001:db8::7]:9'];
    const first = await up(attic, words);
    // It has not heard the others since its start: it says nothing until it has.
    const second = await up(cellar, ['--port', '0', '--peer', await urlOf(first)]);
    const { endpoints } = await first.until('endpoints');
    expect(endpoints).toEqual(stated);
    await second.until('records', ({ from }) => from !== null);
    expect(await endpointsOf('attic', cellar)).toEqual(stated);
    await stopped(first, second);
  });

  test('is told what is no endpoint', async () => {
    const ran = await kith(['up', '--dir', attic, '--endpoint', 'home.example']);
    expect([ran.code, ran.err]).toEqual([2, expect.stringMatching(/IPv6 in brackets/)]);
  });
});
