// What a host answers to the signed requests of placers: reserve, go, cancel, stop. The same
// request finds the same answer, an older or another one a refusal that says what is here. Nothing
// is answered before what it promises is safe. Spec: docs/running.md, "Requests".

import type { Key } from '../proto/ids.ts';
import { type Admission, admit } from './admission.ts';
import type { Refusal, RefusalCode, Request } from './documents.ts';
import { tooLate } from './fence.ts';
import { end, failure } from './host-ends.ts';
import { GO_MS, LEASES_MAX } from './host-limits.ts';
import type { Effect, Host, Input, Right, Said } from './host-state.ts';
import { type Turn, enter, retire, say, take } from './host-turn.ts';
import { type Charge, type Lease, type Life, type Moment, NEW_LIFE, type Past } from './lease.ts';
import { pastOf } from './past.ts';
import { isFresh } from './signing.ts';
import type { Spec } from './spec.ts';
import { shownState } from './stages.ts';

type Asked = Extract<Input, { readonly is: 'request' }>;
type Of<Say extends Request['say']> = Extract<Request, { readonly say: Say }>;

export function onRequest(turn: Turn, asked: Asked): void {
  const said = answerTo(turn, asked);
  if (said !== null) say(turn, asked.request.id, answer(asked, said));
}

function answer({ re, request }: Asked, said: Said): Effect {
  return { do: 'answer', re, to: request, said };
}

/** Null: it is given behind an entry of its own. */
function answerTo(turn: Turn, asked: Asked): Said | null {
  const { request } = asked;
  const { host, now } = turn;
  if (request.to !== host.key) return no('not-addressed', 'it is for another node');
  if (!isFresh(request, now.wallMs)) {
    const ageS = Math.round((now.wallMs - request.at) / 1_000);
    return no('stale-request', `by the clock here it is ${ageS} s old`);
  }
  if (host.recovering) return no('recovering', 'it has just come up and looks for its work');
  const other = otherThan(host, request, asked.right);
  if (other !== null) return other;
  switch (request.say) {
    case 'reserve':
      return onReserve(turn, asked, request);
    case 'go':
      return onGo(turn, asked);
    case 'cancel':
      return onCancel(turn, asked);
    case 'stop':
      return onStop(turn, asked, request);
    case 'mine':
      return no('policy', 'it is the owner who is asked that');
  }
}

/** What is known here by that id, where the request is not about it or not by who may. */
function otherThan(host: Host, request: Request, right: Right): Refusal | null {
  const { id, digest, generation, from, say: what } = request;
  const known = host.leases.get(id) ?? pastOf(host.past, id);
  if (known === undefined) return null;
  if (known.owner !== from) {
    if (what !== 'stop') return no('not-authorised', 'another node answers for it');
    if (!right.may) return denied(right);
  }
  if (known.digest !== digest) return no('digest-mismatch', `by that id it has ${known.digest}`);
  if (generation >= known.generation) return null;
  const why = `it knows generation ${known.generation}`;
  return { ...no('stale-generation', why), needs: known.generation, has: generation };
}

function onReserve(turn: Turn, asked: Asked, request: Of<'reserve'>): Said | null {
  const { host } = turn;
  const known = host.leases.get(request.id);
  const past = pastOf(host.past, request.id);
  const isSame = (it: Lease | Past | undefined): boolean => it?.generation === request.generation;
  if (known !== undefined && isSame(known)) return repeated(turn, known);
  // A `go` that is still under way must not find room that is reserved anew.
  if (past !== undefined && isSame(past))
    return past.state === null
      ? no('unknown-work', 'that reservation is over: a later generation may be placed')
      : { say: 'going', state: past.state };
  if (known !== undefined && known.life.stage !== 'reserved') {
    end(turn, known, supersededBy(known, request.generation));
    return no('policy', `generation ${known.generation} is still here, and is put away first`);
  }
  const admission = judge(turn, asked, request, known);
  if ('say' in admission) return admission;
  if (known !== undefined) retire(turn, known, null);
  const lease = leaseOf(turn, asked, request, admission.charge);
  take(turn, lease, answer(asked, { say: 'reserved', goMs: GO_MS }));
  return null;
}

/** An owner that places a later generation does not want the earlier one. */
function supersededBy({ life: { stage } }: Lease, generation: number): Partial<Life> {
  const why = `its owner placed generation ${generation}`;
  return { failure: failure('owner-silent', stage, why) };
}

function repeated({ now }: Turn, lease: Lease): Said {
  if (lease.life.stage !== 'reserved') return { say: 'going', state: shownState(lease) };
  return { say: 'reserved', goMs: Math.max(0, lease.life.sinceMs + GO_MS - now.monoMs) };
}

