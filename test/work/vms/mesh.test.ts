import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { nodePlatform } from '../../../src/platform.ts';
import { guestAddress } from '../../../wg/guests.ts';
import { compileChild } from '../../kit/child.ts';
import { inside, makeNamespace, run, sweepNamespaces, whyNot } from '../../os/namespaces.ts';
import {
  type Images,
  endMachines,
  initramfs,
  kernelFile,
  machinesFolder,
  noGuests,
  orderOf,
} from '../../kit/guests.ts';

/** Several guests without KVM, on a machine that others share: for a test that hangs. */
const BUSY_MS = 400_000;

const MISSING =
  noGuests() ?? whyNot() ?? (fs.existsSync('/usr/sbin/nft') ? null : 'there is no nft');
const OWN = 'kithmesh0';
const MESH = { device: OWN, network: 'fd00:1::/32', prefix: 'fd00:1:0:0:0:1::/96' };
const NODE = 'fd00:1::1:0:1';
const PEER = 'fd00:1::2:0:1';

const CONTAINER = '01JE2HZ6Q3M8Y5T0V7XW9KB4CD';

/** Ends with 0 where a connection is taken within two seconds. */
const CONNECT = `const [host, port] = process.argv.slice(1);
const socket = require('node:net').connect({ host, port });
socket.on('connect', () => process.exit(0)).on('error', () => process.exit(1));
setTimeout(() => process.exit(1), 2000);`;

const LISTEN = `require('node:net').createServer((one) => one.end()).listen(8080, '::')`;

