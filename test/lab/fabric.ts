// Lans and the cables that lead to them. All bridges stand in one machine, the core; a cable is a
// pair of veth devices, or a shaper between two taps, from a port of the core to a machine.

import { join } from 'node:path';
import { type Machine, machine } from './machine.ts';

export interface Lan {
  readonly bridge: string;
  /** The first three numbers of each address. */
  readonly subnet: string;
  /** The same of IPv6: the first four groups. */
  readonly subnet6: string;
  /** Reached from everywhere, over the router in the middle of the laboratory's internet. */
  readonly public: boolean;
  readonly mtu: number;
}

export interface LanOptions {
  readonly public?: boolean;
  /** Of every interface that is in it; 1,500 unless said. */
  readonly mtu?: number;
}

/**
 * What addresses a machine gets on a cable. Usual: IPv4, and the IPv6 one of the link that each
 * system gives itself; ipv4: not even that one; link: nothing else.
 */
export type Families = 'usual' | 'ipv4' | 'ipv6' | 'both' | 'link';

/** The part of frames that is lost, and how long each waits: jitter makes some overtake others. */
export interface Shape {
  readonly loss?: number;
  readonly delayMs?: number;
  readonly jitterMs?: number;
  /** Of the random numbers; the same one loses the same frames of the same stream. */
  readonly seed?: number;
}

export interface Cable {
  /** The device in the machine. */
  readonly device: string;
  /** The port in the core. */
  readonly port: string;
  readonly machine: Machine;
  readonly families: Families;
  lan: Lan;
  /** The IPv4 one. Where there is none, the IPv6 one still ends with its number. */
  address: string;
  readonly shape: ((shape: Shape) => Promise<void>) | null;
  /**
   * Takes it away. The network of a machine outlives its processes a little; its cable must not.
   */
  unplug(): Promise<void>;
}

export interface CableOptions {
  readonly device: string;
  readonly address: string;
  readonly families?: Families;
  /** True: a shaper stands in it. Without a shape it passes everything, at some cost. */
  readonly shaped?: boolean;
}

export interface Fabric {
  readonly core: Machine;
  lan(options?: LanOptions): Promise<Lan>;
  /** The next address of a lan that nobody has. */
  addressIn(lan: Lan): string;
  cable(machine: Machine, lan: Lan, options: CableOptions): Promise<Cable>;
  /** Nothing passes any more, and neither end is told. */
  cut(cable: Cable): Promise<void>;
  heal(cable: Cable): Promise<void>;
  /** Pulls the cable out and puts it into another lan, where the machine gets another address. */
  move(cable: Cable, lan: Lan): Promise<void>;
}

const SHAPER = join(import.meta.dirname, 'shaper.pl');
// Of no reserved range, so that nobody takes them for addresses of a local network. Nothing leaves
// the laboratory.
const PUBLIC_SUBNETS = '20.0';
const PUBLIC_SUBNETS6 = '2001:db8:20';
const PRIVATE_SUBNETS6 = 'fd42:192:168';
const FIRST_HOST = 10;

export async function fabric(): Promise<Fabric> {
  const core = await machine('core');
  const last = new Map<Lan, number>();
  let [lans, ports] = [0, 0];
  const addressIn = (lan: Lan): string => {
    const number = (last.get(lan) ?? FIRST_HOST - 1) + 1;
    last.set(lan, number);
    return `${lan.subnet}.${number}`;
  };

  async function plugIn(cable: Cable): Promise<void> {
    const { port, lan } = cable;
    await batch(core, [
      `link set dev ${port} mtu ${lan.mtu} master ${lan.bridge}`,
      `link set dev ${port} up`,
    ]);
    await address(cable);
  }

  return {
    ...{ core, addressIn },
    async lan(options = {}) {
      lans += 1;
      const isPublic = options.public === true;
      const subnet = `${isPublic ? PUBLIC_SUBNETS : '192.168'}.${lans}`;
      const subnet6 = `${isPublic ? PUBLIC_SUBNETS6 : PRIVATE_SUBNETS6}:${lans}`;
      const lan: Lan = {
        ...{ bridge: `lan${lans}`, subnet, subnet6 },
        ...{ public: isPublic, mtu: options.mtu ?? 1_500 },
      };
      // With snooping, groups wait for a querier that is not there.
      await batch(core, [
        `link add ${lan.bridge} mtu ${lan.mtu} type bridge mcast_snooping 0 forward_delay 0`,
        `link set dev ${lan.bridge} up`,
      ]);
      return lan;
    },
    async cable(to, lan, { device, address: own, shaped = false, families = 'usual' }) {
      ports += 1;
      const port = `port${ports}`;
      const ends = shaped
        ? await shaper(core, to, port, device)
        : await veth(core, to, port, device);
      const cable: Cable = { device, port, machine: to, lan, address: own, families, ...ends };
      await plugIn(cable);
      return cable;
    },
    cut: ({ port }) => setPort(core, port, 'disabled'),
    heal: ({ port }) => setPort(core, port, 'forwarding'),
    async move(cable, lan) {
      await batch(core, [`link set dev ${cable.port} down`]);
      cable.lan = lan;
      cable.address = addressIn(lan);
      await plugIn(cable);
    },
  };
}

