// What the doctor finds: each check on a machine where it is well and on one where it is not.

import fs from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { MeshStatus } from '../../proto/status.ts';
import { writeDoorPort } from '../../src/daemon/kept.ts';
import type { Status } from '../../src/daemon/routes.ts';
import type { Finding, Health } from '../../src/doctor/check.ts';
import {
  clockCheck,
  daemonCheck,
  diskCheck,
  folderCheck,
  ledgerCheck,
  meshCheck,
  portsCheck,
} from '../../src/doctor/folder-checks.ts';
import {
  backendCheck,
  hostsCheck,
  ipv6Check,
  namesCheck,
  rightsCheck,
  socketsCheck,
  toolCheck,
  tunCheck,
} from '../../src/doctor/mesh-checks.ts';
import { systemIn } from '../../src/doctor/packages.ts';
import { keyHost } from '../../src/home/host.ts';
import { withoutMesh } from '../../src/mesh/mesh.ts';
import { backendOf, lookAtHost, type MeshHost } from '../../src/os/mesh-host.ts';
import { somePortForUdp } from '../../src/os/shared-port.ts';
import { withNames } from '../../wg/hosts.ts';
import { kithInside } from '../cli/inside.ts';

const folder = fs.mkdtempSync(path.join(tmpdir(), 'kith-doctor-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const DEBIAN = systemIn('ID=debian');
const GOOD: MeshHost = {
  ...{ wg: '/usr/bin/wg', ip: '/usr/sbin/ip', wireguardGo: '/usr/bin/wireguard-go' },
  ...{ kernel: false, tun: 'there', rights: true, sockets: true, ipv6: true },
};

describe('a machine for a mesh', () => {
  test.each<[string, Partial<MeshHost>, string]>([
    ['kernel', { kernel: true, tun: 'missing', wireguardGo: null }, 'kernel'],
    ['wireguard-go', {}, 'wireguard-go'],
    ['a kernel that nobody could ask', { kernel: null }, 'wireguard-go'],
    ['no wg', { wg: null }, 'mesh-no-wg'],
    ['no ip', { ip: null }, 'mesh-no-ip'],
    ['no rights', { rights: false, kernel: null }, 'mesh-no-rights'],
    ['no IPv6', { ipv6: false }, 'mesh-no-ipv6'],
    ['no backend', { wireguardGo: null }, 'mesh-no-backend'],
    ['no tun', { tun: 'missing' }, 'mesh-no-tun'],
    ['a tun that is closed', { tun: 'closed' }, 'mesh-no-tun'],
    ['no place for sockets', { sockets: false }, 'mesh-no-sockets'],
    ['none, which the kernel needs not', { sockets: false, kernel: true }, 'kernel'],
  ])('with %s', (_, less, wanted) => {
    const backend = backendOf({ ...GOOD, ...less });
    expect(backend.ok ? backend.value : backend.code).toBe(wanted);
  });

  test.each<[string, Finding, Health, string]>([
    ['wg', toolCheck('wg', GOOD.wg, DEBIAN), 'ok', '/usr/bin/wg'],
    ['no wg', toolCheck('wg', null, DEBIAN), 'problem', 'not installed'],
    ['wireguard-go', backendCheck(GOOD, DEBIAN), 'ok', 'the kernel cannot'],
    ['a kernel', backendCheck({ ...GOOD, kernel: true }, DEBIAN), 'ok', 'the kernel has'],
    ['neither', backendCheck({ ...GOOD, wireguardGo: null }, DEBIAN), 'problem', 'no WireGuard'],
    [
      'nobody who may look',
      backendCheck({ ...GOOD, wireguardGo: null, kernel: null }, DEBIAN),
      'warning',
      'not known',
    ],
    ['a tun', tunCheck(GOOD), 'ok', '/dev/net/tun'],
    ['no tun', tunCheck({ ...GOOD, tun: 'missing' }), 'problem', 'no /dev/net/tun'],
    [
      'no tun and a kernel',
      tunCheck({ ...GOOD, tun: 'missing', kernel: true }),
      'ok',
      'not needed',
    ],
    ['a closed tun', tunCheck({ ...GOOD, tun: 'closed' }), 'warning', 'may not open'],
    ['a place for sockets', socketsCheck(GOOD), 'ok', '/run/wireguard'],
    ['none', socketsCheck({ ...GOOD, sockets: false }), 'warning', 'may not write'],
    ['rights', rightsCheck(GOOD), 'ok', 'may make'],
    ['no rights', rightsCheck({ ...GOOD, rights: false }), 'warning', 'may not make'],
    ['IPv6', ipv6Check(GOOD), 'ok', 'on'],
    ['no IPv6', ipv6Check({ ...GOOD, ipv6: false }), 'problem', 'off'],
  ])('with %s', (_, finding, health, said) => {
    expect(finding.health).toBe(health);
    expect(finding.said).toContain(said);
    expect(finding.todo === null).toBe(health === 'ok');
  });

  test('is looked at as it is, and left as it was', async () => {
    const interfaces = (): string[] =>
      fs.readFileSync('/proc/net/dev', 'utf8').match(/^\s*kithtry\w*/gm) ?? [];
    const host = await lookAtHost();
    expect(host.kernel !== null).toBe(host.rights && host.ip !== null);
    expect(interfaces()).toEqual([]);
  });
});

describe('the data folder', () => {
  test("may be missing, and must be its owner's", () => {
    const own = path.join(folder, 'own');
    expect(folderCheck(own)).toMatchObject({ health: 'ok', todo: null });
    fs.mkdirSync(own, { mode: 0o700 });
    expect(folderCheck(own).health).toBe('ok');
    fs.chmodSync(own, 0o710);
    expect(folderCheck(own).health).toBe('ok');
    fs.chmodSync(own, 0o755);
    expect(folderCheck(own)).toMatchObject({ health: 'warning', todo: `run \`chmod 700 ${own}\`` });
    fs.writeFileSync(path.join(folder, 'file'), '');
    expect(folderCheck(path.join(folder, 'file')).health).toBe('problem');
  });

  test('has a disk, also before it is there', () => {
    expect(diskCheck(path.join(folder, 'a/b/c')).said).toMatch(/^\d+ MiB free for /);
  });

  test('holds a ledger or none, and a daemon or none', async () => {
    const nowhere = path.join(folder, 'nowhere');
    expect(await ledgerCheck(nowhere, null)).toMatchObject({ health: 'warning' });
    expect(await daemonCheck(nowhere)).toMatchObject({
      status: null,
      finding: { health: 'warning', todo: 'start it with `kith up`' },
    });
    const broken = path.join(folder, 'broken');
    fs.mkdirSync(path.join(broken, 'nodes.jsonl'), { recursive: true, mode: 0o700 });
    const held = { ledger: 'x', door: { host: '::', port: 7_447 } } as unknown as Status;
    expect(await ledgerCheck(broken, held)).toMatchObject({ health: 'ok' });
    expect(await portsCheck(broken, held)).toMatchObject({ health: 'ok' });
  });

  test.each<[Partial<MeshStatus>, Health, string]>([
    [{ state: 'off', why: 'it was started with --no-mesh' }, 'ok', 'none: it was started'],
    [{ state: 'starting' }, 'ok', 'being raised'],
    [{ state: 'failed', why: 'there is no wg' }, 'problem', 'there is no wg'],
    [{ state: 'up', alarms: ['a stranger'] }, 'warning', 'a stranger'],
    [{ state: 'up' }, 'ok', 'kith12ab34 by kernel at fd00::1, 2 of 3 links'],
  ])('has a daemon whose mesh is told: %o', (more, health, said) => {
    const mesh = {
      ...withoutMesh(null, 0),
      ...{ interface: 'kith12ab34', backend: 'kernel', address: 'fd00::1' },
      ...{ links: { up: 2, of: 3 }, ...more },
    };
    expect(meshCheck(mesh)).toMatchObject({ health });
    expect(meshCheck(mesh).said).toContain(said);
    expect(meshCheck(null).health).toBe('ok');
  });

  test('names a port that may be taken by somebody else', async () => {
    const home = path.join(folder, 'ports');
    fs.mkdirSync(home, { mode: 0o700 });
    const port = await somePortForUdp();
    writeDoorPort(keyHost(), home, port);
    const free = await portsCheck(home, null);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, resolve));
    const taken = await portsCheck(home, null);
    await new Promise((resolve) => server.close(resolve));
    expect(free).toMatchObject({ health: 'ok' });
    expect(taken.health).toBe('warning');
    expect(taken.said).toContain(`port ${port} over TCP`);
  });

  test('remembers the time, and a clock that was set back is told', () => {
    const home = path.join(folder, 'clock');
    fs.mkdirSync(home, { mode: 0o700 });
    expect(clockCheck(home).health).toBe('ok');
    const ahead = Date.now() + 86_400_000;
    fs.writeFileSync(path.join(home, 'calendar.json'), `{"at":${ahead}}\n`, { mode: 0o600 });
    expect(clockCheck(home)).toMatchObject({ health: 'warning' });
    expect(clockCheck(home).said).toMatch(/^the clock is 86\d{3} s behind/);
  });
});

