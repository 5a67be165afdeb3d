// Guests on the mesh: an interface for each, on the host, with an address of this node's /96 that
// leads there for as long as it is attached, and rules that keep it to that address. The rules are
// one table, written whole whenever something changes. What an earlier daemon left is adopted by
// the driver that finds its work, and goes when all of them have looked and nobody has. Work that
// reaches out is kept from the mesh, and its ports to it. One interface by itself, and what the
// kernel is told of it, is guest-cables.ts. Spec: docs/machines.md, "The mesh".

import { type Result, ok, refuse } from '../../proto/result.ts';
import {
  GUEST_GATEWAY,
  GUEST_MTU,
  type Guest,
  type GuestMesh,
  type GuestPort,
  guestAddress,
  guestDevice,
  guestRules,
} from '../../wg/guests.ts';
import { nodeAddress } from '../../wg/address.ts';
import { egressRules } from '../../wg/egress.ts';
import type { FailCode } from '../../work/failures.ts';
import { findTool, needTool, runTool, ToolFault } from '../os/tools.ts';
import { nodePlatform } from '../platform.ts';
import {
  type Attached,
  addCable,
  addTap,
  devicesOf,
  isLed,
  lead,
  numberOf,
  removeInterface,
} from './guest-cables.ts';
import { MESH_LOOK_MS } from './vms/limits.ts';

/** This node's place on the mesh; null while it has none. */
export interface MeshPlace {
  readonly device: string;
  readonly network: string;
  readonly prefix: string;
}

export interface Attachment {
  readonly id: string;
  readonly generation: number;
  readonly ports: readonly GuestPort[];
}

/** What was attached before this daemon, at the address that it had. */
export type Kept = Attachment & { readonly address: string };

export interface GuestNet {
  /** What a guest will have, before anything is made. Refused while there is no mesh. */
  plan(guest: Attachment): Result<Attached, FailCode>;
  /** A tap that this user may open. */
  attachTap(guest: Attachment, user: number): Promise<Result<Attached, FailCode>>;
  /** A cable into the network namespace of a process, with the address at its end. */
  attachContainer(pid: number, guest: Attachment): Promise<Result<Attached, FailCode>>;
  /** Takes interface, address and rules away; also of what was never attached. */
  detach(guest: Pick<Attachment, 'id' | 'generation'>): Promise<void>;
  /** Users whose processes talk for guests: they reach neither this host nor the mesh. */
  confine(user: number): Promise<Result<void, FailCode>>;
  release(user: number): Promise<void>;
  /** Whether it holds now: the interface is there, the address leads to it, the rules stand. */
  holds(guest: Pick<Attachment, 'id' | 'generation'>): Promise<boolean>;
  /** Whether a user is kept so now. */
  confines(user: number): Promise<boolean>;
  /**
   * Work that reaches out through an engine or QEMU: these ports of this node's own address are
   * heard on the mesh alone, and what an engine routes for it does not go into the mesh.
   */
  shut(guest: Attachment): Promise<Result<void, FailCode>>;
  /** The opposite; also of what was never shut. */
  leave(guest: Pick<Attachment, 'id' | 'generation'>): Promise<void>;
  /** After a start, by each driver: these are there, and stay as they are. */
  adopt(found: Found): void;
  /** When all drivers have looked: what nobody has adopted is taken away. */
  tidy(): Promise<void>;
  close(): Promise<void>;
}

/** What a driver finds of its own after a start. */
export interface Found {
  readonly guests?: readonly Kept[];
  readonly users?: readonly number[];
  readonly shut?: readonly Attachment[];
}

export interface GuestNetParts {
  /**
   * Names what is ours: interfaces and tables of another daemon on this machine are not touched.
   */
  readonly own: string;
  readonly mesh: () => MeshPlace | null;
}