/** `instead`: a reservation of an older generation, whose room counts as free. */
function judge(
  { host, now }: Turn,
  { right, estimate, busy = [] }: Asked,
  { id, spec, from }: Of<'reserve'>,
  instead: Lease | undefined,
): Admission {
  if (!right.may) return denied(right);
  if (host.draining !== 'no') return no('draining', 'it takes no new work');
  if (estimate === null) return no('no-driver', `it has nothing to run a ${spec.kind} with`);
  const { startByMs, expiresMs } = momentsOf(spec, now);
  if (startByMs !== null && startByMs <= now.monoMs)
    return no('past-start-by', `limits.startBy is ${spec.limits.startBy}`);
  if (expiresMs !== null && expiresMs <= now.monoMs)
    return no('past-start-by', `lifecycle.expiresAt is ${spec.lifecycle.expiresAt}`);
  if (host.stalledUntilMs !== null) return no('no-disk', 'its journal cannot be written');
  const others = instead === undefined ? host.leases : withoutId(host.leases, instead.id);
  if (others.size >= LEASES_MAX)
    return { ...no('policy', 'it has too many leases'), needs: others.size + 1, has: LEASES_MAX };
  const crowd = crowded(others, right, from);
  return crowd ?? admit({ ...host, leases: others }, spec, { ...estimate, id, busy });
}

function withoutId(leases: Host['leases'], id: string): Host['leases'] {
  const rest = new Map(leases);
  rest.delete(id);
  return rest;
}

/** A grant bounds how many of an owner are here at once. */
function crowded(
  leases: Host['leases'],
  { grant, concurrent }: Extract<Right, { readonly may: true }>,
  owner: Key,
): Refusal | null {
  if (concurrent === null) return null;
  let count = 1;
  for (const lease of leases.values())
    if (lease.owner === owner && lease.grant === grant) count += 1;
  if (count <= concurrent) return null;
  const why = `the grant allows ${concurrent} at once`;
  return { ...no('too-much', why), needs: count, has: concurrent };
}

function leaseOf(
  { now }: Turn,
  { re, right }: Asked,
  { id, generation, digest, from, spec }: Of<'reserve'>,
  charge: Charge,
): Lease {
  return {
    grant: right.may ? right.grant : null,
    ...{ id, generation, digest, owner: from, spec, request: re, charge },
    takenMs: now.monoMs,
    ...momentsOf(spec, now),
    life: { ...NEW_LIFE, sinceMs: now.monoMs },
  };
}

function onGo(turn: Turn, asked: Asked): Said | null {
  const { host, now } = turn;
  const { id, generation } = asked.request;
  const lease = host.leases.get(id);
  if (lease === undefined || lease.generation !== generation) return absent(host, asked.request);
  if (lease.life.stage !== 'reserved') return { say: 'going', state: shownState(lease) };
  if (!asked.right.may) return letGo(turn, asked, lease, denied(asked.right));
  if (host.draining === 'frozen') return no('draining', 'nothing is started at this moment');
  const late = tooLate(host, lease, now);
  if (late !== null)
    return letGo(turn, asked, lease, no('past-start-by', late.failure?.why ?? 'it has expired'));
  const going = enter(turn, lease, 'preparing');
  return { say: 'going', state: shownState(going) };
}

/** Room is not kept for what will not be started. */
function letGo(turn: Turn, asked: Asked, lease: Lease, refusal: Refusal): null {
  retire(turn, lease, null, answer(asked, refusal));
  return null;
}

function absent({ past }: Host, { id, generation }: Request): Said {
  const it = pastOf(past, id);
  if (it === undefined || it.generation !== generation)
    return no('unknown-work', 'nothing is reserved by that id and generation');
  if (it.state === null) return no('unknown-work', 'the reservation has lapsed');
  return { say: 'going', state: it.state };
}

function onCancel(turn: Turn, asked: Asked): Said | null {
  const { id, generation } = asked.request;
  const lease = turn.host.leases.get(id);
  if (lease !== undefined && lease.generation === generation) {
    if (lease.life.stage !== 'reserved') return no('policy', 'it is started: stop it instead');
    retire(turn, lease, null, answer(asked, { say: 'done' }));
    return null;
  }
  const past = pastOf(turn.host.past, id);
  const isGone = past?.generation === generation && past.state === null;
  return isGone ? { say: 'done' } : absent(turn.host, asked.request);
}

function onStop(turn: Turn, asked: Asked, { id, generation, kill }: Of<'stop'>): Said | null {
  const { host } = turn;
  const lease = host.leases.get(id);
  if (lease === undefined || lease.generation !== generation) {
    const past = pastOf(host.past, id);
    return past?.generation === generation ? { say: 'done' } : absent(host, asked.request);
  }
  if (lease.life.stage === 'reserved') {
    retire(turn, lease, null, answer(asked, { say: 'done' }));
    return null;
  }
  end(turn, lease, { asked: true });
  const after = turn.host.leases.get(id);
  if (kill && after?.life.stage === 'stopping') enter(turn, after, 'killing');
  return { say: 'done' };
}

/** Times of a spec are wall time; from here on the clock that nobody sets counts. */
export function momentsOf(
  { limits, lifecycle }: Spec,
  { monoMs, wallMs }: Moment,
): Pick<Lease, 'startByMs' | 'expiresMs'> {
  const mono = (text: string | undefined): number | null =>
    text === undefined ? null : Date.parse(text) - wallMs + monoMs;
  return { startByMs: mono(limits.startBy), expiresMs: mono(lifecycle.expiresAt) };
}

function denied({ may: _may, ...why }: Extract<Right, { readonly may: false }>): Refusal {
  return { say: 'refused', ...why };
}

function no(code: RefusalCode, why: string): Refusal {
  return { say: 'refused', code, why };
}