describe('the hosts file', () => {
  const file = path.join(folder, 'hosts');
  const write = (address: string): void =>
    fs.writeFileSync(
      file,
      withNames('127.0.0.1 localhost\n', 'kith12ab34', [
        { name: 'kith-no-such-node', addresses: [address] },
      ]).text,
    );

  test('is counted, and its names are looked up', async () => {
    write('fd00::1');
    expect(hostsCheck(file).said).toContain('holds 1 address of a mesh');
    expect(await namesCheck(file)).toMatchObject({ health: 'warning' });
    fs.writeFileSync(file, '127.0.0.1 localhost\n');
    expect(await namesCheck(file)).toMatchObject({ health: 'ok' });
  });

  test('must be readable, and looked into', () => {
    const switches = path.join(folder, 'nsswitch.conf');
    fs.writeFileSync(switches, 'passwd: files\nhosts: dns\n');
    expect(hostsCheck(file, switches)).toMatchObject({ health: 'warning' });
    fs.writeFileSync(switches, 'hosts: files dns\n');
    expect(hostsCheck(file, switches)).toMatchObject({ health: 'ok' });
    expect(hostsCheck(file, path.join(folder, 'none'))).toMatchObject({ health: 'ok' });
    expect(hostsCheck(path.join(folder, 'none'))).toMatchObject({ health: 'problem' });
  });
});

