// One queue in front of the interface: what is wanted is asked of the ledger inside of it, and
// again after every command, since `wg set` raises whom it names and a member may be removed while
// one runs. A change of one member is one command; every few seconds the interface is looked at,
// and what somebody else changed is put right. Spec: docs/mesh.md, "Wanted and actual".

import type { Key } from '../../proto/ids.ts';
import type { Actual, ActualPeer } from '../../wg/dump.ts';
import { type Change, planOf, together } from '../../wg/plan.ts';
import type { Table, WantedPeer } from '../../wg/table.ts';

/** The interface, as src/os/wireguard.ts has it. */
export interface Device {
  dump(): Promise<Actual>;
  make(change: Change): Promise<void>;
}

export interface Wish {
  /** The same object while nothing has changed. */
  readonly table: Table;
  /** Public keys that this network ever had. */
  readonly known: ReadonlySet<string>;
}

export interface ApplyingParts {
  readonly device: Device;
  /** Asks the ledger. */
  readonly wish: () => Wish;
  /** A peer was found that nobody here has put there, and was taken away. */
  readonly stranger: (found: Extract<Change, { kind: 'remove-stranger' }>) => void;
  /** Something was put right that was not changed from here. */
  readonly drifted: (changes: readonly Change[]) => void;
  readonly failed: (error: Error) => void;
}

export interface Applying {
  /** Something that is wanted has changed. */
  apply(): Promise<void>;
  /** Takes a peer out and adds it again as it is wanted, so that it begins anew at its endpoint. */
  turn(node: Key): Promise<boolean>;
  /** How often a peer has begun anew until now, added or turned. */
  beginnings(): number;
  /** Whether this one has since then, at this endpoint: as good as a turn. */
  hasBegun(publicKey: string, endpoint: string, since: number): boolean;
  /** Looks at the interface and puts it right; answers what it holds. */
  look(): Promise<Actual | null>;
  /** The interface was made anew: what it held is over. */
  forget(): void;
  /** What it held when it was looked at last, and what was changed since. */
  actual(): Actual | null;
  /** Ends after what is under way; nothing is applied any more. */
  stop(): Promise<void>;
}

/** Plans that are made anew in a row because the wish moved: a ledger that takes in a long sync. */
const PLANS_MAX = 64;

interface Running extends ApplyingParts {
  actual: Actual | null;
  queue: Promise<unknown>;
  waiting: Promise<void> | null;
  isStopped: boolean;
  /** Where each peer was pointed when it began anew, and how many had begun by then. */
  readonly begun: Map<string, { readonly count: number; readonly endpoint: string | null }>;
  count: number;
}

export function createApplying(parts: ApplyingParts): Applying {
  const running: Running = {
    ...parts,
    ...{ actual: null, queue: Promise.resolve(), waiting: null, isStopped: false },
    ...{ begun: new Map(), count: 0 },
  };
  return {
    apply() {
      // One that has not begun yet will see this change, too.
      running.waiting ??= inTurn(running, async () => {
        running.waiting = null;
        await (running.actual === null ? look(running) : settle(running));
      }).then(() => undefined);
      return running.waiting;
    },
    turn: async (node) => (await inTurn(running, async () => turn(running, node))) === true,
    beginnings: () => running.count,
    hasBegun(publicKey, endpoint, since) {
      const begun = running.begun.get(publicKey);
      return begun !== undefined && begun.count > since && begun.endpoint === endpoint;
    },
    look: async () => inTurn(running, async () => look(running)),
    forget: () => void (running.actual = null),
    actual: () => running.actual,
    async stop() {
      running.isStopped = true;
      await running.queue;
    },
  };
}

/** One thing after the other; null where it failed, and then what was written is not known. */
function inTurn<Value>(running: Running, work: () => Promise<Value>): Promise<Value | null> {
  const turned = running.queue.then(async () => {
    if (running.isStopped) return null;
    try {
      return await work();
    } catch (error) {
      running.actual = null;
      // Cut off by the end: nobody is to be told.
      if (!isOver(running)) running.failed(error as Error);
      return null;
    }
  });
  running.queue = turned;
  return turned;
}

function isOver({ isStopped }: Running): boolean {
  return isStopped;
}

async function settle(running: Running): Promise<void> {
  const { device, wish, stranger } = running;
  for (let plans = 0; plans < PLANS_MAX && running.actual !== null; plans++) {
    const { table, known } = wish();
    const changes = together(movesFirst(planOf(table, running.actual, known)));
    if (changes.length === 0) return;
    for (const change of changes) {
      if (running.isStopped) return;
      // Made for a wish that is over: the next plan knows better.
      if (wish().table !== table) break;
      await device.make(change);
      running.actual = afterChange(running.actual, change);
      noteBegun(running, change);
      if (change.kind === 'remove-stranger') stranger(change);
    }
  }
}

