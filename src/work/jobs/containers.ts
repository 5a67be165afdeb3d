// The driver of jobs in containers, for podman and for Docker: what they have in common is nearly
// all, and what they differ in stands in `work/container.ts`. Labels on the containers are its only
// memory, and nothing without them is touched. Spec: docs/jobs.md.

import { setMaxListeners } from 'node:events';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { type Result, ok, refuse } from '../../../proto/result.ts';
import {
  containerName,
  dockerBody,
  homeLabel,
  type Mark,
  markOf,
  meshMarkOf,
  podmanBody,
} from '../../../work/container.ts';
import type { FailCode } from '../../../work/failures.ts';
import { limitOf } from '../../../work/kernel-files.ts';
import { ENGINE_LOG_BYTES } from '../../../work/limits.ts';
import type { Spec } from '../../../work/spec.ts';
import { nowMs } from '../../os/clock.ts';
import type { Estimate } from '../../../work/admission.ts';
import type { Tag } from '../../../work/lease.ts';
import type { Driver, Order, Probe, Running, Tell } from '../driver.ts';
import { leaveMark } from '../guard.ts';
import type { GuestNet } from '../guest-net.ts';
import { type Contained, running } from './contained.ts';
import { ask, attempt, type Engine, findEngine, type Flavour, statusOf, within } from './engine.ts';
import { bringImage, type EngineImage, pruneImages } from './images.ts';
import { kernelText } from './inside.ts';
import {
  ENGINE_ASK_MS,
  ENGINE_NPROC_MAX,
  ENGINE_REMOVE_MS,
  ENGINE_START_MS,
  RECOVERED_AT_ONCE_MAX,
} from './limits.ts';
import { makeOutputFolders, needsOf } from './needs.ts';

/** How cards are named to an engine, and what their nodes in `/dev` are called. */
export interface CardKind {
  /** Of the Container Device Interface, as `nvidia.com/gpu`. */
  readonly cdi: string;
  readonly nodes: RegExp;
}

export const NVIDIA: CardKind = { cdi: 'nvidia.com/gpu', nodes: /^nvidia\d+$/ };

/** Gives a container an address of its own on the mesh, by the process that it began with. */
export type GuestNetwork = Pick<
  GuestNet,
  'plan' | 'attachContainer' | 'detach' | 'holds' | 'adopt'
>;

export interface ContainerParts {
  /** The folder of this host's state: `secrets` and `volumes` lie in it. */
  readonly state: string;
  /** Names this node on what it starts: several may share an engine. */
  readonly home: string;
  readonly sockets: readonly string[];
  readonly cards: CardKind;
  /** Null: there is no way onto the mesh. */
  readonly mesh: GuestNetwork | null;
}

interface Own extends ContainerParts {
  readonly flavour: Flavour;
  readonly closing: AbortController;
  /** How many processes a user of this machine may have. */
  readonly nproc: number;
  engine: Engine | null;
}

export function containerDriver(flavour: Flavour, parts: ContainerParts): Driver {
  const nproc = limitOf(kernelText('/proc/self/limits'), 'Max processes')?.hard ?? ENGINE_NPROC_MAX;
  const own: Own = { ...parts, flavour, closing: new AbortController(), nproc, engine: null };
  // Each container that is followed listens to it.
  setMaxListeners(0, own.closing.signal);
  return {
    kind: 'job',
    name: flavour,
    probe: () => probe(own),
    estimate,
    prepare: (order, tell, signal) => prepare(own, order, tell, signal),
    start: (order, tell) => start(own, order, tell),
    recover: (orderOf) => recover(own, orderOf),
    destroy: (tag) => destroy(own, tag),
    close: async () => own.closing.abort(),
  };
}

async function probe(own: Own): Promise<Probe> {
  own.engine = null;
  const found = await engineOf(own);
  const what = found.ok ? found.value.what : found.detail;
  return { usable: found.ok, what, checkedAtMs: nowMs() };
}

async function engineOf(own: Own): Promise<Result<Engine, FailCode>> {
  if (own.engine !== null) return ok(own.engine);
  const found = await findEngine(own.flavour, own.sockets);
  if (found.ok) own.engine = found.value;
  return found;
}

