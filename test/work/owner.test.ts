// The owner's step, one rule at a time. The same with real hosts and trouble: owner-sim.test.ts.

import { describe, expect, test } from 'vitest';
import type { Digest, Key } from '../../proto/ids.ts';
import type { Answer, Receipt, Request, SignedDocument } from '../../work/documents.ts';
import { stepOwner } from '../../work/owner.ts';
import { HOSTS_ASKED_MAX, RESERVE_TRIES_MAX } from '../../work/owner-limits.ts';
import {
  type Owner,
  type OwnerInput,
  type OwnerOut,
  ownedAnew,
  startOwner,
} from '../../work/owner-state.ts';
import { viewOf } from '../../work/owner-view.ts';
import type { Owned } from '../../work/owned.ts';
import { keyOf } from './owner-world.ts';
import { specOf } from './specs.ts';

const [SELF, ATTIC, BARN, CELLAR] = ['self', 'attic', 'barn', 'cellar'].map(keyOf) as [
  Key,
  Key,
  Key,
  Key,
];
const ID = '01JE2HZ6Q3M8Y5T0V7XW9KB4CD';
const DIGEST = 'd'.repeat(43) as Digest;
const PAPER: SignedDocument = { document: 'paper', signature: 'signed' };

interface Bench {
  owner: Owner;
  monoMs: number;
  wallMs: number;
  /** Everything that was to be done since the last look at it. */
  out: OwnerOut[];
}

function bench(kept: readonly Owned[] = []): Bench {
  const [monoMs, wallMs] = [5_000_000, 1_800_000_000_000];
  return { owner: startOwner(SELF, kept, { monoMs, wallMs }), monoMs, wallMs, out: [] };
}

function tell(on: Bench, input: OwnerInput): OwnerOut[] {
  const { monoMs, wallMs } = on;
  const { owner, out } = stepOwner(on.owner, input, { monoMs, wallMs });
  on.owner = owner;
  on.out.push(...out);
  return [...out];
}

function passes(on: Bench, ms: number, also: () => void = () => undefined): OwnerOut[] {
  const out: OwnerOut[] = [];
  for (let passed = 0; passed < ms; passed += 1_000) {
    on.monoMs += 1_000;
    on.wallMs += 1_000;
    also();
    out.push(...tell(on, { kind: 'look' }));
  }
  return out;
}

function specWith(lifecycle: object = {}): ReturnType<typeof specOf> & { id: string } {
  return { ...specOf({ id: ID, name: 'hello', lifecycle, job: { image: 'busybox' } }), id: ID };
}

function placed(order: readonly Key[], lifecycle: object = {}): Bench {
  const on = bench();
  tell(on, { kind: 'place', owned: ownedAnew(specWith(lifecycle), DIGEST, order, on.wallMs) });
  return on;
}

function requestsIn(out: readonly OwnerOut[]): Request[] {
  return out.flatMap((one) => (one.kind === 'ask' ? [one.request] : []));
}

function saidIn(out: readonly OwnerOut[]): string[] {
  return requestsIn(out).map(({ say, to, generation }) => `${say} ${nameOf(to)} ${generation}`);
}

function nameOf(key: Key): string {
  return key.replaceAll('-', '');
}

function lastAsked(on: Bench): Request {
  return requestsIn(on.out).at(-1) as Request;
}

type Said =
  | { say: 'reserved'; goMs: number }
  | { say: 'going'; state: 'preparing' | 'running' | 'done' }
  | { say: 'done' }
  | {
      say: 'refused';
      code: 'no-mem' | 'unknown-work' | 'recovering' | 'past-start-by';
      why: string;
    };

function answer(on: Bench, said: Said, request = lastAsked(on)): OwnerOut[] {
  const { v, id, generation, digest, from, to } = request;
  const head = { v, id, generation, digest, from: to, to: from, at: on.wallMs };
  const whole = { ...head, re: DIGEST, ...said } as Answer;
  return tell(on, { kind: 'answer', request, answer: whole, evidence: PAPER });
}

