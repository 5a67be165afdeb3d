// Where work meets nodes: a spec becomes a demand, members of the ledger and what the daemon has
// heard of them become nodes to place on. The cores do not know each other; this is the one place
// that does. Spec: docs/placement.md, "Nodes".

import { arch as ownArch } from 'node:os';
import type { MemberState, State } from '../ledger/state.ts';
import { type ImageBrief, imageBriefOf } from '../beat/offer.ts';
import { type Key, isDigest } from '../proto/ids.ts';
import type { Arch, Demand } from '../place/demand.ts';
import type { PlaceNode, Room } from '../place/node.ts';
import { imagesOf } from '../work/pinning.ts';
import type { Kind, Spec } from '../work/spec.ts';
import type { NodeFacts } from './mesh/facts.ts';
import { denials, mayPlace } from './placing-rights.ts';

export function demandOf({ kind, resources, constraints }: Spec): Demand {
  const { cpuMilli, memMiB, diskMiB, gpu } = resources;
  const { arch = null, need, nodes = null, avoid, policy = null } = constraints;
  return {
    ...{ kind, cpuMilli, memMib: memMiB, diskMib: diskMiB, arch, need, nodes, avoid, policy },
    gpu:
      gpu === undefined
        ? null
        : {
            ...{ count: gpu.count, minVramMib: gpu.minVramMiB ?? null },
            ...{ vendor: gpu.vendor ?? null, model: gpu.model ?? null },
          },
  };
}

export interface Seen {
  readonly state: State;
  /** The node that places. */
  readonly self: Key;
  /** What its daemon has heard, by key. */
  readonly heard: ReadonlyMap<Key, NodeFacts>;
  readonly nowMs: number;
}

/**
 * Every node of the network, as the node that places sees it. Each is written out field by field:
 * they are made anew for each decision, and one that began with a spread would have a shape of its
 * own in V8.
 */
export function nodesFor(spec: Spec, { state, self, heard, nowMs }: Seen): PlaceNode[] {
  const { members, drained } = standingIn(state);
  const placer = state.members.find(({ key }) => key === self);
  const deniedAt = denials(placer, spec, nowMs);
  const wanted = imagesOf(spec).map((name) => (isDigest(name) ? imageBriefOf(name) : null));
  return members.map((member): PlaceNode => {
    const facts = heard.get(member.key);
    const offer = facts?.offer ?? null;
    return {
      key: member.key,
      name: member.shown,
      labels: member.labels,
      arch: archOf(member, self),
      heard: facts?.liveness ?? 'unheard',
      heardAgoMs: facts?.heardAgoMs ?? null,
      cloned: facts?.cloned ?? false,
      frozen: member.frozen !== undefined,
      drained: drained.has(member.shown),
      peer: mayPlace(member, spec.kind),
      denied: deniedAt(member),
      taking: offer?.taking ?? null,
      kinds: offer?.kinds ?? NONE,
      holds: isHeld(wanted, offer?.images ?? NONE),
      room: roomOf(facts, spec.kind),
    };
  });
}

/** All of them, by id; a name that is no id is known to some engine, and nobody tells of it. */
function isHeld(wanted: readonly (ImageBrief | null)[], held: readonly ImageBrief[]): boolean {
  return held.length > 0 && wanted.every((brief) => brief !== null && held.includes(brief));
}

const NONE: readonly never[] = [];

/** What the ledger alone says, for all that is placed until it changes. */
interface Standing {
  /** Nodes that are members now, by key: so no decision has to sort them. */
  readonly members: readonly MemberState[];
  readonly drained: ReadonlySet<string>;
}

const standings = new WeakMap<State, Standing>();

function standingIn(state: State): Standing {
  const known = standings.get(state);
  if (known !== undefined) return known;
  const standing = {
    members: state.members.filter(isNode).toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    drained: drainedIn(state),
  };
  standings.set(state, standing);
  return standing;
}

function isNode(member: MemberState): boolean {
  return member.class === 'node' && member.removed === undefined;
}

// An operator says so for the whole network: `kith set drained/attic true`.
const DRAINED = /^drained\/(.+)$/;

/** Whether an operator drains this node. */
export function isDrained(state: State, node: Key): boolean {
  const shown = state.members.find(({ key }) => key === node)?.shown;
  return shown !== undefined && drainedIn(state).has(shown);
}

function drainedIn({ config }: State): ReadonlySet<string> {
  return new Set(
    config.flatMap(({ key, value }) => {
      const name = DRAINED.exec(key)?.[1];
      return name !== undefined && value === true ? [name] : [];
    }),
  );
}

const ARCHES: Readonly<Record<string, Arch>> = { x64: 'amd64', arm64: 'arm64' };

function archOf({ key, labels }: MemberState, self: Key): Arch | null {
  if (key === self) return ARCHES[ownArch()] ?? null;
  if (labels.includes('arch-amd64')) return 'amd64';
  return labels.includes('arch-arm64') ? 'arm64' : null;
}

/**
 * How much there is as the host observes it, and how much it promises by its own book, less what it
 * charges work of that kind beside its wish: only the host knows what it runs it with.
 */
function roomOf(facts: NodeFacts | undefined, kind: Kind): Room | null {
  const { headroom: room = null, offer = null } = facts ?? {};
  if (room === null || offer === null) return null;
  const beside = offer.beside[kind];
  return {
    cpuMilli: room.cpuMilli,
    cpuFreeMilli: offer.cpuMilli,
    memMib: room.ramMib,
    memFreeMib: without(offer.memMib, beside.memMib),
    diskMib: room.diskMib,
    diskFreeMib: without(offer.diskMib, beside.diskMib),
    cardCount: room.gpuCount,
    cards:
      room.gpus.length === 0
        ? NONE
        : room.gpus.map(({ name, vramMib, vramFreeMib, state }, at) => ({
            name,
            vramMib,
            vramFreeMib,
            fit: state === 'fit',
            taken: offer.takenCards.includes(at),
          })),
  };
}

/** What is unknown stays so. */
function without(free: number | null, mib: number): number | null {
  return free === null ? null : Math.max(0, free - mib);
}