/** The engine keeps the output beside what the spec asks for. */
function estimate({ resources: { memMiB, diskMiB } }: Pick<Spec, 'resources'>): Estimate {
  return { memMiB, diskMiB: diskMiB + Math.ceil(ENGINE_LOG_BYTES / (1024 * 1024)) };
}

async function prepare(
  own: Own,
  order: Order,
  tell: Tell,
  signal: AbortSignal,
): Promise<Result<void, FailCode>> {
  const refused = refusalOf(own, order);
  if (refused !== null) return refuse('no-network', refused);
  const needs = needsOf(order.spec, order.folder, own.state);
  if (!needs.ok) return needs;
  const engine = await engineOf(own);
  if (!engine.ok) return engine;
  const image = await bringImage(engine.value, order, tell, signal);
  return image.ok ? ok(undefined) : image;
}

/** What this host cannot give at all, in words. */
function refusalOf({ mesh }: Own, { spec }: Order): string | null {
  return spec.network.mode === 'mesh' && mesh === null
    ? 'network.mode mesh: this host has no addresses for guests on the mesh'
    : null;
}

async function start(own: Own, order: Order, tell: Tell): Promise<Result<Running, FailCode>> {
  const refused = refusalOf(own, order);
  if (refused !== null) return refuse('no-network', refused);
  const engine = await engineOf(own);
  if (!engine.ok) return engine;
  const image = await bringImage(engine.value, order, tell, own.closing.signal);
  if (!image.ok) return image;
  tell('starting');
  const made = await make(own, engine.value, order, image.value);
  if (!made.ok) return made;
  leaveMark(order, 'cgroup', made.value);
  const begun = await begin(own, engine.value, order, { id: made.value, image: image.value });
  if (!begun.ok) await destroy(own, order.tag);
  return begun;
}

/** Makes the container, not started. */
async function make(
  own: Own,
  engine: Engine,
  order: Order,
  image: EngineImage,
): Promise<Result<string, FailCode>> {
  const needs = needsOf(order.spec, order.folder, own.state);
  if (!needs.ok) return needs;
  const mark: Mark = { home: own.home, ...order.tag };
  const isGuest = order.spec.network.mode === 'mesh';
  const plan = isGuest ? own.mesh?.plan(guestOf(order)) : undefined;
  if (plan?.ok === false) return plan;
  const container = {
    ...{ mark, spec: order.spec, image: image.name, ...needs.value },
    ...(plan === undefined ? {} : { address: plan.value.address }),
    cards: order.cards.map(({ uuid }) => `${own.cards.cdi}=${uuid}`),
    nproc: Math.min(own.nproc, ENGINE_NPROC_MAX),
  };
  return attempt(async () => {
    makeOutputFolders(order.spec, order.folder);
    if (engine.flavour === 'podman') {
      const path = '/v4.0.0/libpod/containers/create';
      const body = podmanBody(container);
      const asked = { method: 'POST', path, body, limitMs: ENGINE_START_MS } as const;
      return (await ask<{ readonly Id: string }>(engine.docker, asked)).Id;
    }
    const body = { name: containerName(mark), ...dockerBody(container) };
    const made = engine.docker.createContainer(body);
    return (await within(ENGINE_START_MS, made)).id;
  });
}

async function begin(
  own: Own,
  engine: Engine,
  order: Order,
  { id, image }: { readonly id: string; readonly image: EngineImage },
): Promise<Result<Running, FailCode>> {
  const container = engine.docker.getContainer(id);
  const begun = await attempt(async () => {
    const wish = { stream: true, stdout: true, stderr: true, hijack: true } as const;
    const live = await within(ENGINE_START_MS, container.attach(wish));
    // Read from the first moment on; whoever follows it hears of an error, too.
    live.on('error', () => undefined);
    await within(ENGINE_START_MS, container.start());
    return { live, facts: await within(ENGINE_ASK_MS, container.inspect()) };
  });
  if (!begun.ok) return begun;
  const { live, facts } = begun.value;
  if (order.spec.network.mode === 'mesh' && own.mesh !== null && facts.State.Running) {
    const joined = await own.mesh.attachContainer(facts.State.Pid, guestOf(order));
    if (!joined.ok) return joined;
    if (joined.value.address !== meshMarkOf(facts.Config.Labels)?.address)
      return refuse('start-failed', 'the mesh has changed since the container was made');
  }
  const stream = live as unknown as Readable;
  return ok(running(contained(own, { container, order, facts, live: stream, image: image.id })));
}

