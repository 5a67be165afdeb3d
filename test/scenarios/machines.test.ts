import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { askDaemon } from '../../src/daemon/client.ts';
import type { WorkReplies } from '../../src/daemon/work-routes.ts';
import { initramfs, kernelFile, noGuests } from '../kit/guests.ts';
import type { Host } from '../lab/host.ts';
import { network } from '../lab/network.ts';
import { laboratory } from '../lab/suite.ts';
import { until } from '../lab/until.ts';
import { heard, nodesOf } from './watch.ts';

const MISSING = noGuests();

/** What is served there, or why nothing is. */
const FETCH = `fetch(process.argv[1], { signal: AbortSignal.timeout(5000) })
  .then((reply) => reply.text(), (error) => String(error.cause ?? error)).then(console.log);`;

laboratory('a machine among real daemons', (net, prepare) => {
  let [attic, barn]: Host[] = [];
  let [images, initrd] = ['', ''];
  let guests = 0;

  beforeEach(({ skip }) => {
    if (MISSING !== null) skip(`no guests on this machine: ${MISSING}`);
  });
  afterAll(() => rmSync(images, { recursive: true, force: true }));

  prepare(async () => {
    if (MISSING !== null) return;
    images = mkdtempSync(join(tmpdir(), 'kith-machines-'));
    initrd = initramfs(images);
    const lan = await net().lan();
    attic = await net().host('attic', lan);
    barn = await net().host('barn', lan);
    const { keys } = await network([attic, barn]);
    await attic.up();
    await barn.up();
    await heard([attic, barn]);
    await until('attic knows what the barn takes', async () => {
      const nodes = await nodesOf(attic as Host);
      const its = nodes.find(({ key }) => key === keys.get('barn'));
      const { offer = null, headroom = null } = its ?? {};
      return offer?.taking === 'open' && offer.kinds.includes('vm') && headroom !== null;
    });
  });

  function shown(id: string): Promise<WorkReplies['work']> {
    return askDaemon((attic as Host).folder, 'work', { id });
  }

  test('its images come over the mesh, it has an address and a console there', async () => {
    const [from, at] = [attic as Host, barn as Host];
    // A retry is another piece of work.
    const guest = `guest-${++guests}`;
    const front = `front-${guests}`;
    const added = [
      [kernelFile() as string, 'linux'],
      [initrd, 'tiny'],
    ];
    for (const [file = '', name = ''] of added)
      await from.json('image', 'add', file, '--name', name);
    const place = async (name: string, network_: object): Promise<string> => {
      const file = join(images, 'guest.json');
      const spec = {
        ...{ name, network: network_, constraints: { nodes: ['barn'] } },
        resources: { cpu: 1, memory: '192MiB', disk: '16MiB' },
        vm: { kernel: 'linux', initrd: 'tiny', cmdline: 'console=ttyS0 quiet panic=-1' },
      };
      writeFileSync(file, JSON.stringify(spec));
      return (await from.json<WorkReplies['work']>('place', file)).work.id;
    };
    const work = await place(guest, { mode: 'mesh', publish: [{ port: 80 }] });
    const second = await place(front, { mode: 'egress', publish: [{ port: 80 }] });
    const log = async (of = guest): Promise<string> => (await from.kith(['logs', of])).out;
    for (const [id, of] of [
      [work, guest],
      [second, front],
    ] as const) {
      await until('it runs', async () => (await shown(id)).work.state === 'running', 120_000);
      await until('it is ready', async () => (await log(of)).includes('guest is ready'), 120_000);
    }
    const list = await at.json<{ held: readonly unknown[] }>('image', 'list');
    expect(list.held).toHaveLength(2);

    // Typed on one node, done in a machine on the other, and read here again.
    const address = /kith\.address=(\S+)/.exec(await typed('cat /proc/cmdline'))?.[1] ?? '';
    expect(address).toMatch(/^fd/);
    await typed(`ip link set eth0 up; ip addr add ${address}/128 dev eth0`);
    await typed(`ip -6 route add fd00::/8 via fe80::1 dev eth0; echo "${'x'.repeat(20)}"`);
    const pinged = async (): Promise<boolean> =>
      (await from.machine.run(['ping', '-6', '-c1', '-W2', address])).code === 0;
    await until('attic reaches it through the tunnel', pinged, 60_000);

    // Where QEMU talks for it, at a port of its host that was chosen for it.
    await typed('ip link set eth0 up; ip addr add 10.0.2.15/24 dev eth0', front);
    await typed('mkdir -p /www; echo wares > /www/index.html; httpd -p 80 -h /www', front);
    const listed = (await from.kith(['work'])).out;
    const door =
      new RegExp(`${front} .*reached at barn\\.kith:(\\d+)/tcp`).exec(listed)?.[1] ?? listed;
    const asked = [process.execPath, '--eval', FETCH, `http://barn.kith:${door}/`];
    const wares = async (): Promise<string> => {
      const { out, err } = await from.machine.run(asked);
      return (out + err).trim();
    };
    expect(await wares()).toBe('wares');
    await from.json('kill', front);
    await until('nobody answers there any more', async () => /ECONNREFUSED/.test(await wares()));

    const left = await from.kith(['console', guest], {
      input: 'poweroff -f\n',
      limitMs: 120_000,
    });
    expect([left.code, left.err]).toEqual([0, '']);
    const ended = await until('its owner has the receipt', async () => {
      const { work: now } = await shown(work);
      return now.phase === 'ended' ? now : null;
    });
    expect(ended).toMatchObject({ ended: 'done', receipts: 1 });
    // The address goes with the lease.
    await until('nobody has its address any more', async () => !(await pinged()), 60_000);

    async function typed(command: string, into = guest): Promise<string> {
      const mark = `done-${Math.trunc(performance.now())}`;
      const bytes = Buffer.from(`${command}; echo ${mark.slice(0, 4)}''${mark.slice(4)}\n`);
      const sent = await askDaemon(from.folder, 'workType', {
        ...{ id: into, bytes: bytes.toString('base64url') },
      });
      expect(sent).toEqual({ taken: true });
      return until(`${command} is done`, async () => {
        const text = await log(into);
        return text.includes(mark) ? text : null;
      });
    }
  });
});