function going(lifecycle: object = {}, order: readonly Key[] = [ATTIC, BARN]): Bench {
  const on = placed(order, lifecycle);
  answer(on, { say: 'reserved', goMs: 30_000 });
  answer(on, { say: 'going', state: 'preparing' });
  return on;
}

function ownedIn(on: Bench): Owned {
  return (on.owner.works.get(ID) as { owned: Owned }).owned;
}

function receiptOf(host: Key, generation: number, more: Partial<Receipt> = {}): Receipt {
  return {
    ...{ v: 1, id: ID, generation, kind: 'job', name: 'hello', digest: DIGEST, host, owner: SELF },
    ...{ image: 'busybox', inputs: [], granted: {}, startedAt: 1, endedAt: 2, exit: 0 },
    ...{ ended: 'done', failure: null, logsHash: DIGEST, outputs: {}, executionHash: DIGEST },
    ...more,
  };
}

describe('asking', () => {
  test('the best is asked, and told to go when it has reserved; each is kept first', () => {
    const on = placed([ATTIC, BARN]);
    expect(on.out.map(({ kind }) => kind)).toEqual(['keep', 'tell', 'ask']);
    expect(saidIn(on.out)).toEqual(['reserve attic 1']);
    const out = answer(on, { say: 'reserved', goMs: 30_000 });
    expect(out.map(({ kind }) => kind)).toEqual(['keep', 'tell', 'ask']);
    expect(saidIn(out)).toEqual(['go attic 1']);
    answer(on, { say: 'going', state: 'preparing' });
    expect(ownedIn(on).phase).toEqual({ at: 'following', host: ATTIC, state: 'preparing' });
  });

  test('a refusal is kept with its signature, and the next one is asked', () => {
    const on = placed([ATTIC, BARN]);
    const out = answer(on, { say: 'refused', code: 'no-mem', why: 'needs 8, has 4' });
    expect(saidIn(out)).toEqual(['reserve barn 1']);
    expect(ownedIn(on).asked).toEqual([
      { host: ATTIC, generation: 1, code: 'no-mem', why: 'needs 8, has 4', evidence: PAPER },
    ]);
    answer(on, { say: 'refused', code: 'no-mem', why: 'needs 8, has 5' });
    expect(ownedIn(on).phase).toMatchObject({ at: 'ended', how: 'unplaced' });
    expect(passes(on, 60_000)).toEqual([]);
  });

  test('what no host would take is asked of no other', () => {
    const on = placed([ATTIC, BARN]);
    answer(on, { say: 'refused', code: 'past-start-by', why: 'it was at 8' });
    expect(ownedIn(on).phase).toMatchObject({ at: 'ended', how: 'unplaced', why: 'it was at 8' });
  });

  test('hosts asked are bounded', () => {
    const many = Array.from({ length: 20 }, (_, i) => keyOf(`host${i}`));
    const on = placed(many);
    for (let i = 0; i < 20; i++) {
      if (ownedIn(on).phase.at !== 'reserving') break;
      answer(on, { say: 'refused', code: 'no-mem', why: 'no' });
    }
    expect(requestsIn(on.out)).toHaveLength(HOSTS_ASKED_MAX);
    expect(ownedIn(on).phase).toMatchObject({ at: 'ended', how: 'unplaced' });
  });

  test('a reservation without an answer is asked for again, then cancelled and left', () => {
    const on = placed([ATTIC, BARN]);
    const [first] = requestsIn(on.out);
    const out = passes(on, 40_000);
    const asked = requestsIn(out);
    const again = asked.filter(({ say, to }) => say === 'reserve' && to === ATTIC);
    expect(again).toHaveLength(RESERVE_TRIES_MAX - 1);
    expect(again.every((one) => one === first)).toBe(true);
    expect(asked.some(({ say, to }) => say === 'cancel' && to === ATTIC)).toBe(true);
    expect(asked.some(({ say, to }) => say === 'reserve' && to === BARN)).toBe(true);
    // It answers after all: nothing is told to go there.
    answer(on, { say: 'reserved', goMs: 30_000 }, first);
    expect(ownedIn(on).phase).toMatchObject({ at: 'reserving', host: BARN });
  });
});