function guestOf({ tag: { id, generation }, spec }: Order): Parameters<GuestNet['plan']>[0] {
  const ports = spec.network.publish.map(({ port, protocol }) => ({ port, protocol }));
  return { id, generation, ports };
}

interface Parts {
  readonly container: Docker.Container;
  readonly order: Order;
  readonly facts: Docker.ContainerInspectInfo;
  readonly live: Readable | null;
  readonly image: string;
}

function contained(own: Own, { container, order, facts, live, image }: Parts): Contained {
  const { tag, log, folder, spec, cards } = order;
  return {
    ...{ container, tag, facts, imageId: image, live },
    order: { log, folder, spec, cards: cards.length },
    ...{ nodes: own.cards.nodes, mesh: own.mesh, closing: own.closing.signal },
  };
}

async function recover(own: Own, orderOf: (tag: Tag) => Order | null): Promise<readonly Running[]> {
  const engine = await engineOf(own);
  if (!engine.ok) return [];
  const listed = await within(
    ENGINE_START_MS,
    engine.value.docker.listContainers({ all: true, filters: { label: [homeLabel(own.home)] } }),
  );
  const found: Running[] = [];
  const next = async (): Promise<void> => {
    for (let row = listed.shift(); row !== undefined; row = listed.shift()) {
      const mark = markOf(row.Labels);
      if (mark === null) continue;
      const one = await recoverOne(own, engine.value, row.Id, mark, orderOf);
      if (one !== null) found.push(one);
    }
  };
  await Promise.all(Array.from({ length: RECOVERED_AT_ONCE_MAX }, next));
  await pruneImages(engine.value);
  return found;
}

async function recoverOne(
  own: Own,
  engine: Engine,
  id: string,
  { home: _, ...tag }: Mark,
  orderOf: (tag: Tag) => Order | null,
): Promise<Running | null> {
  const container = engine.docker.getContainer(id);
  const facts = await within(ENGINE_ASK_MS, container.inspect());
  const order = orderOf(tag);
  if (
    !facts.State.Running &&
    ['created', 'configured', 'initialized'].includes(facts.State.Status)
  ) {
    // A daemon died between making it and starting it: it has never run.
    if (order !== null) await destroy(own, tag);
    return null;
  }
  const place = meshMarkOf(facts.Config.Labels);
  const { generation } = tag;
  if (place !== null && facts.State.Running)
    own.mesh?.adopt({ guests: [{ id: tag.id, generation, ...place }] });
  const image = imageIn(facts);
  if (order !== null)
    return running(contained(own, { container, order, facts, live: null, image }));
  const { nodes } = own.cards;
  const alone = {
    container,
    tag,
    facts,
    imageId: image,
    order: null,
    live: null,
    nodes,
    mesh: null,
  };
  return running({ ...alone, closing: own.closing.signal });
}

/** Of our own images the digest stands in the name. */
function imageIn({ Config, Image }: Docker.ContainerInspectInfo): string {
  return /^localhost\/kith:i([\w-]{43})$/.exec(Config.Image)?.[1] ?? Image;
}

async function destroy(own: Own, tag: Tag): Promise<void> {
  if (own.mesh !== null) await own.mesh.detach(tag);
  const engine = await engineOf(own);
  if (!engine.ok) return;
  const mark = { home: own.home, ...tag };
  const container = engine.value.docker.getContainer(containerName(mark));
  try {
    const { Config } = await within(ENGINE_ASK_MS, container.inspect());
    // The name alone could be somebody else's.
    if (markOf(Config.Labels)?.home !== own.home) return;
    // Else podman asks its first process to end, and waits ten seconds for it.
    await within(ENGINE_ASK_MS, container.kill()).catch(() => undefined);
    await within(ENGINE_REMOVE_MS, container.remove({ force: true, v: true }));
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
  }
}
