// The WireGuard interface of this machine: raised by the best backend there is, written to by one
// command after the other, and taken away at the end. Before each command that names a peer the
// ledger is asked again, because `wg set` makes a peer that is not there. Keys go to `wg` on stdin.
// Spec: docs/mesh.md, "The interface".

import { assert } from '../../proto/assert.ts';
import { ok, refuse, type Result } from '../../proto/result.ts';
import { reveal, type Secret } from '../../proto/secret.ts';
import { commandOf, dumpCommand } from '../../wg/commands.ts';
import { type Actual, parseDump } from '../../wg/dump.ts';
import { linkCommands, linkQuestions, parseLink, type WantedLink } from '../../wg/interface.ts';
import { type Change, stillWanted } from '../../wg/plan.ts';
import { lacksLink } from '../../wg/scope.ts';
import { monotonicMs } from './clock.ts';
import {
  addressesOf,
  hasManyRoutes,
  isInterface,
  prefixesOutside,
  routesOn,
} from './interfaces.ts';
import { LINK_LOOK_BLIND_MS, LINK_LOOK_MS } from './limits.ts';
import { type Backend, backendOf, lookAtHost } from './mesh-host.ts';
import type { MeshHostCode } from './mesh-refusals.ts';
import { needTool, runTool, ToolFault } from './tools.ts';
import { type Control, controlOver } from './wireguard-control.ts';
import { probe, startWireguardGo, type WireguardGo } from './wireguard-go.ts';

export interface WireguardParts {
  readonly name: string;
  /** The private key that leads to this public key (base64), or null where it is not ours. */
  readonly privateKeyOf: (publicKey: string) => Secret | null;
  /** Asks the ledger, now: whether this peer belongs on the interface. */
  readonly stillWanted: (publicKey: string) => boolean;
  /** A link-local endpoint with its link: wireguard-go knows it, and does not say it. */
  readonly withLink: (endpoint: string) => string;
  /** The interface is gone; it is being made again. */
  readonly lost: (why: string) => void;
  /** There is a new one: everything is to be set anew. */
  readonly again: () => void;
}

export interface Wireguard {
  readonly name: string;
  readonly backend: Backend;
  /** It was there already, from a daemon that ended without taking it away. */
  readonly adopted: boolean;
  /** What it holds. Like all others here it throws a ToolFault where a tool fails. */
  dump(): Promise<Actual>;
  /** Bytes received from each peer, by its public key: without reading all else of them. */
  received(): Promise<ReadonlyMap<string, number>>;
  /** Nothing is done for a peer that the ledger does not want any more. */
  make(change: Change): Promise<void>;
  /** Addresses, routes, MTU: put right where they differ. */
  setLink(wanted: WantedLink): Promise<void>;
  /** IPv4 prefixes that this machine reaches otherwise than through the interface. */
  localPrefixes(): string[];
  /** Takes the interface away. */
  close(): Promise<void>;
}

interface Open {
  readonly parts: WireguardParts;
  readonly backend: Backend;
  readonly go: WireguardGo | null;
  /** The link as it was last seen to be right, and when; its routes where they can be seen. */
  link: { readonly print: string; readonly routes: string | null; readonly atMs: number } | null;
  /** What `localPrefixes` said last. */
  local: { readonly prefixes: string[]; readonly atMs: number } | null;
  queue: Promise<unknown>;
  /** The control socket of wireguard-go, once it was needed. */
  control: Control | null;
  isClosed: boolean;
}

export async function raiseWireguard(
  parts: WireguardParts,
): Promise<Result<Wireguard, MeshHostCode>> {
  const backend = backendOf(await lookAtHost());
  if (!backend.ok) return backend;
  try {
    return ok(await raiseBy(backend.value, parts));
  } catch (error) {
    if (!(error instanceof ToolFault)) throw error;
    return refuse('mesh-not-raised', error.message);
  }
}

