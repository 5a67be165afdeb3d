// Two replicas that sync in memory, with the traffic counted: what the tests of sync and the bench
// of its goal (one author among 10,000) run.

import { answerHello, answerPull, answerWalk } from '../../ledger/sync-answer.ts';
import { type Holdings, NO_TALLY, type Tally } from '../../ledger/sync-holdings.ts';
import type { Moved, Out, Outcome } from '../../ledger/sync-state.ts';
import { newSync } from '../../ledger/sync-state.ts';
import { encodePushReply, isPageEnd } from '../../ledger/sync-wire.ts';
import { step } from '../../ledger/sync.ts';
import type { Platform } from '../../proto/platform.ts';

export interface Party {
  readonly holdings: Holdings;
  ingest(lines: readonly string[]): Tally;
}

/** What the other side says to a request: a body, a page of lines, or nothing (it broke off). */
export type Reply =
  | { readonly kind: 'body'; readonly body: Uint8Array }
  | { readonly kind: 'page'; readonly lines: readonly string[]; readonly end: string | null }
  | { readonly kind: 'failed' };
export type Peer = (request: Exclude<Out, { kind: 'done' }>) => Reply;

export interface Talk {
  readonly outcome: Outcome;
  readonly moved: Moved;
  readonly requests: readonly Traffic[];
}
export interface Traffic {
  readonly kind: Out['kind'];
  readonly sentBytes: number;
  readonly gotBytes: number;
}

/** An honest peer over these holdings. */
export function honest({ holdings, ingest }: Party): Peer {
  return (request) => {
    if (request.kind === 'push') {
      return { kind: 'body', body: encodePushReply(ingest(request.lines)) };
    }
    if (request.kind === 'pull') {
      const lines = [...(answerPull(holdings, request.body) ?? [])];
      return { kind: 'page', lines: lines.slice(0, -1), end: lines.at(-1) ?? null };
    }
    const body =
      request.kind === 'hello'
        ? answerHello(holdings, request.body)
        : answerWalk(holdings, request.body)?.reply;
    return body ? { kind: 'body', body } : { kind: 'failed' };
  };
}

const STEPS_MAX = 100_000;

export function converse(platform: Platform, client: Party, peer: Peer): Talk {
  const ground = { holdings: client.holdings, platform };
  const requests: Traffic[] = [];
  let { state, out } = step(ground, newSync(), { kind: 'start' });
  while (out.kind !== 'done') {
    if (requests.length >= STEPS_MAX) throw new Error('a sync that does not end');
    const reply = peer(out);
    requests.push({ kind: out.kind, sentBytes: sentBytes(out), gotBytes: gotBytes(reply) });
    ({ state, out } = step(ground, state, inputOf(client, out, reply)));
  }
  return { outcome: out.outcome, moved: out.moved, requests };
}

function inputOf(client: Party, out: Out, reply: Reply): Parameters<typeof step>[2] {
  if (reply.kind === 'failed') return { kind: 'failed', why: 'the peer says nothing' };
  if (reply.kind === 'page') {
    const tally = reply.lines.length === 0 ? NO_TALLY : client.ingest(reply.lines);
    return {
      kind: 'page',
      tally,
      end: reply.end !== null && isPageEnd(reply.end) ? reply.end : null,
    };
  }
  return out.kind === 'push'
    ? { kind: 'pushed', body: reply.body }
    : { kind: 'reply', body: reply.body };
}

function textBytes(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
}

function sentBytes(out: Exclude<Out, { kind: 'done' }>): number {
  return out.kind === 'push' ? textBytes(out.lines) : out.body.length;
}

function gotBytes(reply: Reply): number {
  if (reply.kind === 'failed') return 0;
  return reply.kind === 'body'
    ? reply.body.length
    : textBytes([...reply.lines, ...(reply.end === null ? [] : [reply.end])]);
}