interface Net {
  readonly parts: GuestNetParts;
  readonly guests: Map<string, Guest>;
  readonly users: Set<number>;
  /** Ports of what reaches out. */
  readonly shut: Map<string, readonly GuestPort[]>;
  queue: Promise<unknown>;
  timer: NodeJS.Timeout | null;
  /** Which interface of the mesh the rules name, by number. */
  written: string;
}

const PLATFORM = nodePlatform;
const TOOLS = ['ip', 'nft'] as const;

export function createGuestNet(parts: GuestNetParts): GuestNet {
  const net: Net = {
    ...{ parts, guests: new Map(), users: new Set(), shut: new Map() },
    ...{ queue: Promise.resolve(), timer: null, written: '' },
  };
  return {
    plan: (guest) => planned(net, guest),
    attachTap: (guest, user) =>
      attached(net, guest, ({ device }) => addTap(device, aliasOf(net, guest), user)),
    attachContainer: (pid, guest) =>
      attached(net, guest, (plan) => addCable(plan, aliasOf(net, guest), pid)),
    detach: ({ id, generation }) =>
      inTurn(net, async () => {
        const { device } = guestDevice(id, generation, PLATFORM);
        const was = net.guests.delete(keyOf({ id, generation }));
        await removeInterface(device);
        if (was) await write(net);
      }),
    confine: (user) => changed(net, () => net.users.add(user)),
    async release(user) {
      if (net.users.has(user)) await changed(net, () => net.users.delete(user));
    },
    confines: (user) => inTurn(net, () => confines(net, user)),
    holds: (guest) => inTurn(net, () => holds(net, guest)),
    async shut(guest) {
      // Without a mesh there is nothing to keep it from; the rules come with one.
      if (parts.mesh() !== null) return changed(net, () => net.shut.set(keyOf(guest), guest.ports));
      net.shut.set(keyOf(guest), guest.ports);
      watchMesh(net);
      return ok(undefined);
    },
    async leave(guest) {
      if (net.shut.has(keyOf(guest))) await changed(net, () => net.shut.delete(keyOf(guest)));
    },
    adopt: (found) => adopt(net, found),
    tidy: () => inTurn(net, () => tidy(net)),
    async close() {
      if (net.timer !== null) clearInterval(net.timer);
      net.timer = null;
      await net.queue;
    },
  };
}

const keyOf = ({ id, generation }: Pick<Attachment, 'id' | 'generation'>): string =>
  `${id}.${generation}`;
const aliasOf = (net: Net, guest: Attachment): string => `${net.parts.own}:${keyOf(guest)}`;

/** One after the other, whatever became of the one before. */
function inTurn<Value>(net: Net, work: () => Promise<Value>): Promise<Value> {
  const turn = net.queue.then(work);
  net.queue = turn.catch(() => undefined);
  return turn;
}

function planned(net: Net, guest: Attachment): Result<Attached, FailCode> {
  const missing = TOOLS.filter((tool) => findTool(tool) === null);
  if (missing.length > 0) return refuse('engine-refused', `there is no ${missing.join(', no ')}`);
  const mesh = net.parts.mesh();
  if (mesh === null) return refuse('engine-refused', 'this host is not on the mesh now');
  const { device, mac } = guestDevice(guest.id, guest.generation, PLATFORM);
  const others = [...net.guests].flatMap(([key, { address }]) =>
    key === keyOf(guest) ? [] : [address],
  );
  const address = guestAddress(mesh.prefix, guest.id, new Set(others), PLATFORM);
  const { network } = mesh;
  return ok({ device, mac, address, network, gateway: GUEST_GATEWAY, mtu: GUEST_MTU });
}

function attached(
  net: Net,
  guest: Attachment,
  plug: (plan: Attached) => Promise<void>,
): Promise<Result<Attached, FailCode>> {
  return inTurn(net, async () => {
    const plan = planned(net, guest);
    if (!plan.ok) return plan;
    const { device, mac, address } = plan.value;
    try {
      // One that is left of an earlier try has other rights.
      await removeInterface(device);
      await plug(plan.value);
      net.guests.set(keyOf(guest), { device, mac, address, ports: guest.ports });
      await leadTo(net, device, address);
      await write(net);
      return plan;
    } catch (error) {
      net.guests.delete(keyOf(guest));
      await removeInterface(device);
      await write(net).catch(() => undefined);
      if (!(error instanceof ToolFault)) throw error;
      return refuse('engine-refused', error.message);
    }
  });
}