describe('a go without an answer', () => {
  test('is unknown, and the same is said to the same host again, never elsewhere', () => {
    const on = placed([ATTIC, BARN, CELLAR]);
    answer(on, { say: 'reserved', goMs: 30_000 });
    const go = lastAsked(on);
    const out = tell(on, { kind: 'silent', request: go, why: 'timed out' });
    expect(out).toEqual([
      { kind: 'tell', id: ID, step: { what: 'unknown', host: ATTIC, why: 'timed out' } },
    ]);
    const asked = requestsIn(passes(on, 30 * 60_000));
    expect(asked.length).toBeGreaterThan(60);
    expect(asked.every((one) => one === go)).toBe(true);
    const live = on.owner.works.get(ID);
    const view = live === undefined ? null : viewOf(on.owner, live, on);
    expect(view).toMatchObject({ phase: 'going', unknown: 'timed out', standing: 'unreachable' });
    answer(on, { say: 'going', state: 'running' }, go);
    expect(ownedIn(on).phase).toEqual({ at: 'following', host: ATTIC, state: 'running' });
  });

  test('goes on with the same host after a restart of the owner', () => {
    const on = placed([ATTIC, BARN]);
    answer(on, { say: 'reserved', goMs: 30_000 });
    const later = bench([ownedIn(on)]);
    expect(saidIn(passes(later, 1_000))).toEqual(['go attic 1']);
  });

  test('that is refused by signature gives the next host a generation of its own', () => {
    const on = placed([ATTIC, BARN]);
    answer(on, { say: 'reserved', goMs: 30_000 });
    const out = answer(on, { say: 'refused', code: 'unknown-work', why: 'it has lapsed' });
    expect(saidIn(out)).toEqual(['reserve barn 2']);
    expect(out[0]).toMatchObject({ kind: 'tell' });
    expect(ownedIn(on).generation).toBe(2);
  });

  test('may have been heard: a host that knows nothing of it is asked for a receipt first', () => {
    const on = placed([ATTIC, BARN]);
    answer(on, { say: 'reserved', goMs: 30_000 });
    passes(on, 10_000);
    const nothing = { say: 'refused', code: 'unknown-work', why: 'nothing is here' } as const;
    const asked = { kind: 'receipt', to: ATTIC, id: ID, generation: 1 };
    expect(answer(on, nothing)).toEqual([asked]);
    expect(saidIn(passes(on, 16_000))).toEqual(['go attic 1']);
    expect(saidIn(answer(on, nothing))).toEqual(['reserve barn 2']);
    // So it is after a restart: nobody knows what was said before.
    const other = placed([ATTIC, BARN]);
    answer(other, { say: 'reserved', goMs: 30_000 });
    const later = bench([ownedIn(other)]);
    passes(later, 1_000);
    expect(answer(later, nothing)).toEqual([asked]);
    tell(later, { kind: 'receipt', receipt: receiptOf(ATTIC, 1), evidence: PAPER });
    expect(ownedIn(later).phase).toMatchObject({ at: 'ended', how: 'done' });
  });

  test('that meets a host which is coming up is said again', () => {
    const on = placed([ATTIC, BARN]);
    answer(on, { say: 'reserved', goMs: 30_000 });
    answer(on, { say: 'refused', code: 'recovering', why: 'it looks for its work' });
    expect(ownedIn(on).phase).toEqual({ at: 'going', host: ATTIC });
    expect(saidIn(passes(on, 4_000))).toEqual(['go attic 1']);
  });
});

