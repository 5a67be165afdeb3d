// What heartbeats say of the ledger: whether two have made the same of it, and who has carried out
// a removal.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Compared, type Roots, compared } from '../../beat/agree.ts';
import {
  NOTHING_REMOVED,
  acknowledged,
  acksOf,
  coverageJson,
  coverageLines,
  inForce,
  readCoverage,
} from '../../beat/coverage.ts';
import { ACKS_MAX, REMOVALS_MAX, STATE_DIFFERS_BEATS } from '../../beat/limits.ts';
import { briefOf } from '../../beat/mark.ts';
import { digestNamed, keyNamed, recordNamed } from './beats.ts';

const OWN: Roots = {
  count: 1,
  frontierRoot: digestNamed('frontier'),
  stateRoot: digestNamed('state'),
  rules: 1,
};
const TORN: Roots = { ...OWN, stateRoot: digestNamed('bug') };
const APART: Roots = { ...OWN, frontierRoot: digestNamed('more'), stateRoot: digestNamed('bug') };

function hear(...beats: Roots[]): { last: Compared; news: (string | null)[] } {
  let last: Compared | null = null;
  const news = beats.map((beat) => {
    const step = compared(last, OWN, beat);
    last = step.compared;
    return step.news;
  });
  return { last: last as unknown as Compared, news };
}

describe('two ledgers', () => {
  const torn = Array.from({ length: STATE_DIFFERS_BEATS }, () => TORN);

  test('are the same, apart, folded by other rules, or torn', () => {
    const one = (beat: Roots): string => hear(beat).last.agreement;
    expect(one(OWN)).toBe('same');
    expect(one(APART)).toBe('apart');
    expect(one({ ...TORN, rules: 2 })).toBe('other-rules');
    expect(one(TORN)).toBe('torn');
  });

  test('that stay torn raise one alarm, which stays until they agree', () => {
    const { news, last } = hear(...torn, TORN, TORN, APART, TORN);
    expect(news.filter((one) => one !== null)).toEqual(['torn']);
    expect(news.indexOf('torn')).toBe(STATE_DIFFERS_BEATS);
    expect(last.tear).toEqual({
      frontierRoot: OWN.frontierRoot,
      ownState: OWN.stateRoot,
      theirState: TORN.stateRoot,
      rules: 1,
    });
    expect(hear(...torn, TORN, OWN).news.at(-1)).toBe('mended');
    expect(hear(...torn, TORN, OWN).last.tear).toBeNull();
  });

  test('that were torn for a moment raise none', () => {
    expect(hear(...torn, OWN, ...torn).news.every((one) => one === null)).toBe(true);
    expect(hear(...torn).news.every((one) => one === null)).toBe(true);
    const other = Array.from({ length: 9 }, () => ({ ...TORN, rules: 2 }));
    expect(hear(...other).news.every((one) => one === null)).toBe(true);
  });
});

describe('the coverage of removals', () => {
  const removal = (n: number) => ({ id: recordNamed(n), key: keyNamed(`gone ${n}`) });
  const [first, second] = [removal(1), removal(2)];
  const [self, alder, birch] = ['self', 'alder', 'birch'].map(keyNamed) as [
    ReturnType<typeof keyNamed>,
    ReturnType<typeof keyNamed>,
    ReturnType<typeof keyNamed>,
  ];
  const heardAt = (key: string): number | null => (key === birch ? 77 : null);

  test('says who has carried one out, and since when the others are missing', () => {
    let coverage = inForce(NOTHING_REMOVED, [first], 1_000);
    coverage = inForce(coverage, [first, second], 2_000);
    coverage = acknowledged(coverage, self, [briefOf(first.id), briefOf(second.id)], 2_500);
    coverage = acknowledged(coverage, alder, [briefOf(first.id)], 3_000);
    const lines = coverageLines(coverage, [self, alder, birch], heardAt);
    expect(lines.map(({ id, sinceMs, have, of }) => [id, sinceMs, have, of])).toEqual([
      [second.id, 2_000, 1, 3],
      [first.id, 1_000, 2, 3],
    ]);
    expect(lines[1]?.missing).toEqual([{ key: birch, heardAtMs: 77 }]);
  });

  test('counts the members of now', () => {
    let coverage = inForce(NOTHING_REMOVED, [first], 1_000);
    coverage = acknowledged(coverage, alder, [briefOf(first.id)], 1_500);
    const [line] = coverageLines(coverage, [self], heardAt);
    expect([line?.have, line?.of]).toEqual([0, 1]);
  });

  test('forgets a removal that is not in force any more, and follows the newest', () => {
    const one = inForce(NOTHING_REMOVED, [first], 1);
    expect(inForce(one, [second], 2).removals.map(({ id }) => id)).toEqual([second.id]);
    expect(inForce(one, [first], 2)).toBe(one);
    const many = Array.from({ length: REMOVALS_MAX + 9 }, (_, n) => removal(n));
    const { removals } = inForce(NOTHING_REMOVED, many, 1);
    expect(removals).toHaveLength(REMOVALS_MAX);
    expect(removals.at(-1)?.id).toBe(many.at(-1)?.id);
    expect(inForce({ removals }, many, 9).removals).toEqual(removals);
  });

  test('is told of all removals in turn, the newest in each heartbeat', () => {
    const many = Array.from({ length: 30 }, (_, n) => removal(n));
    let coverage = inForce(NOTHING_REMOVED, many, 1);
    expect(acksOf(coverage, self, 0)).toEqual([]);
    const all = many.map(({ id }) => briefOf(id));
    coverage = acknowledged(coverage, self, all, 2);
    const told = new Set<string>();
    for (let turn = 0; turn < 10; turn++) {
      const acks = acksOf(coverage, self, turn);
      expect(acks).toHaveLength(ACKS_MAX);
      expect(new Set(acks).size).toBe(ACKS_MAX);
      expect(acks[0]).toBe(all.at(-1));
      for (const ack of acks) told.add(ack);
    }
    expect(told).toEqual(new Set(all));
    expect(acksOf(inForce(coverage, [first], 3), self, 7)).toEqual([briefOf(first.id)]);
  });

  test('comes back from its file, and from a damaged one what can be read', () => {
    let coverage = inForce(NOTHING_REMOVED, [first, second], 1_000);
    coverage = acknowledged(coverage, alder, [briefOf(first.id)], 3_000);
    const json = JSON.parse(JSON.stringify(coverageJson(coverage))) as unknown[];
    expect(readCoverage(json)).toEqual(coverage);
    expect(readCoverage([{ id: 'x' }, ...json, 7, null])).toEqual(coverage);
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(readCoverage(value).removals).toEqual([]);
      }),
    );
  });
});
