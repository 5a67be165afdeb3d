// Which command installs what is missing, on which system; and that nothing is installed unasked.

import { describe, expect, test } from 'vitest';
import { offerInstall, type Terminal } from '../../src/cli/offer.ts';
import { installText, installWords, missingParts, systemIn } from '../../src/doctor/packages.ts';
import type { MeshHost } from '../../src/os/mesh-host.ts';

const DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n';
const SYSTEMS = {
  debian: systemIn(DEBIAN),
  mint: systemIn('NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n'),
  rocky: systemIn('NAME=\'Rocky Linux\'\nID="rocky"\nID_LIKE="rhel centos fedora"\n'),
  alpine: systemIn('ID=alpine\nPRETTY_NAME="Alpine Linux v3.22"\n'),
  arch: systemIn('ID=arch\n'),
  suse: systemIn('ID="opensuse-leap"\nID_LIKE="suse opensuse"\n'),
  nix: systemIn('ID=nixos\nNAME=NixOS\n'),
  nothing: systemIn(''),
};
const ALL = ['wg', 'ip', 'wireguard-go'] as const;

describe('the command that installs', () => {
  test.each([
    ['debian', 'apt-get install -y wireguard-tools iproute2 wireguard-go'],
    ['mint', 'apt-get install -y wireguard-tools iproute2 wireguard-go'],
    ['alpine', 'apk add wireguard-tools iproute2 wireguard-go'],
    ['rocky', null],
    ['arch', null],
    ['suse', null],
    ['nix', null],
    ['nothing', null],
  ] as const)('of %s is %s', (system, wanted) => {
    expect(installWords(ALL, SYSTEMS[system])?.join(' ') ?? null).toBe(wanted);
  });

  test('without wireguard-go, where the kernel has it, is known there, too', () => {
    expect(installWords(['wg', 'ip'], SYSTEMS.rocky)?.join(' ')).toBe(
      'dnf install -y wireguard-tools iproute',
    );
    expect(installWords(['wg'], SYSTEMS.arch)?.join(' ')).toBe(
      'pacman -S --needed wireguard-tools',
    );
    expect(installWords(['wg'], SYSTEMS.suse)?.join(' ')).toBe('zypper install wireguard-tools');
  });

  test('is told so that a person can do it', () => {
    expect(installText(['wg'], SYSTEMS.debian)).toBe(
      'run `apt-get install -y wireguard-tools` as root',
    );
    expect(installText(ALL, SYSTEMS.rocky)).toContain('then run `modprobe wireguard`');
    expect(installText(['wireguard-go'], SYSTEMS.arch)).toMatch(/^run `modprobe wireguard`/);
    expect(installText(['wg', 'ip'], SYSTEMS.nix)).toBe(
      'install wireguard-tools, iproute2 (so they are called on Debian) with the packages of NixOS',
    );
  });

  test('is for what is missing, and a kernel that cannot be asked is trusted', () => {
    const host: MeshHost = {
      ...{ wg: '/usr/bin/wg', ip: '/usr/sbin/ip', wireguardGo: null, kernel: true },
      ...{ tun: 'there', rights: true, sockets: true, ipv6: true },
    };
    expect(missingParts(host)).toEqual([]);
    expect(missingParts({ ...host, kernel: null })).toEqual([]);
    expect(missingParts({ ...host, kernel: false })).toEqual(['wireguard-go']);
    expect(missingParts({ ...host, wg: null, ip: null })).toEqual(['wg', 'ip']);
  });
});

describe('the offer', () => {
  async function offered(
    missing: readonly ('wg' | 'ip' | 'wireguard-go')[],
    system: keyof typeof SYSTEMS,
    person: Partial<Terminal> & { answer?: string | null; outcomes?: boolean[] },
  ): Promise<{ ran: string[]; said: string; asked: number }> {
    const ran: string[] = [];
    const said: string[] = [];
    let asked = 0;
    const outcomes = [...(person.outcomes ?? [])];
    await offerInstall(
      missing,
      SYSTEMS[system],
      { note: (text) => void said.push(text) },
      {
        isRoot: person.isRoot ?? true,
        ask: async () => {
          asked += 1;
          return person.answer ?? null;
        },
        install: (words) => {
          ran.push(words.join(' '));
          return outcomes.shift() ?? true;
        },
      },
    );
    return { ran, said: said.join('\n'), asked };
  }

  test('is silent where nothing is missing', async () => {
    expect(await offered([], 'debian', {})).toEqual({ ran: [], said: '', asked: 0 });
  });

  test('installs after a yes', async () => {
    const { ran, said } = await offered(['wg'], 'debian', { answer: 'y' });
    expect(ran).toEqual(['apt-get install -y wireguard-tools']);
    expect(said).toContain('Installed.');
  });

  test('asks for the lists of packages where there are none yet', async () => {
    const { ran, said } = await offered(['wg'], 'debian', {
      answer: 'Yes ',
      outcomes: [false, true, true],
    });
    expect(ran.map((line) => line.split(' ')[1])).toEqual(['install', 'update', 'install']);
    expect(said).toContain('Installed.');
    const failed = await offered(['wg'], 'debian', { answer: 'y', outcomes: [false, false] });
    expect(failed.said).toContain('could not be installed');
  });

  test.each([[null], ['n'], [''], ['yesterday']])('does nothing after %j', async (answer) => {
    const { ran, said, asked } = await offered(['wg'], 'debian', { answer });
    expect([ran, asked]).toEqual([[], 1]);
    expect(said).toContain('apt-get install -y wireguard-tools');
  });

  test.each([
    ['debian', false],
    ['rocky', true],
    ['nix', true],
  ] as const)(
    'on %s (root: %s) says what it would run, and asks nobody',
    async (system, isRoot) => {
      const { ran, said, asked } = await offered(['wg'], system, { isRoot, answer: 'y' });
      expect([ran, asked]).toEqual([[], 0]);
      expect(said).toContain('wireguard-tools');
    },
  );
});