describe('a host that is lost', () => {
  const REPLACE = { onHostLoss: 'replace', lostAfterS: 120 };

  test('of work marked replace: a generation anew after lostAfter of silence, and not before', () => {
    const on = going(REPLACE);
    const heardFor = 60_000;
    passes(on, heardFor, () => tell(on, { kind: 'heard', from: ATTIC }));
    const early = passes(on, 119_000);
    expect(early.some(({ kind }) => kind === 'plan')).toBe(false);
    const out = passes(on, 2_000);
    expect(out).toContainEqual({ kind: 'plan', id: ID, avoid: [ATTIC] });
    const kept = out.findIndex(({ kind }) => kind === 'keep');
    expect(kept).toBeLessThan(out.findIndex(({ kind }) => kind === 'plan'));
    expect(ownedIn(on)).toMatchObject({
      ...{ generation: 2, phase: { at: 'planning' } },
      past: [{ host: ATTIC, generation: 1 }],
    });
    const next = tell(on, { kind: 'planned', id: ID, order: [BARN], why: '' });
    expect(saidIn(next)).toEqual(['reserve barn 2']);
  });

  test('of all other work waits for a person', () => {
    const on = going({ lostAfterS: 120 });
    passes(on, 3 * 3_600_000);
    expect(ownedIn(on)).toMatchObject({ generation: 1, phase: { at: 'following', host: ATTIC } });
  });

  test('the wall clock is nobody’s business, and neither is the owner’s own sleep', () => {
    const on = going(REPLACE);
    on.wallMs += 86_400_000;
    expect(passes(on, 60_000).some(({ kind }) => kind === 'plan')).toBe(false);
    on.wallMs -= 3 * 86_400_000;
    // The process stood still for an hour: that is no hour of silence.
    on.monoMs += 3_600_000;
    expect(passes(on, 40_000).some(({ kind }) => kind === 'plan')).toBe(false);
    expect(passes(on, 30_000).some(({ kind }) => kind === 'plan')).toBe(true);
  });

  test('a restart of the owner counts from the start', () => {
    const on = going(REPLACE);
    passes(on, 110_000);
    const later = bench([ownedIn(on)]);
    expect(passes(later, 118_000).some(({ kind }) => kind === 'plan')).toBe(false);
    expect(passes(later, 4_000).some(({ kind }) => kind === 'plan')).toBe(true);
  });

  test('who was told to keep its copy has as long again', () => {
    const on = going(REPLACE);
    passes(on, 110_000);
    const { say: _, ...head } = { ...lastAsked(on), from: ATTIC, to: SELF };
    const request = { ...head, say: 'mine' } as Request;
    expect(tell(on, { kind: 'mine', request })).toEqual([{ kind: 'reply', request, say: 'keep' }]);
    expect(passes(on, 118_000).some(({ kind }) => kind === 'plan')).toBe(false);
    passes(on, 4_000);
    // It has gone elsewhere: whoever asks for the older one is told to drop it.
    expect(tell(on, { kind: 'mine', request })).toEqual([{ kind: 'reply', request, say: 'drop' }]);
    const unknown: Request = { ...request, id: '01JE2HZ6Q3M8Y5T0V7XW9KB4CE' };
    expect(tell(on, { kind: 'mine', request: unknown })).toEqual([
      { kind: 'reply', request: unknown, say: null },
    ]);
  });

  test('it fits nowhere: it is looked for a place again and again', () => {
    const on = going(REPLACE);
    passes(on, 121_000);
    tell(on, { kind: 'planned', id: ID, order: [], why: 'barn: too little memory' });
    expect(passes(on, 29_000).some(({ kind }) => kind === 'plan')).toBe(false);
    expect(passes(on, 2_000).some(({ kind }) => kind === 'plan')).toBe(true);
  });
});

