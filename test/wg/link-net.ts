// A model of what lies between two nodes: routers of each kind with their filters, loss and delay,
// a WireGuard that knows one peer, and a relay. Only for the simulation of links: link-sim.ts runs
// the real machine on it.

import { type Clock, virtualClock } from '../sim/clock.ts';

export type Nat = 'open' | 'cone' | 'independent' | 'dependent';
export type Packet =
  | { readonly kind: 'init'; readonly id: number }
  | { readonly kind: 'resp'; readonly id: number }
  | { readonly kind: 'data'; readonly id: number; readonly beat: 'no' | 'yes' | 'ask' };

interface Router {
  readonly nat: Nat;
  readonly host: string;
  /** The port of each destination; one for all where mappings are endpoint-independent. */
  readonly ports: Map<string, number>;
  /** `PORT>DESTINATION` that was sent to, and when. */
  readonly sent: Map<string, number>;
}
export interface Net {
  readonly clock: Clock<() => void>;
  readonly roll: () => number;
  loss: number;
  readonly listeners: Map<string, (from: string, packet: Packet) => void>;
  readonly routers: Map<string, { router: Router; node: NetNode }>;
  hosts: number;
}
export interface NetNode {
  router: Router;
  receive: (from: string, packet: Packet) => void;
}

const PORT = 7_447;
/** A mapping without traffic is forgotten. */
const MAPPING_MS = 60_000;

export function createNet(roll: () => number, loss: number): Net {
  const clock = virtualClock<() => void>();
  return { clock, roll, loss, listeners: new Map(), routers: new Map(), hosts: 0 };
}

/** Puts a node behind a new router with a new public address. */
export function route(net: Net, node: NetNode, nat: Nat): void {
  const host = `203.0.113.${++net.hosts}`;
  node.router = { nat, host, ports: new Map(), sent: new Map() };
  net.routers.set(host, { router: node.router, node });
}

/** What a destination sees of a node; sending there opens the router's filter for it. */
function outside(net: Net, { router }: NetNode, to: string): string {
  if (router.nat === 'open') return `${router.host}:${PORT}`;
  const key = router.nat === 'dependent' ? to : 'any';
  const port = router.ports.get(key) ?? 20_000 + Math.floor(net.roll() * 40_000);
  router.ports.set(key, port);
  router.sent.set(`${port}>${to}`, net.clock.nowMs);
  return `${router.host}:${port}`;
}

export function sendFrom(net: Net, node: NetNode, to: string, packet: Packet): string {
  const from = outside(net, node, to);
  carry(net, from, to, packet);
  return from;
}

function carry(net: Net, from: string, to: string, packet: Packet): void {
  if (net.roll() < net.loss) return;
  net.clock.plan(5 + Math.floor(net.roll() * 75), () => arrive(net, from, to, packet));
}

function arrive(net: Net, from: string, to: string, packet: Packet): void {
  const listener = net.listeners.get(to);
  if (listener !== undefined) return listener(from, packet);
  const [host = '', port = ''] = to.split(':');
  const found = net.routers.get(host);
  // A router that was replaced is gone.
  if (found === undefined || found.node.router !== found.router) return;
  if (isLetIn(net, found.router, Number(port), from)) found.node.receive(from, packet);
}

function isLetIn(net: Net, router: Router, port: number, from: string): boolean {
  if (router.nat === 'open') return port === PORT;
  if (![...router.ports.values()].includes(port)) return false;
  if (router.nat === 'cone') return true;
  const at = router.sent.get(`${port}>${from}`);
  return at !== undefined && net.clock.nowMs - at < MAPPING_MS;
}

/** Two ports of a relay; each is bound to where an initiation came from. */
export function lease(net: Net, host: string, first: number): readonly [string, string] {
  const ports = [`${host}:${first}`, `${host}:${first + 1}`] as const;
  const bound = new Map<string, string>();
  for (const [port, other] of [ports, ports.toReversed() as [string, string]]) {
    net.listeners.set(port, (from, packet) => {
      if (packet.kind === 'init') bound.set(port, from);
      const to = bound.get(other);
      if (bound.get(port) === from && to !== undefined) carry(net, other, to, packet);
    });
  }
  return ports;
}

/** One peer of a WireGuard interface. */
export interface Wire {
  readonly point: (endpoint: string, keepaliveS: number, gen: number) => void;
  readonly settle: () => void;
  readonly beat: (kind: 'yes' | 'ask') => void;
  readonly seen: () => { gen: number; handshake: number | null; endpoint: string | null };
}

export function createWire(
  net: Net,
  node: NetNode,
  heard: (beat: 'no' | 'yes' | 'ask') => void,
): Wire {
  let gen = 0;
  let endpoint: string | null = null;
  let handshake: number | null = null;
  let keepaliveMs = 0;
  let initiated = 0;
  let initiatedMs = -1e9;
  let session = 0;
  let valid = new Set<number>();
  let offered = new Set<number>();
  let heardMs = 0;
  let ids = 0;
  const nowMs = (): number => net.clock.nowMs;
  const send = (packet: Packet): void => {
    if (endpoint !== null) sendFrom(net, node, endpoint, packet);
  };
  const initiate = (): void => {
    if (endpoint === null || nowMs() - initiatedMs < 5_000) return;
    initiatedMs = nowMs();
    initiated = ++ids * 1_000 + Math.floor(net.roll() * 1_000);
    send({ kind: 'init', id: initiated });
  };
  const data = (beat: 'no' | 'yes' | 'ask'): void => {
    if (session === 0) return initiate();
    if (nowMs() - heardMs > 15_000) initiate();
    send({ kind: 'data', id: session, beat });
  };
  const shake = (id: number): void => {
    session = id;
    valid.add(id);
    handshake = nowMs();
  };
  node.receive = (from, packet) => {
    if (endpoint === null) return;
    if (packet.kind === 'init') {
      endpoint = from;
      offered.add(packet.id);
      send({ kind: 'resp', id: packet.id });
      return;
    }
    if (packet.kind === 'resp') {
      if (packet.id !== initiated) return;
      initiated = 0;
      endpoint = from;
      heardMs = nowMs();
      shake(packet.id);
      data('no');
      return;
    }
    const isConfirmation = offered.delete(packet.id);
    if (!isConfirmation && !valid.has(packet.id)) return;
    endpoint = from;
    heardMs = nowMs();
    if (isConfirmation) shake(packet.id);
    heard(packet.beat);
  };
  const keep = (of: number): void => {
    if (of !== gen) return;
    data('no');
    net.clock.plan(keepaliveMs, () => keep(of));
  };
  return {
    point(to, keepaliveS, number) {
      [gen, endpoint, handshake, session] = [number, to, null, 0];
      [valid, offered, initiated, initiatedMs] = [new Set(), new Set(), 0, -1e9];
      [heardMs, keepaliveMs] = [nowMs(), keepaliveS * 1_000];
      keep(number);
    },
    settle() {
      keepaliveMs = 25_000;
    },
    beat: data,
    seen: () => ({ gen, handshake, endpoint }),
  };
}