describe('kith doctor', () => {
  test('says the same to people and to scripts, and changes nothing', async () => {
    const nowhere = path.join(folder, 'untouched');
    const json = await kithInside(['doctor', '--json', '--dir', nowhere]);
    const said = JSON.parse(json.out) as {
      checks: { id: string; title: string; health: Health; said: string; todo: string | null }[];
      problems: number;
    };
    const ids = said.checks.map(({ id }) => id);
    expect(ids).toEqual([
      ...[
        'machine',
        'processor',
        'disks',
        'cards',
        'node',
        'folder',
        'disk',
        'ledger',
        'daemon',
        'mesh',
        'ports',
        'clock',
        'wg',
        'ip',
        'wireguard',
      ],
      ...['tun', 'sockets', 'rights', 'ipv6', 'hosts', 'names', 'jobs', 'vms'],
    ]);
    expect(said.problems).toBe(said.checks.filter(({ health }) => health === 'problem').length);
    expect(json.code).toBe(said.problems === 0 ? 0 : 1);
    const text = await kithInside(['doctor', '--dir', nowhere]);
    expect(text.code).toBe(json.code);
    for (const { title, todo } of said.checks) {
      expect(text.out).toContain(title);
      if (todo !== null) expect(text.out).toContain(`do: ${todo}`);
    }
    expect(fs.existsSync(nowhere)).toBe(false);
  });
});
