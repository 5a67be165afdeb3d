// The real interface, by the real wireguard-go, in network namespaces: what is planned comes about,
// keys are seen nowhere, and a daemon that dies is there again.

import { generateKeyPairSync } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Key } from '../../proto/ids.ts';
import type { ActualPeer } from '../../wg/dump.ts';
import type { PeerRow } from '../../wg/table.ts';
import { wireguardKeys } from '../../wg/table.ts';
import { compileChild } from '../kit/child.ts';
import {
  daemonsOf,
  inside,
  makeNamespace,
  run,
  startTalker,
  sweepNamespaces,
  type Talker,
  whyNot,
} from './namespaces.ts';

const WHY_NOT = whyNot();
const IN_KERNEL = 'the kernel of this machine has WireGuard, so wireguard-go is not used';
const NETWORK = 'fd00:1:2::/48';
/** Another machine may be slow: nothing here is waited for longer than it takes. */
const PATIENCE_MS = 120_000;

let compiled: { script: string; remove: () => void } | null = null;
const talkers: Talker[] = [];
const names: string[] = [];
let count = 0;

beforeEach((context) => {
  if (WHY_NOT !== null) context.skip(WHY_NOT);
});

beforeAll(() => {
  if (WHY_NOT !== null) return;
  sweepNamespaces();
  compiled = compileChild('test/os/wireguard-child.ts');
}, PATIENCE_MS);

afterEach(async () => {
  for (const talker of talkers.splice(0)) await talker.end();
  if (WHY_NOT === null) sweepNamespaces();
  for (const name of names.splice(0)) fs.rmSync(`/var/run/wireguard/${name}.sock`, { force: true });
}, PATIENCE_MS);

afterAll(() => compiled?.remove());

interface Side {
  readonly namespace: string;
  readonly name: string;
  readonly keys: { readonly privateHex: string; readonly publicKey: string };
  readonly talker: Talker;
}

function x25519(): Side['keys'] {
  const { privateKey } = generateKeyPairSync('x25519');
  const { d, x } = privateKey.export({ format: 'jwk' }) as { d: string; x: string };
  return {
    privateHex: Buffer.from(d, 'base64url').toString('hex'),
    publicKey: Buffer.from(x, 'base64url').toString('base64'),
  };
}

async function makeSide(
  namespace: string = makeNamespace(),
  keys: Side['keys'] = x25519(),
  name: string = nameOf(),
): Promise<Side> {
  const args = [name, keys.publicKey];
  const talker = startTalker(namespace, (compiled as { script: string }).script, args);
  talkers.push(talker);
  await talker.ask('key', keys.privateHex);
  return { namespace, name, keys, talker };
}

function nameOf(): string {
  const name = `kt${process.pid.toString(36)}${(++count).toString(36)}`;
  names.push(name);
  return name;
}

/** An Ed25519 key as the ledger has it, and its X25519 form. */
function ledgerKey(): { key: Key; publicKey: string } {
  const { publicKey } = generateKeyPairSync('ed25519');
  const key = publicKey.export({ format: 'jwk' }).x as Key;
  return { key, publicKey: wireguardKeys([key])[0] as string };
}

function rowOf(key: Key, number: number, ipv4: string | null = null): PeerRow {
  return { key, wg: key, prefix: `fd00:1:2:${number}::/96`, ipv4 };
}

interface Dump {
  readonly publicKey: string | null;
  readonly listenPort: number;
  readonly peers: readonly ActualPeer[];
}

