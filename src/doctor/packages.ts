// Which packages this system lacks for a mesh, and the command that installs them. Only where it is
// known for sure: of other systems the packages are named, and the person finds them.

import { readFileSync } from 'node:fs';
import type { MeshHost } from '../os/mesh-host.ts';

/** What is missing, by what it is. */
export type Part = 'wg' | 'ip' | 'wireguard-go';

export interface System {
  /** As /etc/os-release has it, for people. */
  readonly title: string;
  readonly family: Family | null;
}

type Family = 'debian' | 'fedora' | 'alpine' | 'arch' | 'suse';

interface FamilyFacts {
  /** Names in ID and ID_LIKE. */
  readonly ids: readonly string[];
  readonly install: readonly string[];
  readonly packages: Readonly<Record<Part, string | null>>;
}

// Where wireguard-go is none, the kernels of that family have WireGuard.
const FAMILIES: Readonly<Record<Family, FamilyFacts>> = {
  debian: {
    ids: ['debian', 'ubuntu'],
    install: ['apt-get', 'install', '-y'],
    packages: { wg: 'wireguard-tools', ip: 'iproute2', 'wireguard-go': 'wireguard-go' },
  },
  fedora: {
    ids: ['fedora', 'rhel', 'centos'],
    install: ['dnf', 'install', '-y'],
    packages: { wg: 'wireguard-tools', ip: 'iproute', 'wireguard-go': null },
  },
  alpine: {
    ids: ['alpine'],
    install: ['apk', 'add'],
    packages: { wg: 'wireguard-tools', ip: 'iproute2', 'wireguard-go': 'wireguard-go' },
  },
  arch: {
    ids: ['arch'],
    install: ['pacman', '-S', '--needed'],
    packages: { wg: 'wireguard-tools', ip: 'iproute2', 'wireguard-go': null },
  },
  suse: {
    ids: ['suse', 'opensuse'],
    install: ['zypper', 'install'],
    packages: { wg: 'wireguard-tools', ip: 'iproute2', 'wireguard-go': null },
  },
};

export function thisSystem(file = '/etc/os-release'): System {
  try {
    return systemIn(readFileSync(file, 'utf8'));
  } catch {
    return { title: 'this system', family: null };
  }
}

export function systemIn(text: string): System {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name = '', value = ''] = /^([A-Z_]+)=["']?([^"']*)["']?\s*$/.exec(line) ?? [];
    if (name !== '') fields.set(name, value);
  }
  const ids = `${fields.get('ID') ?? ''} ${fields.get('ID_LIKE') ?? ''}`.split(' ');
  const family = (Object.keys(FAMILIES) as Family[]).find((one) =>
    FAMILIES[one].ids.some((id) => ids.includes(id)),
  );
  const title = fields.get('PRETTY_NAME') ?? fields.get('NAME') ?? 'this system';
  return { title, family: family ?? null };
}

/** The parts that a mesh needs and this machine lacks; a kernel that cannot be asked is trusted. */
export function missingParts({ wg, ip, wireguardGo, kernel }: MeshHost): Part[] {
  const parts: Part[] = [];
  if (wg === null) parts.push('wg');
  if (ip === null) parts.push('ip');
  if (kernel === false && wireguardGo === null) parts.push('wireguard-go');
  return parts;
}

/** The words of the command that installs them, or null where nobody knows one. */
export function installWords(parts: readonly Part[], { family }: System): string[] | null {
  if (family === null || parts.length === 0) return null;
  const { install, packages } = FAMILIES[family];
  const names = parts.map((part) => packages[part]);
  return names.includes(null) ? null : [...install, ...(names as string[])];
}

/** What a person is told to do. */
export function installText(parts: readonly Part[], system: System): string {
  const words = installWords(parts, system);
  if (words !== null) return `run \`${words.join(' ')}\` as root`;
  if (system.family !== null && parts.includes('wireguard-go')) {
    const rest = installWords(
      parts.filter((part) => part !== 'wireguard-go'),
      system,
    );
    const before = rest === null ? '' : `run \`${rest.join(' ')}\` as root; then `;
    return `${before}run \`modprobe wireguard\`, or build wireguard-go (git.zx2c4.com/wireguard-go)`;
  }
  const { packages } = FAMILIES.debian;
  const names = parts.map((part) => packages[part]).join(', ');
  return `install ${names} (so they are called on Debian) with the packages of ${system.title}`;
}