/**
 * Several commands of `ip` as one. Beside the machine, so that it knows the others by their
 * process.
 */
async function batch(on: Machine, commands: readonly string[]): Promise<void> {
  const input = commands.map((line) => `${line}\n`).join('');
  await on.must(['ip', '-batch', '-'], { input, beside: true });
}

/** Gives a machine its addresses in the lan of a cable, and the way out of it. */
async function address(cable: Cable): Promise<void> {
  const { machine: on, device, lan, address: own, families } = cable;
  const own6 = ipv6On(cable);
  const has4 = families !== 'ipv6' && families !== 'link';
  const [gateway, gateway6] = [`${lan.subnet}.1`, `${lan.subnet6}::1`];
  if (families === 'ipv4') {
    await on.must(['sh', '-c', `echo 1 > /proc/sys/net/ipv6/conf/${device}/disable_ipv6`]);
  }
  await batch(on, [
    `link set dev ${device} down`,
    `addr flush dev ${device}`,
    `link set dev ${device} address ${macOf(own)} mtu ${lan.mtu}`,
    `link set dev ${device} up`,
    // The gateway is no way out of its own lan; a router has another.
    ...(has4 ? [`addr add ${own}/24 dev ${device}`] : []),
    ...(has4 && own !== gateway ? [`route replace default via ${gateway} dev ${device}`] : []),
    ...(own6 === null ? [] : [`addr add ${own6}/64 dev ${device} nodad`]),
    ...(own6 === null || own6 === gateway6
      ? []
      : [`route replace ::/0 via ${gateway6} dev ${device}`]),
  ]);
}

/** Its IPv6 address beside that of the link, where it has one. */
export function ipv6On({ families, lan, address: own }: Cable): string | null {
  if (families !== 'ipv6' && families !== 'both') return null;
  return `${lan.subnet6}::${own.split('.').at(-1)}`;
}

/** By its address, so that a router that takes the place of another is not looked for. */
function macOf(own: string): string {
  const numbers = own.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
  return ['02', '00', ...numbers].join(':');
}

async function setPort(core: Machine, port: string, state: string): Promise<void> {
  const states = ['disabled', 'listening', 'learning', 'forwarding'];
  const number = String(states.indexOf(state));
  await core.must(['bridge', 'link', 'set', 'dev', port, 'state', number]);
}

type Ends = Pick<Cable, 'shape' | 'unplug'>;

async function veth(core: Machine, to: Machine, port: string, device: string): Promise<Ends> {
  await batch(core, [`link add ${port} type veth peer name ${device} netns ${to.pid}`]);
  return {
    shape: null,
    // It may be gone with the machine already.
    unplug: async () => void (await core.run(['ip', 'link', 'delete', 'dev', port])),
  };
}

async function shaper(core: Machine, to: Machine, port: string, device: string): Promise<Ends> {
  const far = `${port}x`;
  const child = core.start(['perl', SHAPER, port, far]);
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  let err = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
  child.stdin?.on('error', () => undefined);
  const answers = (wanted: string): Promise<void> =>
    new Promise((resolve, reject) => {
      void ended.then(() => reject(new Error(`the shaper ended: ${err}`)));
      child.stdout?.once('data', (text: Buffer) => {
        if (String(text).trim() === wanted) resolve();
        else reject(new Error(`the shaper said ${String(text)}`));
      });
    });
  await answers('ready');
  await batch(core, [`link set dev ${far} netns ${to.pid} name ${device}`]);
  return {
    async shape({ loss = 0, delayMs = 0, jitterMs = 0, seed = 1 }) {
      const set = answers('set');
      child.stdin?.write(`${loss} ${delayMs / 1_000} ${jitterMs / 1_000} ${seed}\n`);
      await set;
    },
    // Its devices are gone with it.
    async unplug() {
      child.stdin?.end();
      await ended;
    },
  };
}
