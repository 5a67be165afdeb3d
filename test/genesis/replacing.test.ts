// A machine that lost its key comes back under its name; what the ledger says of machines; leaving;
// and the ceremony through a daemon that only carries bytes.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { kith } from '../cli/ledgers.ts';
import { admitting, done, founded, joining, started, truthIn } from './machines.ts';
import { inMemory } from './memory.ts';

interface Node {
  readonly name: string;
  readonly key: string;
  readonly standing: string;
  readonly here: boolean;
  readonly admitted: string;
  readonly grants: readonly { readonly action: string }[];
  readonly replaces?: string;
}

async function nodesIn(folder: string): Promise<Node[]> {
  const { nodes } = JSON.parse(await done('nodes', '--dir', folder, '--json')) as { nodes: Node[] };
  return nodes;
}

describe('a machine that has lost its key', () => {
  let attic: string;
  let lamp: string;
  beforeAll(async () => {
    attic = await founded('replacing');
    lamp = join(attic, '..', 'lamp');
    const machine = await joining(lamp, '--name', 'lamp');
    const admit = admitting(attic, machine.address, machine.code, '--preset', 'observer');
    expect([(await admit.ended).code, (await machine.ended).code]).toEqual([0, 0]);
  }, 120_000);

  test('is never the one on which its successor is admitted', async () => {
    const { code, out } = await admitting(attic, 9, 'x', '--replaces', 'attic').ended;
    expect([code, out]).toEqual([2, expect.stringContaining('is this very machine')]);
    expect((await nodesIn(attic)).find(({ name }) => name === 'attic')?.standing).toBe('active');
  });

  test('leaves with what it had, is told what remains, and comes back in its own place', async () => {
    const [before] = (await nodesIn(lamp)).filter(({ here }) => here);
    expect(before).toMatchObject({ name: 'lamp', standing: 'active', admitted: 'anna' });
    const asked = await kith(['leave', '--dir', lamp, '--json']);
    expect([asked.code, existsSync(join(lamp, 'node.key'))]).toEqual([2, true]);
    const left = JSON.parse(await done('leave', '--yes', '--dir', lamp, '--json')) as object;
    expect(left).toMatchObject({ network: 'home', node: 'lamp', remains: 'kith remove lamp' });
    expect(readdirSync(lamp)).toEqual([]);
    expect((await kith(['leave', '--yes', '--dir', lamp])).code).toBe(1);

    const machine = await joining(lamp, '--name', 'someone-new');
    const admit = admitting(attic, machine.address, machine.code, '--replaces', 'lamp');
    const { code, out } = await admit.ended;
    expect([code, (await machine.ended).code]).toEqual([0, 0]);
    expect(JSON.parse(out)).toMatchObject({ replaces: before?.key, leftOut: [] });
    // The cut went along.
    expect(await truthIn(lamp)).toEqual(await truthIn(attic));
    const nodes = await nodesIn(attic);
    const [old, fresh] = [before?.key, machine.events()[0]?.['key']].map((key) =>
      nodes.find((node) => node.key === key),
    );
    expect(old).toMatchObject({ standing: 'removed' });
    expect(fresh).toMatchObject({ name: 'lamp', standing: 'active', grants: before?.grants });
    expect(fresh?.grants.length).toBeGreaterThan(0);
  });

  test('is not pulled from under a code that is shown, and shows one at a time', async () => {
    const folder = join(attic, '..', 'busy');
    const machine = await joining(folder);
    for (const words of [
      ['leave', '--yes'],
      ['join'],
      ['join', '--ticket-file', await someTicket()],
    ]) {
      const ran = await kith([...words, '--dir', folder, '--json']);
      expect([words[0], ran.code, JSON.parse(ran.out)]).toMatchObject([
        ...[words[0], 1, { error: { code: 'join-runs' } }],
      ]);
    }
    machine.child.kill('SIGTERM');
    expect((await machine.ended).code).toBe(130);
    expect((await kith(['leave', '--yes', '--dir', folder])).code).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });

  async function someTicket(): Promise<string> {
    const out = join(attic, '..', 'some.ticket');
    await done('ticket', 'new', '--name', 'some', '--out', out, '--dir', attic);
    return out;
  }

  test('is named by its node, and by nothing else', async () => {
    const machine = await joining(join(attic, '..', 'other'));
    for (const [name, code] of [
      ['anna', 'not-a-node'],
      ['nobody', 'no-such-member'],
    ] as const) {
      const ran = await admitting(attic, machine.address, machine.code, '--replaces', name).ended;
      expect([ran.code, JSON.parse(ran.out)]).toMatchObject([1, { error: { code } }]);
    }
    machine.child.kill('SIGTERM');
    await machine.ended;
  });
});

describe('beside a daemon', () => {
  test('the ceremony goes through it, and it never knows the code', async () => {
    const attic = await founded('carried');
    const lamp = join(attic, '..', 'lamp');
    const words = ['--listen', '127.0.0.1', '--port', '0'];
    const daemon = started(['up', '--dir', attic, '--json', '--no-mesh', ...words]);
    const machine = await joining(lamp, '--name', 'lamp');
    await daemon.event('listening');
    const { ended } = admitting(attic, machine.address, machine.code);
    const { code, err } = await ended;
    expect([code, err, (await machine.ended).code]).toEqual([0, '', 0]);
    await daemon.event('carry');
    expect(inMemory(daemon.pid, machine.code)).toBe(false);
    expect(await truthIn(lamp)).toEqual(await truthIn(attic));
    // The new machine's daemon knows where to find the first member.
    const [own] = (await nodesIn(attic)).filter(({ here }) => here);
    const { peers } = JSON.parse(readFileSync(join(lamp, 'peers.json'), 'utf8')) as {
      peers: { key: string; url: string }[];
    };
    expect(peers).toMatchObject([{ key: own?.key, url: expect.stringMatching(/^https:\/\/127/) }]);
    await done('down', '--dir', attic);
    expect((await daemon.ended).code).toBe(0);
  });
});