/** Asks until the answer will do. */
async function until<Value>(ask: () => Promise<Value>, will: (value: Value) => boolean) {
  for (;;) {
    const value = await ask();
    if (will(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('the interface', () => {
  test(
    'comes up, holds what is planned, and goes away',
    async () => {
      const { talker, keys, namespace, name } = await makeSide();
      expect(await talker.ask('raise')).toMatchObject({ ok: true, adopted: false });
      const [ann, bob] = [ledgerKey(), ledgerKey()];
      const own = { publicKey: keys.publicKey, listenPort: 7_447 };
      const rows = [rowOf(ann.key, 1), rowOf(bob.key, 2, '10.73.0.2')];
      const first = await talker.ask('reach', { network: NETWORK, own, rows }, []);
      expect(first).toEqual(['set-key', 'set-port', 'add-peer', 'add-peer']);
      expect(await talker.ask('reach', { network: NETWORK, own, rows }, [])).toEqual([]);
      const dump = (await talker.ask('dump')) as Dump;
      expect(dump).toMatchObject(own);
      expect(dump.peers.map(({ publicKey, allowed }) => [publicKey, allowed.toSorted()])).toEqual(
        expect.arrayContaining([
          [ann.publicKey, ['fd00:1:2:1::/96']],
          [bob.publicKey, ['10.73.0.2/32', 'fd00:1:2:2::/96']],
        ]),
      );
      // The prefix of ann goes to bob's peer by hand, with a stranger and a preshared key.
      const stranger = ledgerKey().publicKey;
      fs.writeFileSync(`/tmp/${name}.psk`, `${x25519().publicKey}\n`, { mode: 0o600 });
      inside(
        ...[
          namespace,
          'wg',
          'set',
          name,
          'peer',
          bob.publicKey,
          'preshared-key',
          `/tmp/${name}.psk`,
        ],
        ...['allowed-ips', 'fd00:1:2:1::/96', 'peer', stranger, 'allowed-ips', '::/0'],
      );
      fs.rmSync(`/tmp/${name}.psk`);
      const again = (await talker.ask('reach', { network: NETWORK, own, rows }, [])) as string[];
      expect(again.toSorted()).toEqual(
        ['clear-preshared', 'move-prefix', 'move-prefix', 'remove-stranger'].toSorted(),
      );
      expect(await talker.ask('reach', { network: NETWORK, own, rows }, [])).toEqual([]);
      // A turn is one call: the peer is gone and there again.
      const peer = {
        ...{ publicKey: ann.publicKey, node: ann.key, allowed: ['fd00:1:2:1::/96'] },
        ...{ endpoint: '192.0.2.1:7447', pinned: true, keepaliveS: 1 },
      };
      await talker.ask('make', { kind: 'turn-endpoint', peer });
      const turned = (await talker.ask('dump')) as Dump;
      expect(turned.peers.find(({ publicKey }) => publicKey === ann.publicKey)).toMatchObject({
        ...{ endpoint: '192.0.2.1:7447', keepaliveS: 1, allowed: ['fd00:1:2:1::/96'] },
      });
      // Nobody is raised whom the ledger does not want any more.
      await talker.ask('unwant', ann.publicKey);
      await talker.ask('make', { kind: 'remove-peer', publicKey: ann.publicKey });
      await talker.ask('make', { kind: 'turn-endpoint', peer });
      await talker.ask('make', { kind: 'set-keepalive', peer });
      const left = (await talker.ask('dump')) as Dump;
      expect(left.peers.map(({ publicKey }) => publicKey)).toEqual([bob.publicKey]);
      await talker.ask('close');
      expect(inside(namespace, 'ip', '-brief', 'link')).not.toContain(name);
      expect(daemonsOf(name)).toEqual([]);
      expect(fs.existsSync(`/var/run/wireguard/${name}.sock`)).toBe(false);
    },
    PATIENCE_MS,
  );

  test(
    'looks at the routes of the machine, but where there are too many',
    async () => {
      const { talker, namespace, name } = await makeSide();
      await talker.ask('raise');
      const routes = [{ prefix: NETWORK, mtu: 1_280 }];
      await talker.ask('link', { mtu: 1_420, addresses: ['fd00:1:2:1::1/128'], routes });
      const local = async (): Promise<string[]> => (await talker.ask('local')) as string[];
      const before = await talker.ask('routes');
      inside(namespace, 'ip', '-6', 'route', 'add', 'fd00:9::/64', 'dev', name);
      inside(namespace, 'ip', 'route', 'add', '10.99.1.0/24', 'dev', 'lo');
      const after = await talker.ask('routes');
      expect(after).toEqual(expect.any(String));
      expect(after).not.toBe(before);
      expect(await local()).toContain('10.99.1.0/24');
      const four = routesTo((i) => `20.1.${i >> 8}.${i & 255}/32`);
      for (const many of [four, routesTo((i) => `2001:db8:1::${i.toString(16)}/128`)]) {
        inBatch(namespace, many, 'add');
        expect(await talker.ask('routes')).toBeNull();
        expect(await local()).toContain('10.99.1.0/24');
        inBatch(namespace, many, 'delete');
        expect(await talker.ask('routes')).toBe(after);
      }
      inBatch(namespace, [...four, '10.99.2.0/24 dev lo'], 'add');
      // What was known before holds for some minutes.
      expect(await local()).not.toContain('10.99.2.0/24');
      inBatch(namespace, four, 'delete');
      expect(await local()).toContain('10.99.2.0/24');
    },
    PATIENCE_MS,
  );

  function routesTo(place: (i: number) => string): string[] {
    return Array.from({ length: 3_000 }, (_, i) => `${place(i)} dev lo`);
  }

  function inBatch(namespace: string, routes: readonly string[], deed: string): void {
    const input = routes.map((route) => `route ${deed} ${route}\n`).join('');
    const done = spawnSync('ip', ['-n', namespace, '-batch', '-'], { input, encoding: 'utf8' });
    expect(done.stderr).toBe('');
  }

  test(
    'carries packets between two machines, by the addresses of the mesh',
    async () => {
      const [a, b] = [await makeSide(), await makeSide()];
      // The two link halves are named after their interfaces, so that they collide with nobody's.
      run('ip', 'link', 'add', `${a.name}v`, 'type', 'veth', 'peer', 'name', `${b.name}v`);
      for (const [{ namespace, name }, address] of [
        [a, '192.0.2.1/24'],
        [b, '192.0.2.2/24'],
      ] as const) {
        run('ip', 'link', 'set', `${name}v`, 'netns', namespace);
        inside(namespace, 'ip', 'address', 'add', address, 'dev', `${name}v`);
        inside(namespace, 'ip', 'link', 'set', `${name}v`, 'up');
      }
      for (const [own, other, number] of [
        [a, b, 1],
        [b, a, 2],
      ] as const) {
        expect(await own.talker.ask('raise')).toMatchObject({ ok: true });
        const { publicKey } = own.keys;
        await own.talker.ask('make', { kind: 'set-key', publicKey });
        await own.talker.ask('make', { kind: 'set-port', listenPort: 7_447 });
        const peer = {
          ...{ publicKey: other.keys.publicKey, node: 'x', pinned: false, keepaliveS: 1 },
          ...{ endpoint: `192.0.2.${3 - number}:7447` },
          allowed: [`fd00:1:2:${3 - number}::/96`, `10.73.0.${3 - number}/32`],
        };
        await own.talker.ask('make', { kind: 'add-peer', peer });
        const link = {
          ...{ mtu: 1_420, addresses: [`fd00:1:2:${number}::1/128`, `10.73.0.${number}/32`] },
          routes: [
            { prefix: NETWORK, mtu: 1_280 },
            { prefix: '10.73.0.0/16', mtu: 1_280 },
          ],
        };
        await own.talker.ask('link', link);
        // Nothing is left to do, and a link that somebody took down or moved is put right.
        await own.talker.ask('link', link);
        inside(own.namespace, 'ip', 'link', 'set', own.name, 'down');
        inside(own.namespace, 'ip', 'address', 'flush', 'dev', own.name);
        await own.talker.ask('link', link);
        expect(await own.talker.ask('local')).toEqual(['192.0.2.0/24']);
      }
      for (const address of ['fd00:1:2:2::1', '10.73.0.2']) {
        const said = inside(a.namespace, 'ping', '-c', '1', '-W', '60', address);
        expect(said).toContain('1 received');
      }
      const { peers } = (await a.talker.ask('dump')) as Dump;
      expect(peers[0]).toMatchObject({ endpoint: '192.0.2.2:7447' });
      expect(peers[0]?.handshakeS).toBeGreaterThan(0);
    },
    PATIENCE_MS,
  );

  test(
    'holds the private key where nobody can read it',
    async () => {
      const { talker, keys, name } = await makeSide();
      await talker.ask('raise');
      let seen = '';
      const watching = setInterval(() => (seen += commandLines(name)), 1);
      await talker.ask('make', { kind: 'set-key', publicKey: keys.publicKey });
      clearInterval(watching);
      expect(((await talker.ask('dump')) as Dump).publicKey).toBe(keys.publicKey);
      const asBase64 = Buffer.from(keys.privateHex, 'hex').toString('base64');
      seen += commandLines(name);
      expect(seen).toContain(name);
      expect(seen).not.toContain(asBase64);
      expect(seen).not.toContain(keys.privateHex);
      await expect(talker.ask('make', { kind: 'set-key', publicKey: 'other' })).rejects.toThrow(
        'not here',
      );
    },
    PATIENCE_MS,
  );

  function commandLines(name: string): string {
    return fs
      .readdirSync('/proc')
      .filter((entry) => /^[0-9]+$/.test(entry))
      .map((pid) => {
        try {
          return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        } catch {
          return '';
        }
      })
      .filter((line) => line.includes(name))
      .join('\n');
  }
});

describe('wireguard-go', () => {
  test(
    'that is killed is there again, and its end is told',
    async (context) => {
      const { talker, name, namespace } = await makeSide();
      const raised = (await talker.ask('raise')) as { backend: string };
      if (raised.backend === 'kernel') context.skip(IN_KERNEL);
      for (const pid of daemonsOf(name)) process.kill(pid, 'SIGKILL');
      const events: string[] = [];
      const asked = async (): Promise<string[]> => {
        events.push(...((await talker.ask('events')) as string[]));
        return events;
      };
      await until(asked, (all) => all.includes('again'));
      expect([events[0], events.at(-1)]).toEqual(['lost', 'again']);
      expect(await talker.ask('dump')).toMatchObject({ publicKey: null, peers: [] });
      // So is one whose interface was deleted by hand.
      inside(namespace, 'ip', 'link', 'delete', name);
      await until(asked, (all) => all.filter((event) => event === 'again').length === 2);
      expect(await talker.ask('dump')).toMatchObject({ publicKey: null });
      // And one that only hangs, once somebody wants something of it.
      for (const pid of daemonsOf(name)) process.kill(pid, 'SIGSTOP');
      await expect(talker.ask('dump')).rejects.toThrow('longer than');
      await until(asked, (all) => all.filter((event) => event === 'again').length === 3);
      expect(await talker.ask('dump')).toMatchObject({ publicKey: null });
      await talker.ask('close');
      expect(daemonsOf(name)).toEqual([]);
    },
    PATIENCE_MS,
  );

  test(
    'that outlived us is taken over with all it holds',
    async () => {
      const first = await makeSide();
      const raised = (await first.talker.ask('raise')) as { backend: string };
      const { publicKey } = first.keys;
      await first.talker.ask('make', { kind: 'set-key', publicKey });
      await first.talker.ask('make', { kind: 'set-port', listenPort: 7_447 });
      await first.talker.end();
      if (raised.backend !== 'kernel') expect(daemonsOf(first.name)).toHaveLength(1);
      const second = await makeSide(first.namespace, first.keys, first.name);
      // So the door may have its number again, though it is taken over UDP.
      expect(await second.talker.ask('listens', 7_447)).toBe(true);
      expect(await second.talker.ask('listens', 7_448)).toBe(false);
      expect(await second.talker.ask('raise')).toMatchObject({ ok: true, adopted: true });
      expect(await second.talker.ask('dump')).toMatchObject({ publicKey });
      // Also then its end is noticed.
      const [pid] = daemonsOf(first.name);
      if (pid !== undefined) {
        process.kill(pid, 'SIGKILL');
        const asked = async (): Promise<string[]> =>
          (await second.talker.ask('events')) as string[];
        await until(asked, (events) => events.includes('again'));
      }
      await second.talker.ask('close');
      expect(daemonsOf(first.name)).toEqual([]);
    },
    PATIENCE_MS,
  );

  test(
    'that hangs, or left its socket behind, is not trusted',
    async (context) => {
      const first = await makeSide();
      const raised = (await first.talker.ask('raise')) as { backend: string };
      if (raised.backend === 'kernel') context.skip(IN_KERNEL);
      await first.talker.end();
      const [pid] = daemonsOf(first.name);
      process.kill(pid as number, 'SIGSTOP');
      const second = await makeSide(first.namespace, first.keys, first.name);
      expect(await second.talker.ask('raise')).toMatchObject({ ok: true, adopted: false });
      expect(daemonsOf(first.name)).not.toContain(pid);
      await second.talker.end();
      for (const left of daemonsOf(first.name)) process.kill(left, 'SIGKILL');
      expect(fs.existsSync(`/var/run/wireguard/${first.name}.sock`)).toBe(true);
      const third = await makeSide(first.namespace, first.keys, first.name);
      expect(await third.talker.ask('raise')).toMatchObject({ ok: true, adopted: false });
      await third.talker.ask('close');
    },
    PATIENCE_MS,
  );
});
