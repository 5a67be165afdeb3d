// A daemon without a mesh, as a real process: what is asked of the mesh is answered in words, and a
// key is rotated all the same.

import { request } from 'node:http';
import { beforeAll, describe, expect, test } from 'vitest';
import { askDaemon } from '../../src/daemon/client.ts';
import { socketFile } from '../../src/home/folder.ts';
import { keyHost } from '../../src/home/host.ts';
import { openIdentity } from '../../src/keys/identity.ts';
import { join } from 'node:path';
import { kith, scratch } from '../cli/ledgers.ts';
import { done, founded, up } from './daemons.ts';

const folder = scratch('without-mesh');
const attic = join(folder, 'attic');

beforeAll(async () => {
  expect((await kith(['version'])).code).toBe(0);
  await founded(attic, 'attic');
  await up(attic);
});

function metrics(): Promise<{ status: number; type: string; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: socketFile(attic), path: '/metrics' }, (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (part: string) => (text += part));
      reply.on('end', () => {
        const type = String(reply.headers['content-type']);
        resolve({ status: reply.statusCode ?? 0, type, text });
      });
    });
    asked.on('error', reject).end();
  });
}

describe('a daemon that was started without a mesh', () => {
  let told: Record<string, unknown>[] = [];

  test('says so', async () => {
    const { mesh } = await askDaemon(attic, 'status', undefined);
    expect(mesh).toMatchObject({ state: 'off', interface: null, links: { up: 0, of: 0 } });
    expect(mesh.why).toMatch(/--no-mesh/);
    const ran = await kith(['status', '--dir', attic]);
    expect(ran.out).toMatch(/^ {2}mesh +none: it was started with --no-mesh$/m);
  });

  test.each([
    ['peers', []],
    ['relink', []],
    ['ping', ['attic']],
  ])('refuses %s with what to do', async (word, more) => {
    const ran = await kith([word, ...more, '--dir', attic]);
    expect([ran.code, ran.out]).toEqual([1, '']);
    expect(ran.err).toMatch(/^error: there is no mesh on this machine.*\nhint: `kith status`/m);
  });

  test('lists the nodes that the ledger has, and knows of itself what it offers', async () => {
    const { nodes } = await done<{ nodes: Record<string, unknown>[] }>('nodes', '--dir', attic);
    expect(nodes).toMatchObject([{ name: 'attic', here: true, liveness: 'here' }]);
    told = nodes;
  });

  test('gives figures for Prometheus', async () => {
    const { status, type, text } = await metrics();
    expect([status, type]).toEqual([200, 'text/plain; version=0.0.4']);
    expect(text).toContain('\nkith_mesh_up 0\n');
  });

  test('rotates its key into the ledger, durably, each time under the next counter', async () => {
    for (const counter of [2, 3]) {
      const rotated = await done('rotate-key', '--dir', attic);
      expect(rotated).toEqual({ counter, ready: 0, late: [] });
      const { members } = await done<{ members: { wg?: object }[] }>(
        'ledger',
        'state',
        '--dir',
        attic,
      );
      const identity = openIdentity(keyHost(), attic);
      const key = identity.ok ? identity.value.wireguard.key : null;
      expect(members.flatMap(({ wg }) => wg ?? [])).toEqual([{ key, counter }]);
      expect(identity).toMatchObject({ value: { nextWireguard: null } });
    }
  });

  test('and where none runs the command does it by itself', async () => {
    await done('down', '--dir', attic);
    expect(await done('rotate-key', '--dir', attic)).toMatchObject({ counter: 4 });
    // From the files it is what the daemon had told, but for what only a daemon hears.
    const { nodes } = await done<{ nodes: Record<string, unknown>[] }>('nodes', '--dir', attic);
    const heard = Object.keys(nodes[0] ?? {}).filter((name) => nodes[0]?.[name] === null);
    const unheard = Object.fromEntries(heard.map((name) => [name, null]));
    expect(heard).toContain('liveness');
    expect(nodes).toEqual(told.map((node) => ({ ...node, ...unheard })));
    const ran = await kith(['peers', '--dir', attic]);
    expect(ran.err).toMatch(/^error: no daemon runs for this folder/m);
  });
});