// A veth stands for the tunnel: it carries what WireGuard would, and asks for no neighbours.
describe('guests on the mesh', () => {
  let base = '';
  let images: Images = {};
  let compiled: ReturnType<typeof compileChild>;
  let [host, peer] = ['', ''];

  beforeAll(() => {
    if (MISSING !== null) return;
    sweepNamespaces();
    base = machinesFolder();
    images = { kernel: kernelFile() as string, initrd: initramfs(base) };
    compiled = compileChild('test/work/vms/machine-child.ts');
    [host, peer] = [makeNamespace(), makeNamespace()];
    run('ip', 'link', 'add', OWN, 'netns', host, 'type', 'veth', 'peer', 'mesh', 'netns', peer);
    for (const [at, device, address, others] of [
      [host, OWN, NODE, 'fd00:1::/32'],
      [peer, 'mesh', PEER, 'fd00:1:0:0:0:1::/96'],
    ] as const) {
      inside(at, 'ip', 'link', 'set', 'dev', device, 'up');
      inside(at, 'ip', 'address', 'add', `${address}/128`, 'dev', device, 'nodad');
      inside(at, 'ip', 'route', 'add', others, 'dev', device);
    }
    const mac = (at: string, device: string): string =>
      /ether (\S+)/.exec(inside(at, 'ip', 'link', 'show', 'dev', device))?.[1] as string;
    for (let i = 0; i < 2; i++) {
      const [at, device, from, far] =
        i === 0 ? [host, OWN, peer, 'mesh'] : [peer, 'mesh', host, OWN];
      const to = i === 0 ? [PEER] : [NODE, ADDRESS, ...guests().map(({ address }) => address)];
      for (const one of to) {
        inside(at, 'ip', 'neigh', 'replace', one, 'lladdr', mac(from, far), 'dev', device);
      }
    }
  });
  beforeEach(({ skip }) => {
    if (MISSING !== null) skip(MISSING);
  });
  afterAll(() => {
    if (MISSING !== null) return;
    compiled.remove();
    sweepNamespaces();
    endMachines(base);
  });

  const ADDRESS = guestAddress(MESH.prefix, CONTAINER, new Set(), nodePlatform);
  const made: ReturnType<typeof orderOf>[] = [];
  function guests(): { order: ReturnType<typeof orderOf>; address: string }[] {
    if (made.length === 0) {
      const network = { mode: 'mesh', publish: [{ port: 80 }] };
      made.push(orderOf(images, { network }), orderOf(images, { network }));
    }
    return made.map((order) => ({
      order,
      address: guestAddress(MESH.prefix, order.tag.id, new Set(), nodePlatform),
    }));
  }

  const reaches = (from: string, to: string): boolean =>
    spawnSync('ip', ['netns', 'exec', from, 'ping', '-6', '-c1', '-W3', to]).status === 0;
  const opens = (from: string, to: string, port: number): boolean => {
    const words = ['netns', 'exec', from, process.execPath, '--eval', CONNECT, to, String(port)];
    return spawnSync('ip', words).status === 0;
  };

  test(
    'have an address there as long as they live, and only that',
    async () => {
      const [one, two] = guests() as [ReturnType<typeof guests>[0], ReturnType<typeof guests>[0]];
      // What an earlier daemon left, and what is somebody else's.
      for (const [device, alias] of [
        ['kg00stale', `${OWN}:GONE.1`],
        ['kg00other', 'kithother:HERE.1'],
      ] as const) {
        inside(host, 'ip', 'tuntap', 'add', 'dev', device, 'mode', 'tap');
        inside(host, 'ip', 'link', 'set', 'dev', device, 'alias', alias);
      }
      const task = {
        ...{ folder: path.join(base, 'vms'), images, own: OWN, mesh: MESH },
        orders: [one, two].map(({ order: { tag, spec } }) => ({ tag, spec })),
      };
      const words = [`--net=/run/netns/${host}`, process.execPath, compiled.script];
      const child = spawn('nsenter', [...words, JSON.stringify(task)], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const line = async (): Promise<Record<string, unknown>> =>
        JSON.parse((await lines.next()).value as string) as Record<string, unknown>;
      const ask = async (of: typeof one, command: string): Promise<string> => {
        child.stdin.write(`${JSON.stringify({ id: of.order.tag.id, command })}\n`);
        return String((await line())['said']);
      };
      try {
        const verified = [await line(), await line()];
        for (const { order, address } of [one, two]) {
          expect(verified.find(({ id }) => id === order.tag.id)).toMatchObject({
            verified: { ok: true, value: { network: 'mesh', keptToItsAddress: true, address } },
          });
        }
        expect(await line()).toEqual({ ready: true });
        const links = inside(host, 'ip', 'link');
        expect(links).not.toContain('kg00stale');
        expect(links).toContain('kg00other');
        expect(inside(host, 'cat', '/proc/sys/net/ipv6/conf/all/forwarding').trim()).toBe('0');

        const told = await ask(one, 'cat /proc/cmdline');
        expect(told).toContain(`kith.address=${one.address}`);
        for (const of of [one, two]) {
          await ask(of, `ip link set eth0 up; ip addr add ${of.address}/128 dev eth0`);
          await ask(of, 'ip -6 route add fd00:1::/32 via fe80::1 dev eth0; sleep 2');
        }
        expect(await ask(one, 'cat /sys/class/net/eth0/mtu')).toBe('1280');
        // From outside, from this node, among themselves; out to others.
        expect(reaches(peer, one.address)).toBe(true);
        expect(reaches(host, one.address)).toBe(true);
        const pinged = async (of: typeof one, to: string): Promise<boolean> =>
          (await ask(of, `ping -6 -c1 -W3 ${to} >/dev/null && echo yes`)).endsWith('yes');
        expect(await pinged(one, PEER)).toBe(true);
        expect(await pinged(one, two.address)).toBe(true);
        expect(await pinged(one, NODE)).toBe(true);

        // Only what is published is opened; nothing of this host is.
        await ask(one, 'httpd -p 80; httpd -p 81');
        expect(opens(peer, one.address, 80)).toBe(true);
        expect(opens(peer, one.address, 81)).toBe(false);
        expect(opens(host, one.address, 81)).toBe(true);
        const serving = ['netns', 'exec', host, process.execPath, '--eval', LISTEN];
        const listening = spawn('ip', serving);
        await once(listening, 'spawn');
        const opened = `nc -w 2 ${NODE} 8080 </dev/null >/dev/null 2>&1 && echo yes || echo no`;
        await expect.poll(() => opens(host, NODE, 8_080)).toBe(true);
        expect(await ask(one, opened)).toBe('no');
        listening.kill('SIGKILL');

        // Nobody speaks as another: neither as its neighbour nor as its host.
        for (const stolen of [two.address, NODE]) {
          const as = `ip addr add ${stolen}/128 dev eth0; ping -6 -c1 -W2 -I ${stolen} ${PEER}`;
          const said = await ask(one, `${as} >/dev/null 2>&1 && echo yes || echo no`);
          expect(said).toBe('no');
          await ask(one, `ip addr del ${stolen}/128 dev eth0`);
        }

        // A container has the same, by the number of a process in it.
        const contained = spawn('unshare', ['--net', 'sleep', '1000']);
        await once(contained, 'spawn');
        await expect
          .poll(() => fs.readlinkSync(`/proc/${contained.pid}/ns/net`))
          .not.toBe(fs.readlinkSync('/proc/self/ns/net'));
        const box = { order: { tag: { id: CONTAINER } } } as typeof one;
        const address = await ask(box, `attach ${contained.pid}`);
        expect(address).toBe(ADDRESS);
        expect(reaches(peer, address)).toBe(true);
        const within = ['-t', String(contained.pid), '-n', 'ping', '-6', '-c1', '-W3', PEER];
        expect(spawnSync('nsenter', within).status).toBe(0);
        // A later daemon leaves both kinds as they are.
        await ask(box, `restart ${address}`);
        for (const to of [address, one.address, two.address]) expect(reaches(peer, to)).toBe(true);
        await ask(box, 'detach');
        expect(reaches(peer, address)).toBe(false);
        contained.kill('SIGKILL');

        await ask(one, 'destroy');
        expect(reaches(peer, one.address)).toBe(false);
        expect(reaches(peer, two.address)).toBe(true);
        await ask(two, 'destroy');
        expect(inside(host, 'ip', '-6', 'route')).not.toContain(two.address);
        expect(inside(host, 'nft', 'list', 'tables')).not.toContain(OWN);
      } finally {
        await closed(child);
      }
    },
    BUSY_MS,
  );
});

async function closed(child: ChildProcess): Promise<void> {
  const gone = once(child, 'close');
  child.stdin?.end();
  await gone;
}
