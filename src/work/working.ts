// Work on this node, put together: the host and what it stands on, the owner, and the desk that
// members ask. What was reserved before is reserved again when this resolves, so that the first
// heartbeat tells of it. Spec: docs/running.md, "The shell".

import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Offer } from '../../beat/offer.ts';
import type { Digest, Key } from '../../proto/ids.ts';
import { stateOf } from '../../ledger/replica.ts';
import { decide } from '../../place/decide.ts';
import { judge } from '../../place/plan.ts';
import { interfaceName } from '../../wg/address.ts';
import type { Moment } from '../../work/lease.ts';
import type { Spec } from '../../work/spec.ts';
import { type Facts, createFacts } from '../beat/facts.ts';
import { nvidia } from '../beat/gpu.ts';
import type { Tell } from '../daemon/events.ts';
import type { HomeLedger } from '../home/ledger.ts';
import type { Identity } from '../keys/identity.ts';
import type { NodeFacts } from '../mesh/facts.ts';
import type { MeshWork } from '../mesh/ground.ts';
import type { Mesh } from '../mesh/mesh.ts';
import type { Calendar } from '../os/calendar.ts';
import { bootMs, randomSeed } from '../os/clock.ts';
import { bootId } from '../os/machine.ts';
import { nodePlatform } from '../platform.ts';
import { urlOf } from '../peer/address.ts';
import { openChannel } from '../peer/channel.ts';
import { workRoutes } from '../peer/work-routes.ts';
import { IMAGES_TOLD_MAX } from '../../beat/limits.ts';
import { MESH_PORT } from '../beat/limits.ts';
import { type Seen, demandOf, isDrained, nodesFor } from '../placing.ts';
import { realDisk } from '../store/disk.ts';
import type { Driver } from './driver.ts';
import type { DriverParts } from './driver-list.ts';
import { type Drivers, createDrivers } from './drivers.ts';
import { type Finder, createFinder } from './elsewhere.ts';
import { createEndings } from './endings.ts';
import { type Folders, foldersIn } from './folders.ts';
import { type MeshPlace, createGuestNet } from './guest-net.ts';
import { type Hosting, startHosting } from './hosting.ts';
import { type WorkJournal, openWorkJournal } from './journal.ts';
import { type Images, imagesOver } from './images/images.ts';
import type { ImagePeers } from './images/fetching.ts';
import { openImages } from './images/store.ts';
import { type OwnedFile, openOwnedFile } from './owned-file.ts';
import { type Owning, startOwning } from './owning.ts';
import { createPublishing } from './published.ts';
import { type Pen, hostPapers, ownerPapers } from './papers.ts';
import { OWN_HEARD_MS } from './limits.ts';
import { type Reaching, createReaching } from './reaching.ts';
import { type Receipts, receiptsIn } from './receipts.ts';
import type { Asked } from './rights.ts';
import { workDesk } from './serving.ts';
import { createTyping } from './typing.ts';
import { type WorkLogs, workLogs } from './work-logs.ts';

export interface WorkParts {
  readonly home: HomeLedger;
  readonly identity: Identity;
  readonly calendar: Calendar;
  readonly version: string;
  readonly tell: Tell;
  readonly mesh: () => Mesh | null;
  /** Those of this machine. */
  readonly drivers: (parts: DriverParts) => readonly Driver[];
}

export interface Work {
  readonly facts: Facts;
  readonly mesh: MeshWork;
  readonly hosting: Hosting;
  readonly owning: Owning;
  readonly reaching: Reaching;
  readonly logs: WorkLogs;
  readonly images: Images;
  readonly drivers: Drivers;
  readonly receipts: Receipts;
  /** Work that other nodes have placed. */
  readonly elsewhere: Finder;
  /** Whose hands it is in; null: nothing of it was begun. */
  readonly driverOf: Folders['driverOf'];
  /** Every node as this one sees it, to be planned on. */
  seen(): Seen;
  /** By a person at this machine: it is kept over a restart. */
  drain(drained: boolean): void;
  /** Takes nothing new until this daemon is replaced. */
  freeze(frozen: boolean): void;
  ledgerChanged(): void;
  /** Leaves what runs as it is. */
  close(): Promise<void>;
}

