// What a host signs: its answers to requests, and its own question to an owner whether a piece of
// work is still that owner's. The function of the host decides; here a request becomes its input,
// with what only the shell can tell of it. Spec: docs/running.md, "The shell".

import type { Digest, Key } from '../../proto/ids.ts';
import type { Request, SignedDocument } from '../../work/documents.ts';
import type { Host, Input, Said } from '../../work/host-state.ts';
import type { Moment, Tag } from '../../work/lease.ts';
import type { Spec } from '../../work/spec.ts';
import type { Drivers } from './drivers.ts';
import type { HostPapers } from './host-papers.ts';
import type { Publishing } from './published.ts';
import { type Asked, rightOf } from './rights.ts';

export interface AnswerParts {
  readonly self: Key;
  readonly papers: HostPapers;
  /** What the ledger here says at this moment. */
  readonly ground: () => Asked;
  readonly drivers: Drivers;
  readonly publishing: Publishing;
  /** The owner's signed answer to a question; rejects where none comes. */
  readonly askOwner: (owner: Key, request: SignedDocument) => Promise<SignedDocument>;
  readonly now: () => Moment;
}

interface Parts extends AnswerParts {
  readonly host: () => Host;
  readonly input: (input: Input) => void;
}

export interface Answering {
  /** Resolves with the signed answer, when what it promises is safe; null: it was no request. */
  ask(signed: SignedDocument, from: Key): Promise<SignedDocument | null>;
  /** The host has decided. */
  answered(re: Digest, to: Request, said: Said): void;
  askOwner(tag: Tag, askedMs: number): Promise<void>;
  /** How often, by code. */
  readonly refusals: Readonly<Record<string, number>>;
}

interface Own {
  readonly parts: Parts;
  readonly asked: Map<Digest, Set<(signed: SignedDocument) => void>>;
  readonly refusals: Record<string, number>;
}

export function createAnswering(parts: Parts): Answering {
  const own: Own = { parts, asked: new Map(), refusals: {} };
  return {
    ask: (signed, from) => ask(own, signed, from),
    answered: (re, to, said) => answered(own, re, to, said),
    askOwner: (tag, askedMs) => askOwner(parts, tag, askedMs),
    refusals: own.refusals,
  };
}

async function ask(own: Own, signed: SignedDocument, from: Key): Promise<SignedDocument | null> {
  const { papers, ground, drivers, publishing, host, input } = own.parts;
  const read = papers.readRequest(signed, from);
  if (read === null) return null;
  const { request, re } = read;
  const spec = request.say === 'reserve' ? request.spec : host().leases.get(request.id)?.spec;
  const busy = request.say === 'reserve' ? await busyPorts(publishing, request.spec) : [];
  const right = rightOf(ground(), request, spec ?? null);
  const driver = spec === undefined ? null : drivers.pick(spec);
  const estimate = driver === null || spec === undefined ? null : driver.estimate(spec);
  return new Promise((resolve) => {
    // The same request may be asked again before it is answered.
    const waiting = own.asked.get(re) ?? new Set();
    own.asked.set(re, waiting.add(resolve));
    input({ is: 'request', re, request, right, estimate, busy });
  });
}

/** Ports of this host that the spec names, and other programs have. */
async function busyPorts(publishing: Publishing, { network }: Spec): Promise<readonly string[]> {
  if (network.mode !== 'egress') return [];
  const named = network.publish.flatMap(({ hostPort, protocol }) =>
    hostPort === undefined ? [] : [{ hostPort, protocol }],
  );
  return named.length === 0 ? [] : publishing.taken(named);
}

function answered(own: Own, re: Digest, to: Request, said: Said): void {
  const { self, papers, now } = own.parts;
  if (said.say === 'refused') own.refusals[said.code] = (own.refusals[said.code] ?? 0) + 1;
  const { id, generation, digest, from } = to;
  const at = now().wallMs;
  const head = { v: 1 as const, re, id, generation, digest, from: self, to: from, at };
  const signed = papers.signAnswer({ ...head, ...said });
  const waiting = own.asked.get(re);
  own.asked.delete(re);
  for (const resolve of waiting ?? []) resolve(signed);
}

async function askOwner(parts: Parts, tag: Tag, askedMs: number): Promise<void> {
  const { self, papers, now, input } = parts;
  const { id, generation, digest, owner } = tag;
  const at = now().wallMs;
  const request: Request = {
    ...{ v: 1, id, generation, digest, from: self, to: owner, at, say: 'mine' },
  };
  try {
    const signed = await parts.askOwner(owner, papers.signRequest(request));
    const answer = papers.readAnswer(request, signed);
    if (answer === null || (answer.say !== 'keep' && answer.say !== 'drop')) return;
    input({ is: 'verdict', id, generation, askedMs, keep: answer.say === 'keep' });
  } catch {
    // It is asked again by the core's own clock.
  }
}
