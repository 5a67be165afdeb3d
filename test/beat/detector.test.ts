// Liveness by first-hand packets, clones, our own sleep, and the other's clock.

import { describe, expect, test } from 'vitest';
import {
  type Liveness,
  type Subject,
  type SubjectNews,
  expecting,
  heardFirstHand,
  heardOf,
  looked,
  newSubject,
  startWatch,
  waitedFor,
} from '../../beat/detector.ts';
import { CLONE_QUIET_MS, INTERVAL_MS } from '../../beat/limits.ts';
import { keyNamed } from './beats.ts';

const KEY = keyNamed('alder');

/** One subject and the time, step by step. */
function listen(start: Subject = newSubject(KEY, true, 0)) {
  let subject = start;
  let now = 0;
  const news: SubjectNews[] = [];
  return {
    get subject() {
      return subject;
    },
    news,
    wait(ms: number) {
      now += ms;
      const step = waitedFor(subject, now);
      subject = step.subject;
      news.push(...step.news);
      return this;
    },
    hear(incarnation: number, sequence: number, instance = 'x', clockMs = now, print = 0) {
      const packet = { incarnation, sequence, instance, clockMs, print };
      const step = heardFirstHand(subject, packet, now, now);
      subject = step.subject;
      news.push(...step.news);
      return step.fresh;
    },
    relayed(incarnation: number, sequence: number) {
      subject = heardOf(subject, { incarnation, sequence });
      return this;
    },
    expect(expected: boolean) {
      const step = expecting(subject, expected, now);
      subject = step.subject;
      news.push(...step.news);
      return this;
    },
  };
}

const told = (from: Liveness, to: Liveness): SubjectNews => ({
  what: 'liveness',
  key: KEY,
  from,
  to,
});

describe('liveness', () => {
  test('three missed: suspect; six: down; one heard: alive', () => {
    const ear = listen();
    ear.hear(1, 1);
    ear.wait(31_999);
    expect(ear.subject.state).toBe('alive');
    ear.wait(1);
    expect(ear.subject.state).toBe('suspect');
    ear.wait(29_999);
    expect(ear.subject.state).toBe('suspect');
    ear.wait(1);
    expect(ear.subject.state).toBe('down');
    ear.hear(1, 2);
    expect(ear.subject.state).toBe('alive');
    expect(ear.news).toEqual([
      told('unheard', 'alive'),
      told('alive', 'suspect'),
      told('suspect', 'down'),
      told('down', 'alive'),
    ]);
  });

  test('who was never heard is neither alive nor down', () => {
    expect(listen().wait(1_000_000).subject.state).toBe('unheard');
  });

  test('an old packet changes nothing, also one from before our last start', () => {
    const kept = newSubject(KEY, true, 0, {
      mark: { incarnation: 3, sequence: 7 },
      heardAtMs: 5,
    });
    const ear = listen(kept);
    expect(ear.hear(3, 7)).toBe(false);
    expect(ear.hear(2, 99)).toBe(false);
    expect(ear.subject.state).toBe('unheard');
    expect(ear.hear(3, 8)).toBe(true);
    ear.wait(100_000);
    expect(ear.hear(3, 8)).toBe(false);
    expect(ear.subject.state).toBe('down');
  });

  test('hearsay revives nobody, and does not hold back what is heard first-hand', () => {
    const ear = listen();
    ear.hear(1, 1);
    ear.wait(100_000).relayed(1, 9);
    expect(ear.subject.state).toBe('down');
    expect(ear.subject.newest.sequence).toBe(9);
    expect(ear.hear(1, 8)).toBe(true);
    expect(ear.subject.newest.sequence).toBe(9);
  });

  test('who need not speak to us is forgotten and not accused', () => {
    const ear = listen();
    ear.hear(1, 1);
    ear.expect(false).wait(100_000);
    expect(ear.subject.state).toBe('unheard');
    expect(ear.news.at(-1)).toEqual(told('alive', 'unheard'));
  });

  test('who has to speak to us from now on has its full time', () => {
    const ear = listen(newSubject(KEY, false, 0));
    ear.hear(1, 1);
    ear.wait(20_000).expect(true).wait(31_999);
    expect(ear.subject.state).toBe('alive');
    expect(ear.wait(1).subject.state).toBe('suspect');
  });
});

describe('the watch', () => {
  test('counts time that was watched, and not our own sleep', () => {
    let watch = startWatch(1_000);
    watch = looked(watch, 2_000);
    watch = looked(watch, 3_602_000);
    expect(watch.watchMs).toBe(6_000);
    watch = looked(watch, 3_603_000);
    expect(watch.watchMs).toBe(7_000);
  });
});