/** What host and owner stand on: what is on the disk, and what this node is. */
interface Standing {
  readonly self: Key;
  readonly base: string;
  readonly pen: Pen;
  readonly facts: Facts;
  readonly journal: WorkJournal;
  readonly file: OwnedFile;
  readonly folders: Folders;
  readonly logs: WorkLogs;
  readonly receipts: Receipts;
  readonly images: Images;
  readonly now: () => Moment;
  readonly ground: () => Asked;
}

async function standOn(parts: WorkParts): Promise<Standing> {
  const { home, identity, calendar, tell } = parts;
  const self = identity.publicKey;
  const base = join(home.folder, 'work');
  const folders = foldersIn(realDisk, base);
  const journal = await openWorkJournal(realDisk, base);
  const file = await openOwnedFile(realDisk, home.folder);
  return {
    ...{ self, base, folders, journal, file, pen: (message) => identity.signer.signOther(message) },
    facts: createFacts({ folder: home.folder, cards: nvidia }),
    logs: workLogs(folders),
    receipts: receiptsIn(realDisk, base),
    images: imagesOver(await openImages(join(base, 'images')), imagePeers(parts), (peer, why) =>
      tell({ event: 'image-peer', peer, why }),
    ),
    now: () => ({ monoMs: bootMs(), wallMs: calendar.nowMs() }),
    ground: () => ({ state: stateOf(home.replica), self, nowMs: calendar.nowMs() }),
  };
}

export async function startWork(parts: WorkParts): Promise<Work> {
  const { identity, calendar, tell } = parts;
  const standing = await standOn(parts);
  const { self, base, pen, facts, file, folders, logs, receipts, images, now, ground } = standing;
  const papers = hostPapers(pen);
  let changed: (() => void) | null = null;
  const reaching = createReaching({
    ...{ self, identity, desk: () => desk },
    addressOf(member) {
      const host = parts.mesh()?.addressOf(member) ?? null;
      return host === null ? null : { host, port: MESH_PORT };
    },
  });
  const endings = createEndings({
    ...{ self, folders, logs, receipts, tell, sign: papers.signReceipt },
    send: (owner, signed) => reaching.bring(owner, signed),
    wallMs: calendar.nowMs,
  });
  // Tables and interfaces are named by it, and several nodes may share a machine.
  const device = interfaceName(parts.home.replica.ledger, self, nodePlatform);
  const place = (): MeshPlace | null => parts.mesh()?.place() ?? null;
  const net = createGuestNet({ own: device, mesh: place });
  const drivers = createDrivers(parts.drivers({ state: base, home: self, net }), () => changed?.());
  const hosting = startHosting({
    ...{ ...standing, boot: bootId(), drivers, papers, endings, tell, image: images.forWork },
    ...{ publishing: createPublishing(net, place), tidy: net.tidy },
    imagesHeld: () => images.store.newest(IMAGES_TOLD_MAX),
    askOwner: (owner, request) => reaching.ask(owner, request),
  });
  hosting.onChanged(() => changed?.());
  const seen = (): Seen => seenBy(parts, hosting, facts);
  const owning = startOwning({
    ...{ self, file, papers: ownerPapers(pen), reach: reaching, now, tell },
    plan: (spec, avoid) => planAmong(seen(), spec, avoid),
  });
  const elsewhere = createFinder({
    ...{ self, papers: ownerPapers(pen), reaching, wallMs: calendar.nowMs },
    members: () => membersHeard(parts, self),
  });
  const typing = createTyping();
  const desk = workDesk({ hosting, owning, receipts, folders, logs, typing, ground });
  const hear = (member: Key, missesUs: boolean): void => {
    hosting.heard(member, missesUs);
    owning.heard(member);
  };
  // What this node owns is heard as long as it is there itself.
  const own = setInterval(() => hear(self, false), OWN_HEARD_MS);
  const mesh: MeshWork = {
    offer: (): Offer => hosting.offer(),
    digest: (): Digest | null => hosting.digest(),
    heard: hear,
    onChanged: (beatNow) => (changed = beatNow),
    routes: [...workRoutes(desk), ...images.routes],
  };
  return {
    ...{ facts, mesh, hosting, owning, reaching, logs, images, drivers, receipts, seen },
    elsewhere,
    ...{ driverOf: folders.driverOf, ...switchesOf(standing, hosting) },
    async close() {
      clearInterval(own);
      changed = null;
      typing.close();
      await owning.close();
      await images.close();
      await hosting.close();
      await net.close();
      reaching.close();
    },
  };
}