describe('following', () => {
  const status = (on: Bench, state: 'running' | 'done' | 'failed' | null): OwnerOut[] =>
    tell(on, { kind: 'status', from: ATTIC, id: ID, generation: 1, state });

  test('its host is asked how it is; when it has ended its receipt is fetched and kept', () => {
    const on = going();
    expect(passes(on, 3_000)).toContainEqual({
      ...{ kind: 'status', to: ATTIC, id: ID, generation: 1 },
    });
    status(on, 'running');
    expect(status(on, 'done')).toContainEqual({
      ...{ kind: 'receipt', to: ATTIC, id: ID, generation: 1 },
    });
    const out = tell(on, { kind: 'receipt', receipt: receiptOf(ATTIC, 1), evidence: PAPER });
    expect(out[0]).toMatchObject({ kind: 'keep', owned: { receipts: [PAPER] } });
    expect(ownedIn(on).phase).toEqual({ at: 'ended', host: ATTIC, how: 'done', why: '' });
    // The same twice, or of somebody else, changes nothing.
    expect(tell(on, { kind: 'receipt', receipt: receiptOf(ATTIC, 1), evidence: PAPER })).toEqual(
      [],
    );
  });

  test('what could not be started there is tried at the next host; what ran is not', () => {
    const failure = { code: 'image-missing', phase: 'prepare', why: 'no such image' } as const;
    const never = { ended: 'failed', failure, startedAt: null, exit: null } as const;
    const on = going();
    const out = tell(on, {
      ...{ kind: 'receipt', receipt: receiptOf(ATTIC, 1, never), evidence: PAPER },
    });
    expect(saidIn(out)).toEqual(['reserve barn 2']);
    const other = going();
    const ran = receiptOf(ATTIC, 1, { ...never, startedAt: 5 });
    tell(other, { kind: 'receipt', receipt: ran, evidence: PAPER });
    expect(ownedIn(other).phase).toMatchObject({
      ...{ at: 'ended', how: 'failed', why: 'image-missing: no such image' },
    });
  });

  test('the receipt of a lost copy is kept, and ends nothing', () => {
    const on = going({ onHostLoss: 'replace', lostAfterS: 120 });
    passes(on, 121_000);
    tell(on, { kind: 'planned', id: ID, order: [BARN], why: '' });
    tell(on, { kind: 'receipt', receipt: receiptOf(ATTIC, 1), evidence: PAPER });
    expect(ownedIn(on)).toMatchObject({ phase: { at: 'reserving' }, receipts: [PAPER] });
  });
});

describe('a wish to stop', () => {
  test('is kept, said to the host until it answers, and outlives the owner', () => {
    const on = going();
    tell(on, { kind: 'wish', id: ID, wish: 'stop' });
    expect(saidIn(passes(on, 1_000))).toEqual(['stop attic 1']);
    const later = bench([ownedIn(on)]);
    expect(saidIn(passes(later, 1_000))).toEqual(['stop attic 1']);
    answer(later, { say: 'done' });
    expect(saidIn(passes(later, 10_000))).toEqual([]);
    tell(later, { kind: 'wish', id: ID, wish: 'kill' });
    const [request] = requestsIn(passes(later, 1_000));
    expect(request).toMatchObject({ say: 'stop', kill: true });
  });

  test('before it was placed ends it; a reservation is cancelled', () => {
    const on = placed([ATTIC]);
    const out = tell(on, { kind: 'wish', id: ID, wish: 'stop' });
    expect(saidIn(out)).toEqual(['cancel attic 1']);
    expect(ownedIn(on).phase).toMatchObject({ at: 'ended', how: 'stopped' });
  });

  test('of work whose host is lost is not answered by starting it elsewhere', () => {
    const on = going({ onHostLoss: 'replace', lostAfterS: 120 });
    tell(on, { kind: 'wish', id: ID, wish: 'stop' });
    expect(passes(on, 600_000).some(({ kind }) => kind === 'plan')).toBe(false);
    expect(ownedIn(on).generation).toBe(1);
  });

  test('of a go that nobody has answered: nothing is left there', () => {
    const on = placed([ATTIC, BARN]);
    answer(on, { say: 'reserved', goMs: 30_000 });
    tell(on, { kind: 'wish', id: ID, wish: 'stop' });
    expect(saidIn(passes(on, 1_000))).toEqual(['stop attic 1']);
    answer(on, { say: 'refused', code: 'unknown-work', why: 'nothing is here' });
    expect(ownedIn(on).phase).toMatchObject({ at: 'ended', how: 'stopped', host: ATTIC });
  });
});
