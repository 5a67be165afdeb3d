// The laboratory: a small internet of namespaces on this machine, with hosts that run the real
// kith. See README.md beside this. It knows no test runner, so that a demonstration can use it.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning } from '../../src/os/machine.ts';
import { type Cable, type Lan, type LanOptions, fabric } from './fabric.ts';
import { type Host, type HostOptions, host } from './host.ts';
import type { Machine } from './machine.ts';
import { type NatKind, type Router, type Sides, internet, nat } from './routers.ts';

export interface Lab {
  /** Holds the data folders of the hosts; gone after `close`, unless KITH_LAB_KEEP is set. */
  readonly folder: string;
  lan(options?: LanOptions): Promise<Lan>;
  host(name: string, lan: Lan, options?: HostOptions): Promise<Host>;
  /** One more cable for a host, under another name than its first, eth0. Goes with its power. */
  plug(one: Host, lan: Lan, device: string): Promise<Cable>;
  nat(kind: NatKind, sides: Sides): Promise<Router>;
  /** Nothing passes through this cable any more, and neither end is told. */
  cut(...of: readonly Wired[]): Promise<void>;
  heal(...of: readonly Wired[]): Promise<void>;
  /** The last router before a public lan passes no more of IPv6, and says so to who sends it. */
  narrow(lan: Lan, mtu: number): Promise<void>;
  /** A host goes to another lan, where it has another address. */
  move(one: Host, lan: Lan): Promise<void>;
  /** The ends of what its daemons have said. */
  log(): string;
  close(): Promise<void>;
}

/** A cable, a host, which has one, or a public lan, which has one to the rest of the world. */
export type Wired = Cable | { readonly cable: Cable } | Lan;

const PREFIX = 'kith-lab-';

export async function lab(): Promise<Lab> {
  sweep();
  const folder = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const net = await fabric();
  const machines: { readonly machine: Machine }[] = [{ machine: net.core }];
  const hosts: Host[] = [];
  const uplinks = new Map<Lan, Cable>();
  let middle: Machine | null = null;
  let legs = 0;

  async function joinInternet(lan: Lan): Promise<void> {
    if (middle === null) {
      middle = await internet();
      machines.push({ machine: middle });
    }
    legs += 1;
    const device = `leg${legs}`;
    const leg = { device, address: `${lan.subnet}.1`, families: 'both' as const };
    uplinks.set(lan, await net.cable(middle, lan, leg));
  }

  function cableOf(one: Wired): Cable {
    if ('bridge' in one) return uplinks.get(one) as Cable;
    return 'cable' in one ? one.cable : one;
  }

  return {
    folder,
    async lan(options) {
      const lan = await net.lan(options);
      if (lan.public) await joinInternet(lan);
      return lan;
    },
    async host(name, lan, options) {
      const made = await host(net, { name, lan, folder: join(folder, name) }, options);
      machines.push(made);
      hosts.push(made);
      return made;
    },
    plug: (one, lan, device) =>
      net.cable(one.machine, lan, { device, address: net.addressIn(lan) }),
    async nat(kind, sides) {
      const made = await nat(net, kind, sides);
      machines.push(made);
      return made;
    },
    async cut(...of) {
      for (const one of of) await net.cut(cableOf(one));
    },
    async heal(...of) {
      for (const one of of) await net.heal(cableOf(one));
    },
    async narrow(lan, mtu) {
      const { machine: on, device } = uplinks.get(lan) as Cable;
      const route = [`${lan.subnet6}::/64`, 'dev', device, 'metric', '256'];
      await on.must(['ip', '-6', 'route', 'replace', ...route, 'mtu', 'lock', String(mtu)]);
    },
    move: (one, lan) => net.move(one.cable, lan),
    log: () => hosts.map((one) => `--- ${one.name}\n${one.log().slice(-LOG_CHARS_MAX)}`).join('\n'),
    async close() {
      await Promise.all(machines.map(({ machine }) => machine.off()));
      if (process.env['KITH_LAB_KEEP'] === undefined) rmSync(folder, REMOVE);
    },
  };
}

const LOG_CHARS_MAX = 6_000;
const REMOVE = { recursive: true, force: true, maxRetries: 5 };

/** The folders of laboratories whose maker was killed; the kernel has ended the rest of them. */
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const [, maker] = /^kith-lab-([0-9]+)-/.exec(name) ?? [];
    if (maker !== undefined && !isRunning(Number(maker))) rmSync(join(tmpdir(), name), REMOVE);
  }
}