async function raiseBy(wanted: Backend, parts: WireguardParts): Promise<Wireguard> {
  // One that wireguard-go still runs goes on there, also where the kernel could do it by now.
  const left = await probe(parts.name);
  left?.destroy();
  const backend = left === null ? wanted : 'wireguard-go';
  const open: Open = {
    ...{ parts, backend, link: null, local: null, queue: Promise.resolve() },
    ...{ control: null, isClosed: false },
    go:
      backend === 'kernel'
        ? null
        : await startWireguardGo({
            name: parts.name,
            lost: (why) => parts.lost(why),
            again() {
              open.link = null;
              parts.again();
            },
          }),
  };
  const adopted = open.go === null ? await makeInKernel(parts.name) : open.go.adopted;
  return {
    ...{ name: parts.name, backend, adopted },
    dump: async () => inTurn(open, async () => dump(open)),
    received: async () => inTurn(open, async () => received(open)),
    make: async (change) => inTurn(open, async () => make(open, change)),
    setLink: async (link) => inTurn(open, async () => setLink(open, link)),
    localPrefixes: () => localPrefixes(open),
    close: async () => close(open),
  };
}

/** Whether the interface of this name, which a crash has left, has this number over UDP. */
export async function listensOn(name: string, port: number): Promise<boolean> {
  const asked = await runTool(['wg', 'show', name, 'listen-port']);
  return asked.status === 0 && Number(asked.stdout.toString('latin1')) === port;
}

/** Answers whether it was there already. */
async function makeInKernel(name: string): Promise<boolean> {
  const held = await runTool(['wg', 'show', name, 'listen-port']);
  if (held.status === 0) return true;
  if (isInterface(name)) {
    // The name is ours, and no WireGuard is behind it.
    await needTool(['ip', 'link', 'delete', 'dev', name]);
  }
  await needTool(['ip', 'link', 'add', 'dev', name, 'type', 'wireguard']);
  return false;
}

/** One after the other, whatever became of the one before. */
function inTurn<Value>(open: Open, work: () => Promise<Value>): Promise<Value> {
  const turn = open.queue.then(async () => {
    if (open.isClosed) throw new ToolFault(['wg'], 'the interface was taken away');
    return work();
  });
  open.queue = turn.catch(() => undefined);
  return turn;
}

async function dump(open: Open): Promise<Actual> {
  const actual = await dumpAsSaid(open);
  const peers = new Map(actual.peers);
  for (const [key, peer] of actual.peers) {
    const { endpoint } = peer;
    if (endpoint === null || !lacksLink(endpoint)) continue;
    peers.set(key, { ...peer, endpoint: open.parts.withLink(endpoint) });
  }
  return { ...actual, peers };
}

async function dumpAsSaid(open: Open): Promise<Actual> {
  const control = await controlOf(open);
  try {
    if (control !== null) return await control.dump();
  } catch (error) {
    // It may hang, or be gone: `wg` says which, and what is done about that is below.
    if (!(error instanceof ToolFault)) throw error;
  }
  return dumpByTool(open);
}

async function dumpByTool({ parts, backend, go }: Open): Promise<Actual> {
  const { argv } = dumpCommand(parts.name);
  const run = await runTool(argv);
  if (run.status !== 0) {
    // `wg` waits for the daemon without end.
    if (run.status === null) go?.hung();
    if (backend === 'kernel' && !isInterface(parts.name)) {
      parts.lost('somebody has taken the interface away');
      await makeInKernel(parts.name);
      // Not from in here: what it asks of us waits for this turn to end.
      setImmediate(() => parts.again());
    }
    throw new ToolFault(argv, run.said);
  }
  const parsed = parseDump(run.stdout);
  run.stdout.fill(0);
  if (!parsed.ok) throw new ToolFault(argv, `not understood: ${parsed.detail}`);
  return parsed.value;
}

async function received(open: Open): Promise<ReadonlyMap<string, number>> {
  const { parts } = open;
  const control = await controlOf(open);
  if (control !== null) return control.received();
  const text = (await needTool(['wg', 'show', parts.name, 'transfer'])).toString('utf8');
  return new Map(
    text.split('\n').flatMap((line): [string, number][] => {
      const [publicKey = '', bytes] = line.split('\t');
      return bytes === undefined ? [] : [[publicKey, Number(bytes)]];
    }),
  );
}

