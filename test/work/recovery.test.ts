// A host that comes up again, by itself or with its machine; and one whose owner falls silent.

import { describe, expect, test } from 'vitest';
import { hostFrom, snapshotOf } from '../../work/host-recovery.ts';
import type { Effect } from '../../work/host-state.ts';
import type { Spec } from '../../work/spec.ts';
import { ID, OWNER, OneHost, SELF, job } from './one-host.ts';

function kinds(effects: readonly Effect[]): string[] {
  return effects.flatMap((it) =>
    it.do === 'drive' ? [it.act] : it.do === 'changed' ? [] : [it.do],
  );
}

/** What was said and done, but for the journal. */
function done(one: OneHost): string[] {
  return kinds(one.take()).filter((kind) => kind !== 'store');
}

/** A host with a job in a stage. */
function at(stage: string, spec: Spec = job()): OneHost {
  const one = OneHost.ready();
  one.ask(one.reserve(spec));
  if (stage === 'reserved') return one;
  one.ask(one.request('go', spec));
  if (stage === 'preparing') return one;
  one.give({ is: 'prepared', of: one.of() });
  if (stage === 'starting') return one;
  one.give({ is: 'started', of: one.of(), startedAtMs: one.now().wallMs, image: 'busybox' });
  if (stage === 'verifying') return one;
  one.give({ is: 'verified', of: one.of(), granted: { a: 1 } });
  if (stage === 'running') return one;
  if (stage === 'stopping') {
    one.ask(one.request('stop', spec));
    return one;
  }
  one.end(0);
  if (stage === 'closing') return one;
  one.give({ is: 'receipted', of: one.of() });
  if (stage !== 'clearing') throw new Error(stage);
  return one;
}

describe('a daemon that comes up again', () => {
  test('promises nothing before its drivers have looked, and has what it had promised', () => {
    const before = at('running');
    const one = new OneHost(before.journal);
    expect(one.host.recovering).toBe(true);
    expect(one.lease()?.charge).toEqual(before.lease()?.charge);
    expect(one.lease()?.life).toEqual(before.lease()?.life);
    one.pass(100);
    expect(done(one)).toEqual([]);
  });

  test.each([
    ['preparing', false, 'preparing', ['prepare']],
    ['starting', false, 'preparing', ['prepare']],
    ['starting', true, 'verifying', ['adopt', 'verify']],
    ['verifying', true, 'verifying', ['adopt', 'verify']],
    ['running', true, 'running', ['adopt']],
    ['running', false, 'closing', ['receipt']],
    ['stopping', true, 'stopping', ['adopt', 'stop']],
    ['stopping', false, 'closing', ['receipt']],
    ['closing', true, 'closing', ['receipt']],
    ['clearing', false, 'clearing', ['destroy']],
  ])('%s, found %s: %s', (stage, isFound, then, acts) => {
    const before = at(stage);
    const one = before.restart(isFound ? [before.found()] : []);
    expect(one.stage()).toBe(then);
    expect(done(one)).toEqual(acts);
  });

  test('what ran and is gone has failed, or begins anew by its policy', () => {
    const gone = at('running').restart([]);
    expect(gone.lease()?.life).toMatchObject({ failure: { code: 'host-restarted' } });
    gone.clear();
    expect(gone.host.failed).toBe(1);
    const again = at('running', job({ lifecycle: { restart: 'always' } })).restart([]);
    expect(again.stage()).toBe('clearing');
    again.clear();
    again.pass(1);
    expect(again.stage()).toBe('preparing');
  });

  test('what was to be stopped is not started again', () => {
    const one = at('stopping', job({ lifecycle: { restart: 'always' } })).restart([]);
    expect(one.lease()?.life).toMatchObject({ stage: 'closing', outcome: 'done', failure: null });
  });

  test('a reservation is kept for the time that is left of it', () => {
    const before = at('reserved');
    before.monoMs += 20_000;
    const one = before.restart();
    expect(one.stage()).toBe('reserved');
    one.pass(8);
    expect(one.stage()).toBeUndefined();
  });

  test('what nobody reserved is left alone; what is over is taken away', () => {
    const before = at('running');
    const found = before.found();
    const stranger = { ...found, tag: { ...found.tag, id: ID.replace(/D$/, 'E') } };
    before.end(0);
    before.clear();
    const one = before.restart([found, stranger]);
    expect(done(one).toSorted()).toEqual(['destroy', 'tell']);
  });
});

