// How large a packet the path to one peer carries: 1,280 bytes at first and after every change of
// the path; more only once packets of that size have passed, outside the tunnel and then inside it.
// Each side raises only what it sends. Spec: docs/mesh.md, "The size of packets".

import {
  MTU_AGAIN_MS,
  MTU_AGAIN_MS_MAX,
  MTU_CHECK_MS,
  MTU_FIRST,
  MTU_SETTLE_MS,
  MTU_SIZES,
  OUTER_IPV4_BYTES,
  OUTER_IPV6_BYTES,
} from './limits.ts';
import { isIpv6 } from './scope.ts';

/** A direct path; what `turn` tells apart are two times of the same endpoint. */
export interface Path {
  readonly endpoint: string;
  readonly turn: string;
}

type Stage =
  | { readonly at: 'waiting'; readonly untilMs: number }
  /**
   * Whether packets around `mtu` bytes pass in one piece, outside; first the least of all sizes.
   */
  | { readonly at: 'outside'; readonly mtu: number; readonly isFirst: boolean }
  /** Whether an echo of `mtu` bytes comes back over the mesh. */
  | { readonly at: 'inside'; readonly mtu: number; readonly isCheck: boolean };

export interface PathMtu {
  /** Null: relayed, down, or being looked for. */
  readonly path: Path | null;
  /** What the route to the peer carries now. */
  readonly mtu: number;
  readonly stage: Stage;
  /** Of the last question: an answer to an earlier one says nothing. */
  readonly asked: number;
  /** Tries in a row that raised nothing. */
  readonly misses: number;
}

export type PathMtuInput =
  | { readonly kind: 'path'; readonly path: Path | null }
  | { readonly kind: 'answer'; readonly asked: number; readonly passed: boolean }
  | { readonly kind: 'tick' };

export type PathMtuOut =
  /** Whether an IP packet of so many bytes reaches the host of the endpoint in one piece. */
  | {
      readonly kind: 'outside';
      readonly asked: number;
      readonly endpoint: string;
      readonly bytes: number;
    }
  /** Whether an echo of so many bytes comes back from the peer over the mesh. */
  | { readonly kind: 'inside'; readonly asked: number; readonly bytes: number }
  /** The route to the peer carries as much from now on. It is set before what follows is asked. */
  | { readonly kind: 'route'; readonly mtu: number };

export interface PathMtuStep {
  readonly state: PathMtu;
  readonly out: readonly PathMtuOut[];
}

const NEVER: Stage = { at: 'waiting', untilMs: Number.POSITIVE_INFINITY };
const LEAST = MTU_SIZES.at(-1) as number;

export function newPathMtu(): PathMtu {
  return { path: null, mtu: MTU_FIRST, stage: NEVER, asked: 0, misses: 0 };
}

/** What a packet of the mesh of this size measures on the way to the endpoint. */
export function outerBytes(mtu: number, endpoint: string): number {
  return mtu + (isIpv6(endpoint) ? OUTER_IPV6_BYTES : OUTER_IPV4_BYTES);
}

export function stepPathMtu(state: PathMtu, input: PathMtuInput, nowMs: number): PathMtuStep {
  switch (input.kind) {
    case 'path':
      return onPath(state, input.path, nowMs);
    case 'answer':
      return input.asked === state.asked ? onAnswer(state, input.passed, nowMs) : still(state);
    case 'tick':
      return onTick(state, nowMs);
  }
}

function still(state: PathMtu): PathMtuStep {
  return { state, out: [] };
}

function onPath(state: PathMtu, path: Path | null, nowMs: number): PathMtuStep {
  const { path: was } = state;
  if (was?.endpoint === path?.endpoint && was?.turn === path?.turn) return still(state);
  const stage: Stage = path === null ? NEVER : { at: 'waiting', untilMs: nowMs + MTU_SETTLE_MS };
  // Counted on, so that an answer that is still under way says nothing of the new path.
  const next = { ...state, path, stage, asked: state.asked + 1, misses: 0 };
  return carrying(next, MTU_FIRST);
}

function onTick(state: PathMtu, nowMs: number): PathMtuStep {
  const { path, stage, mtu } = state;
  if (path === null || stage.at !== 'waiting' || nowMs < stage.untilMs) return still(state);
  if (mtu > MTU_FIRST) return asking(state, path, { at: 'inside', mtu, isCheck: true });
  return asking(state, path, { at: 'outside', mtu: LEAST, isFirst: true });
}

function onAnswer(state: PathMtu, passed: boolean, nowMs: number): PathMtuStep {
  const { path, stage } = state;
  if (path === null || stage.at === 'waiting') return still(state);
  if (stage.at === 'inside') {
    // What fails once it was proven is a path that changes without a word: not soon again.
    if (!passed) return missed(state, nowMs, stage.isCheck ? MTU_AGAIN_MS_MAX : null);
    const untilMs = nowMs + MTU_CHECK_MS;
    return still({ ...state, stage: { at: 'waiting', untilMs }, misses: 0 });
  }
  if (!passed && stage.isFirst) return missed(state, nowMs, null);
  const mtu = nextSize(stage, passed);
  if (mtu !== null) return asking(state, path, { at: 'outside', mtu, isFirst: false });
  // All above it have failed, or it is the largest.
  const proven = passed ? stage.mtu : LEAST;
  const raised = carrying(state, proven);
  const asked = asking(raised.state, path, { at: 'inside', mtu: proven, isCheck: false });
  return { state: asked.state, out: [...raised.out, ...asked.out] };
}

/** The next to be tried outside; null: it is known what passes. */
function nextSize(
  { mtu, isFirst }: Extract<Stage, { at: 'outside' }>,
  passed: boolean,
): number | null {
  if (isFirst) return MTU_SIZES[0] as number;
  if (passed) return null;
  const lower = MTU_SIZES[MTU_SIZES.indexOf(mtu) + 1];
  return lower === undefined || lower === LEAST ? null : lower;
}

function asking(
  state: PathMtu,
  { endpoint }: Path,
  stage: Exclude<Stage, { at: 'waiting' }>,
): PathMtuStep {
  const asked = state.asked + 1;
  const out: PathMtuOut =
    stage.at === 'inside'
      ? { kind: 'inside', asked, bytes: stage.mtu }
      : { kind: 'outside', asked, endpoint, bytes: outerBytes(stage.mtu, endpoint) };
  return { state: { ...state, stage, asked }, out: [out] };
}

function missed(state: PathMtu, nowMs: number, waitMs: number | null): PathMtuStep {
  const doubled = Math.min(MTU_AGAIN_MS * 2 ** state.misses, MTU_AGAIN_MS_MAX);
  const untilMs = nowMs + (waitMs ?? doubled);
  const next: PathMtu = { ...state, stage: { at: 'waiting', untilMs }, misses: state.misses + 1 };
  return carrying(next, MTU_FIRST);
}

function carrying(state: PathMtu, mtu: number): PathMtuStep {
  if (state.mtu === mtu) return still(state);
  return { state: { ...state, mtu }, out: [{ kind: 'route', mtu }] };
}
