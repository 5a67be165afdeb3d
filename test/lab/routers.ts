// Routers of the laboratory: the one in the middle of its internet, and those at the edge of a lan
// that translate addresses. All kinds but the full cone let in only what answers to something.

import type { Cable, Fabric, Lan } from './fabric.ts';
import { type Machine, machine } from './machine.ts';

/**
 * endpoint-independent: the outside port is the inside one, to every destination, as most routers
 * do it. endpoint-dependent: another port at random to each destination ("symmetric"). full-cone:
 * the first, and whatever comes to a port that was used from inside is let in, whoever sends it.
 */
export type NatKind = 'endpoint-independent' | 'endpoint-dependent' | 'full-cone';

export interface Sides {
  readonly inside: Lan;
  readonly outside: Lan;
}

export interface Router {
  readonly kind: NatKind;
  readonly machine: Machine;
  readonly inside: Cable;
  readonly outside: Cable;
  /** Another router in its place, at the same addresses; what the old one knew of flows is gone. */
  replace(kind: NatKind): Promise<void>;
}

const MASQUERADE: Readonly<Record<NatKind, string>> = {
  'endpoint-independent': 'masquerade persistent',
  'endpoint-dependent': 'masquerade fully-random',
  'full-cone': 'masquerade persistent',
};

// Which machine inside has sent from which port: there goes what comes to it.
const CONE = `
  map used {
    type inet_service : ipv4_addr
    flags dynamic,timeout
    timeout 1h
  }
  chain in {
    type nat hook prerouting priority dstnat;
    iifname "outside" meta l4proto udp dnat to udp dport map @used
  }
  chain note {
    type filter hook forward priority -1;
    oifname "outside" meta l4proto udp update @used { udp sport : ip saddr }
  }
`;

// What comes from outside unasked is dropped before it is remembered: a remembered flow would keep
// its port from the machine inside that is about to use it. Dropped without a word, as routers do.
const rules = (kind: NatKind): string => `
table ip lab {${kind === 'full-cone' ? CONE : ''}
  chain out {
    type nat hook postrouting priority srcnat;
    oifname "outside" ${MASQUERADE[kind]}
  }
  chain through {
    type filter hook forward priority filter; policy drop;
    iifname "inside" accept
    ct status dnat accept
    ct state established,related accept
  }
  chain to {
    type filter hook input priority filter; policy drop;
    iifname != "outside" accept
    ct state established,related accept
  }
}
`;

export async function nat(fabric: Fabric, kind: NatKind, sides: Sides): Promise<Router> {
  const outsideAddress = fabric.addressIn(sides.outside);
  let now = await build(fabric, kind, sides, outsideAddress);
  return {
    get kind() {
      return now.kind;
    },
    get machine() {
      return now.machine;
    },
    get inside() {
      return now.inside;
    },
    get outside() {
      return now.outside;
    },
    async replace(other) {
      await now.machine.off();
      await Promise.all([now.inside.unplug(), now.outside.unplug()]);
      now = await build(fabric, other, sides, outsideAddress);
    },
  };
}

type Built = Pick<Router, 'kind' | 'machine' | 'inside' | 'outside'>;

async function build(
  fabric: Fabric,
  kind: NatKind,
  { inside, outside }: Sides,
  address: string,
): Promise<Built> {
  const own = await machine(`router-${inside.bridge}`);
  await own.must(['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
  await own.must(['nft', '-f', '-'], { input: rules(kind) });
  return {
    ...{ kind, machine: own },
    inside: await fabric.cable(own, inside, { device: 'inside', address: `${inside.subnet}.1` }),
    outside: await fabric.cable(own, outside, { device: 'outside', address }),
  };
}

/**
 * The router that all public lans hang on; it knows no private address and drops what is for one.
 */
export async function internet(): Promise<Machine> {
  const own = await machine('internet');
  await own.must(['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
  await own.must(['sh', '-c', 'echo 1 > /proc/sys/net/ipv6/conf/all/forwarding']);
  await own.must(['ip', 'route', 'add', 'blackhole', 'default']);
  await own.must(['ip', '-6', 'route', 'add', 'blackhole', 'default']);
  return own;
}