/**
 * What keeps new work away: an operator, a person here, or a daemon that is about to be replaced.
 */
function switchesOf(
  { base, self, ground }: Standing,
  hosting: Hosting,
): Pick<Work, 'freeze' | 'drain' | 'ledgerChanged'> {
  let isFrozen = false;
  const follow = (): void => {
    const isDraining = isDrained(ground().state, self) || isDrainedHere(base);
    hosting.drain(isFrozen ? 'frozen' : isDraining ? 'draining' : 'no');
  };
  follow();
  return {
    freeze(wanted) {
      isFrozen = wanted;
      follow();
    },
    drain(drained) {
      setDrainedHere(base, drained);
      // A freeze that nobody took back ends, too, when a person wants new work here again.
      if (!drained) isFrozen = false;
      follow();
    },
    ledgerChanged: follow,
  };
}

/**
 * Images are fetched from members that are heard, over the mesh, those with the shortest way first.
 */
function imagePeers({ mesh, identity }: WorkParts): ImagePeers {
  return {
    members() {
      const near = new Map((mesh()?.peers() ?? []).map(({ key, rttMs }) => [key, rttMs]));
      const farMs = (key: Key): number => near.get(key) ?? Number.MAX_SAFE_INTEGER;
      return (mesh()?.nodes() ?? [])
        .filter(({ liveness }) => liveness === 'alive')
        .map(({ key }) => key)
        .toSorted((a, b) => farMs(a) - farMs(b));
    },
    channel(to, signal) {
      const host = mesh()?.addressOf(to) ?? null;
      // Nobody answers there, which is what is to be said of a member without an address.
      const url = urlOf({ host: host ?? '::', port: host === null ? 0 : MESH_PORT });
      return openChannel({ identity, url, door: ({ key }) => key === to, signal });
    },
  };
}

function membersHeard({ mesh }: WorkParts, self: Key): readonly Key[] {
  const others = (mesh()?.nodes() ?? [])
    .filter(({ key, liveness }) => key !== self && liveness !== 'unheard' && liveness !== 'down')
    .map(({ key }) => key);
  return [self, ...others];
}

function seenBy(
  { home, identity, calendar, mesh, version }: WorkParts,
  hosting: Hosting,
  facts: Facts,
): Seen {
  const self = identity.publicKey;
  const heard = new Map((mesh()?.nodes() ?? []).map((node) => [node.key, node]));
  // Without a mesh this node knows itself, and places on nobody else.
  if (!heard.has(self)) heard.set(self, aloneOf(self, version, hosting, facts));
  return { state: stateOf(home.replica), self, heard, nowMs: calendar.nowMs() };
}

function aloneOf(key: Key, version: string, hosting: Hosting, facts: Facts): NodeFacts {
  return {
    ...{ key, address: '', ipv4: null, liveness: 'here', heardAgoMs: null },
    ...{ headroom: facts.headroom(), offer: hosting.offer(), clockOffsetMs: 0, version },
    ...{ agrees: true, cloned: false, relay: false, lobby: false },
  };
}

/** Whom to ask for work that is to run again, the best first. */
function planAmong(
  seen: Seen,
  spec: Spec,
  avoid: readonly Key[],
): { order: readonly Key[]; why: string } {
  const nodes = nodesFor(spec, seen).filter(({ key }) => !avoid.includes(key));
  const seed = randomSeed();
  const demand = demandOf(spec);
  const { order } = decide(demand, nodes, seed);
  if (order.length > 0) return { order, why: '' };
  const names = new Map(nodes.map(({ key, name }) => [key, name]));
  const why = judge(demand, nodes).map(
    ({ key, lacks }) => `${names.get(key)}: ${lacks[0]?.why ?? ''}`,
  );
  return { order, why: why.join('; ') };
}

const drainedFile = (base: string): string => join(base, 'drained');

function isDrainedHere(base: string): boolean {
  return existsSync(drainedFile(base));
}

function setDrainedHere(base: string, drained: boolean): void {
  if (drained) writeFileSync(drainedFile(base), '', { mode: 0o600 });
  else rmSync(drainedFile(base), { force: true });
}