function leadTo(net: Net, device: string, address: string): Promise<void> {
  const mesh = net.parts.mesh();
  return lead(device, address, mesh === null ? null : nodeAddress(mesh.prefix));
}

async function changed(net: Net, change: () => unknown): Promise<Result<void, FailCode>> {
  return inTurn(net, async () => {
    change();
    try {
      await write(net);
      return ok(undefined);
    } catch (error) {
      if (!(error instanceof ToolFault)) throw error;
      return refuse('engine-refused', error.message);
    }
  });
}

/** Both tables, whole. */
async function write(net: Net): Promise<void> {
  const { own } = net.parts;
  const mesh = net.parts.mesh();
  const guests = [...net.guests.values()];
  const number = mesh === null ? '' : numberOf(mesh.device);
  const place: GuestMesh | null =
    mesh === null ? null : { ...mesh, device: number === '' ? null : mesh.device };
  const shut = net.shut.size === 0 ? null : [...net.shut.values()].flat();
  const kept = egressRules(own, mesh, { users: [...net.users], shut });
  const rules = place === null ? kept : guestRules(own, place, guests) + kept;
  await needTool(['nft', '-f', '/dev/stdin'], { stdin: Buffer.from(rules) });
  net.written = number;
  watchMesh(net);
}

function watchMesh(net: Net): void {
  const isWatched = net.guests.size > 0 || net.shut.size > 0;
  if (isWatched && net.timer === null) {
    net.timer = setInterval(() => void renewed(net), MESH_LOOK_MS);
    net.timer.unref();
  } else if (!isWatched && net.timer !== null) {
    clearInterval(net.timer);
    net.timer = null;
  }
}

/** Rules name interfaces by number: one that was made again has another. */
async function renewed(net: Net): Promise<void> {
  const mesh = net.parts.mesh();
  if (mesh === null || numberOf(mesh.device) === net.written) return;
  await inTurn(net, async () => {
    await write(net);
    for (const { device, address } of net.guests.values()) await leadTo(net, device, address);
  }).catch(() => undefined);
}

async function holds(net: Net, guest: Pick<Attachment, 'id' | 'generation'>): Promise<boolean> {
  const found = net.guests.get(keyOf(guest));
  if (found === undefined || net.written === '') return false;
  const { device, address } = found;
  const chain = ['netdev', `${net.parts.own}_guests`, `from_${device}`];
  const rules = await runTool(['nft', 'list', 'chain', ...chain]);
  return rules.status === 0 && isLed(device, address);
}

async function confines(net: Net, user: number): Promise<boolean> {
  const table = ['inet', `${net.parts.own}_egress`, 'out'];
  const rules = await runTool(['nft', '--numeric', 'list', 'chain', ...table]);
  return net.users.has(user) && new RegExp(`\\b${user}\\b`).test(rules.stdout.toString('utf8'));
}

function adopt(net: Net, { guests = [], users = [], shut = [] }: Found): void {
  for (const guest of guests) {
    const { device, mac } = guestDevice(guest.id, guest.generation, PLATFORM);
    const { address, ports } = guest;
    net.guests.set(keyOf(guest), { device, mac, address, ports });
  }
  for (const user of users) net.users.add(user);
  for (const guest of shut) net.shut.set(keyOf(guest), guest.ports);
}

async function tidy(net: Net): Promise<void> {
  if (TOOLS.some((tool) => findTool(tool) === null)) return;
  const kept = new Set([...net.guests.values()].map(({ device }) => device));
  for (const device of await devicesOf(`${net.parts.own}:`)) {
    if (!kept.has(device)) await removeInterface(device);
  }
  await write(net);
}