describe('a machine that comes up again', () => {
  test('has lost what ran; a reservation has lapsed', () => {
    expect(at('reserved').restart([], 'boot-2').stage()).toBeUndefined();
    const one = at('starting').restart([], 'boot-2');
    expect(one.lease()?.life).toMatchObject({ failure: { code: 'host-restarted' } });
    expect(done(one)).not.toContain('start');
  });

  test('counts by its new clock, and knows it as such from then on', () => {
    const spec = job({ lifecycle: { restart: 'always' }, limits: { maxRuntimeS: 60 } });
    const up = at('running', spec).restart([], 'boot-2');
    up.clear();
    up.pass(1);
    up.begin();
    up.pass(10);
    const one = up.restart([up.found()]);
    expect(one.host.isNewBoot).toBe(false);
    expect(one.lease()?.life.runningSinceMs).toBe(up.lease()?.life.runningSinceMs);
    one.pass(50);
    expect(one.stage()).toBe('stopping');
  });
});

describe('the journal', () => {
  test('written anew says the same', () => {
    const stages = ['reserved', 'preparing', 'running', 'stopping', 'closing', 'clearing'];
    for (const stage of stages) {
      const one = at(stage);
      const short = hostFrom(SELF, snapshotOf(one.host), one.boot, one.now());
      const { facts: _facts, ...known } = one.host;
      expect(short).toMatchObject({ ...known, recovering: true, watched: new Map(), seq: 0 });
    }
  });
});

const REPLACE = job({
  lifecycle: { onHostLoss: 'replace', lostAfterS: 180, stopGraceS: 300 },
  limits: { maxRuntimeS: 10_000 },
});

/** The owner answers every question from here on, or does not. */
function passing(one: OneHost, seconds: number, answer: 'keep' | 'drop' | null): void {
  for (let i = 0; i < seconds; i++) {
    one.pass(1);
    const ask = one.take().findLast((it) => it.do === 'ask');
    if (ask?.do !== 'ask' || answer === null) continue;
    const verdict = { keep: answer === 'keep', askedMs: ask.askedMs };
    one.give({ is: 'verdict', id: ID, generation: 1, ...verdict });
  }
}