/** Null in the kernel, and where the socket does not answer just now: then `wg` has to do. */
async function controlOf(open: Open): Promise<Control | null> {
  if (open.backend === 'kernel') return null;
  if (open.control !== null) return open.control;
  const { name } = open.parts;
  const socket = await probe(name);
  if (socket === null) return null;
  socket.once('close', () => (open.control = null));
  open.control = controlOver(name, socket);
  return open.control;
}

async function make(open: Open, planned: Change): Promise<void> {
  const { parts } = open;
  const change = stillWanted(planned, parts.stillWanted);
  if (change === null) return;
  // In a rotation each millisecond counts; a prefix moves at no other time.
  if (change.kind === 'move-prefix' && open.control !== null) {
    return open.control.giveAllowed(change.peer.publicKey, change.peer.allowed);
  }
  const { argv, stdin } = commandOf(parts.name, change);
  if (stdin === 'nothing') {
    await needTool(argv);
    return;
  }
  assert(change.kind === 'set-key', 'only that change reads the key');
  const secret = parts.privateKeyOf(change.publicKey);
  if (secret === null) throw new ToolFault(argv, 'the private key is not here');
  await needTool(argv, { stdin: keyLine(reveal(secret)) });
}

const BASE64 = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');

/** The key as `wg` reads it, in bytes that can be overwritten: a string could not. */
function keyLine(key: Uint8Array): Uint8Array {
  assert(key.length === 32, 'a private key is 32 bytes');
  const line = new Uint8Array(45).fill(61);
  for (let i = 0; i < 43; i++) {
    const bit = i * 6;
    const pair = ((key[bit >> 3] as number) << 8) | (key[(bit >> 3) + 1] ?? 0);
    line[i] = BASE64[(pair >> (10 - (bit & 7))) & 63] as number;
  }
  line[44] = 10;
  return line;
}

async function setLink(open: Open, wanted: WantedLink): Promise<void> {
  const { name } = open.parts;
  if (isAsSeen(open, wanted)) return;
  const [address, six, four] = await Promise.all(
    linkQuestions(name).map(async ({ argv }) => (await needTool(argv)).toString('utf8')),
  );
  const actual = parseLink(address ?? '', six ?? '', four ?? '');
  if (!actual.ok) throw new ToolFault(['ip', '-json'], 'not understood');
  for (const { argv } of linkCommands(name, wanted, actual.value)) await needTool(argv);
  open.link = { print: printOf(name, wanted), routes: routesOn(name), atMs: monotonicMs() };
}

/** Nothing was changed since the link was right, as far as that is seen without a tool. */
function isAsSeen({ parts: { name }, link }: Open, wanted: WantedLink): boolean {
  if (link === null || link.print !== printOf(name, wanted)) return false;
  const ageMs = monotonicMs() - link.atMs;
  if (link.routes === null) return ageMs < LINK_LOOK_BLIND_MS;
  return ageMs < LINK_LOOK_MS && link.routes === routesOn(name);
}

function printOf(name: string, wanted: WantedLink): string {
  return JSON.stringify([wanted, addressesOf(name)]);
}

function localPrefixes(open: Open): string[] {
  const ageMs = monotonicMs() - (open.local?.atMs ?? Number.NEGATIVE_INFINITY);
  if (open.local !== null && ageMs < LINK_LOOK_MS && hasManyRoutes()) return open.local.prefixes;
  const prefixes = prefixesOutside((device) => device === open.parts.name);
  open.local = { prefixes, atMs: monotonicMs() };
  return prefixes;
}

async function close(open: Open): Promise<void> {
  open.isClosed = true;
  await open.queue;
  open.control?.close();
  if (open.go !== null) await open.go.close();
  else await runTool(['ip', 'link', 'delete', 'dev', open.parts.name]);
}