describe('the clock of a member', () => {
  test('is compared by the packet that was least delayed', () => {
    const ear = listen();
    ear.hear(1, 1, 'x', 500);
    expect(ear.subject.clockOffsetMs).toBe(500);
    ear.hear(1, 2, 'x', 100);
    expect(ear.subject.clockOffsetMs).toBe(450);
    ear.hear(1, 3, 'x', 620);
    expect(ear.subject.clockOffsetMs).toBe(620);
  });

  test('that jumps is followed at once', () => {
    const ear = listen();
    ear.hear(1, 1, 'x', 0);
    ear.hear(1, 2, 'x', -31_536_000_000);
    expect(ear.subject.clockOffsetMs).toBe(-31_536_000_000);
  });
});

describe('a clone', () => {
  const isClone = (ear: ReturnType<typeof listen>): boolean => ear.subject.voices.cloneMs !== null;

  test('of a started copy is found by two interleaved voices', () => {
    const ear = listen();
    for (let i = 1; i <= 3; i++) {
      ear.hear(1, 50 + i, 'first');
      ear.wait(INTERVAL_MS / 2);
      ear.hear(2, i, 'copy');
      ear.wait(INTERVAL_MS / 2);
    }
    expect(isClone(ear)).toBe(true);
    expect(ear.news).toContainEqual({ what: 'clone', key: KEY, found: true });
  });

  test('with the same incarnation is found too', () => {
    const ear = listen();
    for (let i = 1; i <= 4; i++) {
      ear.hear(2, 2 * i, 'first');
      ear.wait(INTERVAL_MS / 2);
      ear.hear(2, 2 * i, 'copy');
      ear.wait(INTERVAL_MS / 2);
    }
    expect(isClone(ear)).toBe(true);
  });

  test('of a process that was copied while it ran is found by two rising sequences', () => {
    const ear = listen();
    for (let i = 1; i <= 8; i++) {
      ear.hear(2, 100 + i, 'one');
      ear.wait(INTERVAL_MS / 2);
      ear.hear(2, 40 + i, 'one');
      ear.wait(INTERVAL_MS / 2);
    }
    expect(isClone(ear)).toBe(true);
  });

  test('whose two processes say different things under one mark is found', () => {
    const ear = listen();
    for (let i = 1; i <= 3; i++) {
      ear.hear(2, i, 'one');
      ear.hear(2, i, 'one', 0, 1);
      ear.wait(INTERVAL_MS);
    }
    expect(isClone(ear)).toBe(true);
  });

  test('of a process a few numbers behind its copy, right after it, is found too', () => {
    const ear = listen();
    for (let i = 1; i <= 5; i++) {
      ear.hear(2, i + 2, 'one');
      ear.hear(2, i, 'one', 0, 1);
      ear.wait(INTERVAL_MS);
    }
    expect(isClone(ear)).toBe(true);
  });

  test('whose two starts overtake each other is found', () => {
    const ear = listen();
    for (let i = 1; i <= 4; i++) {
      ear.hear(i, 1, i % 2 === 0 ? 'one' : 'two');
      ear.wait(INTERVAL_MS);
    }
    expect(isClone(ear)).toBe(true);
  });

  test('is none: restarts, however many', () => {
    const ear = listen();
    for (let i = 1; i <= 20; i++) {
      ear.hear(i, 1, `start ${i}`);
      ear.hear(i, 2, `start ${i}`);
      ear.wait(3_000);
    }
    expect(isClone(ear)).toBe(false);
    expect(ear.subject.voices.returns).toBe(0);
  });

  test('is none: duplicates and packets that overtake each other, around a restart too', () => {
    const ear = listen();
    for (let i = 1; i <= 30; i += 2) {
      ear.hear(1, i + 1);
      ear.hear(1, i);
      ear.hear(1, i + 1);
      ear.wait(1_000);
    }
    ear.hear(2, 1, 'again');
    ear.hear(1, 31);
    ear.hear(2, 2, 'again');
    ear.hear(1, 32);
    ear.hear(2, 3, 'again');
    expect(isClone(ear)).toBe(false);
  });

  test('is none: an old queue that runs empty after a restart', () => {
    const ear = listen();
    ear.hear(2, 1, 'again');
    ear.wait(INTERVAL_MS);
    for (let i = 1; i <= 10; i++) ear.hear(1, i);
    ear.hear(2, 2, 'again');
    ear.hear(1, 11);
    expect(isClone(ear)).toBe(false);
  });

  test('is over when only one machine was heard for long', () => {
    const ear = listen();
    for (let i = 1; i <= 3; i++) {
      ear.hear(1, 50 + i, 'first');
      ear.wait(INTERVAL_MS);
      ear.hear(2, i, 'copy');
      ear.wait(INTERVAL_MS);
    }
    for (let i = 4; i <= 4 + CLONE_QUIET_MS / INTERVAL_MS; i++) {
      ear.hear(2, i, 'copy');
      ear.wait(INTERVAL_MS);
    }
    expect(isClone(ear)).toBe(false);
    expect(ear.news.at(-1)).toEqual({ what: 'clone', key: KEY, found: false });
  });
});