describe('an owner that falls silent', () => {
  test('60 s before it may count the host as lost, its work stops', () => {
    const one = at('running', REPLACE);
    passing(one, 1_000, 'keep');
    expect(one.stage()).toBe('running');
    passing(one, 100, null);
    expect(one.stage()).toBe('running');
    passing(one, 20, null);
    expect(one.stage()).toBe('stopping');
    // Whatever its own grace is.
    passing(one, 30, null);
    expect(one.stage()).toBe('killing');
    one.end(null, { signal: 'SIGKILL' });
    expect(one.stage()).toBe('clearing');
    one.clear();
    expect(one.stage()).toBe('held');
    one.pass(100);
    expect(one.stage()).toBe('held');
  });

  test('its heartbeats alone let nothing go on; its answer does', () => {
    const one = at('running', REPLACE);
    for (let i = 0; i < 12; i++) {
      passing(one, 10, null);
      one.give({ is: 'heard', owner: OWNER, missesUs: false });
    }
    expect(one.stage()).toBe('stopping');
    one.end(0);
    one.clear();
    passing(one, 12, 'keep');
    expect(one.stage()).toBe('preparing');
    expect(one.of().run).toBe(2);
  });

  test('an answer counts from its question on, however late it comes', () => {
    const one = at('running', REPLACE);
    const askedMs = one.monoMs;
    passing(one, 119, null);
    one.give({ is: 'verdict', id: ID, generation: 1, askedMs, keep: true });
    passing(one, 1, null);
    expect(one.stage()).toBe('stopping');
  });

  test('after its return it may say that the copy is not wanted', () => {
    const one = at('running', REPLACE);
    passing(one, 125, null);
    one.end(0);
    one.clear();
    passing(one, 12, 'drop');
    expect(one.lease()?.life).toMatchObject({
      stage: 'closing',
      failure: { code: 'owner-silent' },
    });
  });

  test('what pauses too long does not go on with an answer in its mailbox', () => {
    const one = at('running', REPLACE);
    one.monoMs += 500_000;
    one.give({ is: 'heard', owner: OWNER, missesUs: false });
    // All of its time for a polite end is over, too.
    expect(one.stage()).toBe('killing');
  });

  test('a start that waits for the disk is not made after the fence', () => {
    const one = at('preparing', REPLACE);
    one.isQuick = false;
    one.take();
    one.give({ is: 'prepared', of: one.of() });
    one.monoMs += 121_000;
    one.sync();
    one.sync();
    expect(one.acts()).not.toContain('start');
    expect(one.lease()?.life.outcome).toBe('held');
  });

  test('a guard is told before the start, and with each answer: after the fence, before the loss', () => {
    const one = at('preparing', REPLACE);
    const takenMs = one.lease()?.takenMs ?? 0;
    one.take();
    one.give({ is: 'prepared', of: one.of() });
    const begun = one.take().filter((it) => it.do === 'guard' || it.do === 'drive');
    const untilMs = takenMs + 160_000;
    expect(begun).toMatchObject([
      { do: 'guard', untilMs },
      { do: 'drive', act: 'start' },
    ]);
    const askedMs = one.monoMs + 5_000;
    one.give({ is: 'verdict', id: ID, generation: 1, askedMs, keep: true });
    expect(one.take()).toContainEqual(
      expect.objectContaining({ do: 'guard', untilMs: askedMs + 160_000 }),
    );
    const other = at('preparing', job());
    other.give({ is: 'prepared', of: other.of() });
    expect(kinds(other.take())).not.toContain('guard');
  });

  test.each([true, false])(
    'its owner is asked about what a guard has ended: found %s',
    (isFound) => {
      const before = at('running', REPLACE);
      before.monoMs += 400_000;
      const one = before.restart(isFound ? [before.found()] : []);
      if (isFound) one.end(null, { signal: 'SIGKILL' });
      one.clear();
      expect(one.stage()).toBe('held');
      passing(one, 12, 'keep');
      expect(one.stage()).toBe('preparing');
    },
  );

  test('other work waits for its owner without end', () => {
    const one = at('running', job({ limits: { maxRuntimeS: 100_000 } }));
    one.monoMs += 90_000_000;
    one.give({ is: 'look' });
    expect(one.stage()).toBe('running');
  });

  test('after the machine came up nothing of it starts before the owner has answered', () => {
    const spec = job({ lifecycle: { onHostLoss: 'replace', restart: 'always' } });
    const one = at('running', spec).restart([], 'boot-2');
    one.clear();
    one.pass(2);
    one.clear();
    one.pass(60);
    expect(one.stage()).toBe('held');
    expect(kinds(one.take())).not.toContain('start');
    passing(one, 12, 'keep');
    expect(one.stage()).toBe('preparing');
  });

  test('after the daemon came up its last answer still counts, and no more than that', () => {
    const before = at('running', REPLACE);
    passing(before, 300, 'keep');
    const one = before.restart([before.found()]);
    one.pass(60);
    expect(one.stage()).toBe('running');
    one.pass(60);
    expect(one.stage()).toBe('stopping');
  });

  test('room is kept for a day, and then it is over', () => {
    const one = at('running', REPLACE);
    passing(one, 125, null);
    one.end(0);
    one.clear();
    one.monoMs += 86_400_000;
    one.give({ is: 'look' });
    one.clear();
    expect(one.host.failed).toBe(1);
  });
});