/** Who begins anew with this change, and is worth no second one. */
function noteBegun(running: Running, change: Change): void {
  const { begun } = running;
  for (const publicKey of begun.keys()) {
    if (running.actual?.peers.has(publicKey) !== true) begun.delete(publicKey);
  }
  for (const { publicKey, endpoint } of peersBegunBy(change)) {
    begun.set(publicKey, { count: ++running.count, endpoint });
  }
}

function peersBegunBy(change: Change): readonly WantedPeer[] {
  switch (change.kind) {
    case 'add-peers':
      return change.peers;
    case 'add-peer':
    case 'turn-endpoint':
      return [change.peer];
    default:
      return [];
  }
}

/** Each of its keys: during a rotation there are two. */
async function turn(running: Running, node: Key): Promise<boolean> {
  const { device, wish } = running;
  if (running.actual === null) await look(running);
  await settle(running);
  let isTurned = false;
  for (const peer of peersOf(wish().table, node)) {
    const isWanted = peersOf(wish().table, node).includes(peer);
    if (running.isStopped || running.actual === null || !isWanted) continue;
    const change: Change = { kind: 'turn-endpoint', peer };
    await device.make(change);
    running.actual = afterChange(running.actual, change);
    noteBegun(running, change);
    isTurned = true;
  }
  return isTurned;
}

async function look(running: Running): Promise<Actual | null> {
  const { device, wish, drifted, actual: before } = running;
  const actual = await device.dump();
  running.actual = actual;
  const { table, known } = wish();
  const drift = before === null ? [] : planOf(table, actual, known);
  // What was wanted before is there; anything else somebody has changed.
  if (before !== null && drift.length > 0 && planOf(table, before, known).length === 0) {
    drifted(drift);
  }
  await settle(running);
  return running.actual;
}

/** A prefix that changes hands is a link that is down: the old holder can go a little later. */
function movesFirst(changes: readonly Change[]): readonly Change[] {
  const isMove = ({ kind }: Change): boolean => kind === 'move-prefix';
  return [...changes.filter(isMove), ...changes.filter((change) => !isMove(change))];
}

function peersOf({ peers }: Table, node: Key): WantedPeer[] {
  return [...peers.values()].filter((peer) => peer.node === node);
}

/** What the interface holds once a change was made. */
export function afterChange(actual: Actual, change: Change): Actual {
  const peers = new Map(actual.peers);
  switch (change.kind) {
    case 'remove-peer':
    case 'remove-stranger':
      peers.delete(change.publicKey);
      return { ...actual, peers };
    case 'set-key':
      return { ...actual, publicKey: change.publicKey };
    case 'set-port':
      return { ...actual, listenPort: change.listenPort };
    case 'add-peer':
    case 'turn-endpoint':
      giveUp(peers, new Set(change.peer.allowed), new Set([change.peer.publicKey]));
      peers.set(change.peer.publicKey, freshPeer(change.peer));
      return { ...actual, peers };
    case 'add-peers': {
      const taken = new Set(change.peers.flatMap(({ allowed }) => allowed));
      giveUp(peers, taken, new Set(change.peers.map(({ publicKey }) => publicKey)));
      for (const peer of change.peers) peers.set(peer.publicKey, freshPeer(peer));
      return { ...actual, peers };
    }
    case 'move-prefix':
      giveUp(peers, new Set(change.peer.allowed), new Set([change.peer.publicKey]));
      peers.set(change.peer.publicKey, {
        ...(peers.get(change.peer.publicKey) ?? freshPeer(change.peer)),
        allowed: change.peer.allowed,
      });
      return { ...actual, peers };
    case 'set-keepalive':
    case 'clear-preshared': {
      const { publicKey, keepaliveS } = change.peer;
      const peer = peers.get(publicKey) ?? freshPeer(change.peer);
      const part = change.kind === 'set-keepalive' ? { keepaliveS } : { preshared: false };
      peers.set(publicKey, { ...peer, ...part });
      return { ...actual, peers };
    }
  }
}

/** A prefix moves to whoever is given it last, without a word. */
function giveUp(
  peers: Map<string, ActualPeer>,
  taken: ReadonlySet<string>,
  by: ReadonlySet<string>,
): void {
  for (const [key, peer] of peers) {
    if (by.has(key) || !peer.allowed.some((prefix) => taken.has(prefix))) continue;
    peers.set(key, { ...peer, allowed: peer.allowed.filter((prefix) => !taken.has(prefix)) });
  }
}

function freshPeer({ publicKey, endpoint, allowed, keepaliveS }: WantedPeer): ActualPeer {
  return {
    ...{ publicKey, preshared: false, endpoint, allowed, keepaliveS },
    ...{ handshakeS: 0, rxBytes: 0, txBytes: 0 },
  };
}
