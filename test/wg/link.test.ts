// The machine of a link: pairs of nodes behind routers of every kind, with loss, with starts that
// cross or do not, with routers that are replaced and nodes that roam, over a model of the network.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Key } from '../../proto/ids.ts';
import type { Candidate } from '../../wg/candidates.ts';
import { LEASE_MS, ROUNDS, SILENCE_MS, SLOT_MS } from '../../wg/link-limits.ts';
import { type LinkInput, type LinkState, NO_FACTS, newLink, wakeAt } from '../../wg/link-state.ts';
import { LINK, next } from '../../wg/link-table.ts';
import { showLink } from '../../wg/link-why.ts';
import { stepLink } from '../../wg/link.ts';
import type { Nat } from './link-net.ts';
import { type Pair, type Side, canBeDirect, createPair, isDirect, isRelayed } from './link-sim.ts';

const NATS: readonly Nat[] = ['open', 'cone', 'independent', 'dependent'];
const MINUTE = 60_000;

const settings = fc.record({
  nats: fc.tuple(fc.constantFrom(...NATS), fc.constantFrom(...NATS)),
  loss: fc.constantFrom(0, 0, 0.02, 0.1, 0.2),
  lagMs: fc.constantFrom(0, 30, 900, 5_000, 40_000),
  stale: fc.boolean(),
  seed: fc.nat(1e9),
});
const RUNS = { seed: 20_261_130, numRuns: 80 };

function pathOf(nats: readonly [Nat, Nat]): (side: Side) => boolean {
  return canBeDirect(nats) ? isDirect : isRelayed;
}

/** With one packet in five lost, a search fails now and then, and the next comes minutes later. */
function patience(loss: number): number {
  return loss > 0.05 ? 20 * MINUTE : MINUTE + 45_000;
}

const total = ({ sides }: Pair, what: keyof Side['counts']): number =>
  sides[0].counts[what] + sides[1].counts[what];
const faults = ({ sides }: Pair): string[] => sides.flatMap((side) => side.faults);

describe('a pair', () => {
  test('comes to the best path that the routers allow, whatever is lost and whoever is first', () => {
    fc.assert(
      fc.property(settings, (setting) => {
        const pair = createPair({ ...setting, relay: true });
        expect(pair.until(pathOf(setting.nats), patience(setting.loss))).not.toBeNull();
        expect(faults(pair)).toEqual([]);
      }),
      RUNS,
    );
  });

  test('without a relay is direct wherever it can be', () => {
    const reachable = settings.filter(({ nats }) => canBeDirect(nats));
    fc.assert(
      fc.property(reachable, (setting) => {
        const pair = createPair({ ...setting, relay: false });
        expect(pair.until(isDirect, patience(setting.loss))).not.toBeNull();
      }),
      RUNS,
    );
  });

  test('that is direct is left alone while heartbeats arrive', () => {
    const reachable = settings.filter(({ nats, loss }) => canBeDirect(nats) && loss <= 0.02);
    fc.assert(
      fc.property(reachable, (setting) => {
        const pair = createPair({ ...setting, relay: true });
        expect(pair.until(isDirect, patience(setting.loss))).not.toBeNull();
        pair.run(pair.net.clock.nowMs + 10_000);
        const [points, meets] = [total(pair, 'point'), total(pair, 'meet')];
        pair.run(pair.net.clock.nowMs + 20 * MINUTE);
        expect(total(pair, 'point')).toBe(points);
        expect(total(pair, 'meet')).toBe(meets);
        expect(faults(pair)).toEqual([]);
      }),
      { ...RUNS, numRuns: 20 },
    );
  });

  test('that cannot be direct asks and searches seldom', () => {
    const apart = settings.filter(({ nats }) => !canBeDirect(nats));
    fc.assert(
      fc.property(apart, (setting) => {
        const pair = createPair({ ...setting, relay: true });
        pair.run(setting.lagMs + 10 * MINUTE);
        // At 12 s, 1, 2 and 4 min from both sides, and what came before the relay.
        expect(total(pair, 'meet')).toBeLessThan(setting.loss > 0.05 ? 60 : 24);
        expect(total(pair, 'lease')).toBeLessThan(setting.loss > 0.05 ? 30 : 8);
        expect(total(pair, 'point')).toBeLessThan(setting.loss > 0.05 ? 300 : 120);
      }),
      { ...RUNS, numRuns: 40 },
    );
  });

  test('becomes direct when a router is replaced under its relay, without waiting for silence', () => {
    const few = fc.record({
      nat: fc.constantFrom<Nat>('open', 'cone'),
      seed: fc.nat(1e9),
      stale: fc.boolean(),
    });
    fc.assert(
      fc.property(few, ({ nat, seed, stale }) => {
        const nats = ['dependent', 'dependent'] as const;
        const pair = createPair({ nats, loss: 0, relay: true, lagMs: 0, stale, seed });
        expect(pair.until(isRelayed, MINUTE)).not.toBeNull();
        pair.run(pair.net.clock.nowMs + 5 * MINUTE);
        const beforeMs = pair.net.clock.nowMs;
        pair.replace(0, nat, false);
        const afterMs = pair.until(isDirect, 5 * MINUTE);
        // Its heartbeat shows the others where it is, and theirs tell it: 10 s, and a search.
        expect((afterMs ?? Number.POSITIVE_INFINITY) - beforeMs).toBeLessThan(SILENCE_MS);
      }),
      { ...RUNS, numRuns: 60 },
    );
  });

  test('finds itself again when both roam at once', () => {
    fc.assert(
      fc.property(
        settings,
        fc.tuple(fc.constantFrom(...NATS), fc.constantFrom(...NATS)),
        (from, to) => {
          const pair = createPair({ ...from, loss: 0, relay: true });
          expect(pair.until(pathOf(from.nats), patience(0))).not.toBeNull();
          pair.run(pair.net.clock.nowMs + 30_000);
          pair.replace(0, to[0], true);
          pair.replace(1, to[1], true);
          expect(pair.until(pathOf(to), 2 * MINUTE)).not.toBeNull();
        },
      ),
      RUNS,
    );
  });

  test('of punched nodes that both roam is direct again before two heartbeats are missed', () => {
    fc.assert(
      fc.property(fc.nat(1e9), (seed) => {
        const nats = ['independent', 'independent'] as const;
        const pair = createPair({ nats, loss: 0, relay: true, lagMs: 0, stale: false, seed });
        expect(pair.until(isDirect, MINUTE)).not.toBeNull();
        pair.run(pair.net.clock.nowMs + 30_000);
        const beforeMs = pair.net.clock.nowMs;
        pair.replace(0, 'independent', true);
        pair.replace(1, 'independent', true);
        const afterMs = pair.until(isDirect, 2 * MINUTE);
        expect((afterMs ?? Number.POSITIVE_INFINITY) - beforeMs).toBeLessThan(SILENCE_MS);
      }),
      { ...RUNS, numRuns: 60 },
    );
  });
});

const A = '203.0.113.7:7447';
const RELAY = 'relay-key' as Key;
const SPARE = 'another-relay' as Key;

/** Feeds inputs, each at its time, and gives all states and everything that was asked for. */
function fed(inputs: readonly (readonly [number, LinkInput])[]): {
  state: LinkState;
  out: string[];
} {
  let state = newLink();
  const out: string[] = [];
  for (const [atMs, input] of inputs) {
    while (wakeAt(state) < atMs) {
      const step = stepLink(state, { kind: 'tick' }, wakeAt(state));
      state = step.state;
      out.push(...step.out.map((one) => JSON.stringify(one)));
    }
    const step = stepLink(state, input, atMs);
    state = step.state;
    out.push(...step.out.map((one) => JSON.stringify(one)));
  }
  return { state, out };
}

const facts = (endpoints: readonly string[], relays: readonly Key[] = []): LinkInput => {
  const candidates = endpoints.map((endpoint): Candidate => ({ endpoint, origin: 'observed' }));
  return { kind: 'facts', facts: { ...NO_FACTS, candidates, relays } };
};
const seen = (gen: number, endpoint = A): LinkInput => {
  return { kind: 'seen', gen, handshake: 1, endpoint };
};

describe('a link', () => {
  test('with nothing known waits, and starts at the first address', () => {
    expect(wakeAt(newLink())).toBe(Number.POSITIVE_INFINITY);
    const { state, out } = fed([[0, facts([A])]]);
    expect(state.at).toBe('searching');
    expect(out).toEqual([
      `{"kind":"point","endpoint":"${A}","punch":true,"gen":1}`,
      '{"kind":"meet"}',
    ]);
  });

  test('is not fooled by a handshake of the peer that was removed before', () => {
    const other = '203.0.113.8:7447';
    const { state } = fed([
      [0, facts([other, A])],
      [SLOT_MS + 1, seen(1, other)],
    ]);
    expect(state.at).toBe('searching');
    expect(stepLink(state, seen(2), SLOT_MS + 2).state.at).toBe('direct');
  });

  test('follows a peer that shows itself from a new address, and touches nothing', () => {
    const { state, out } = fed([
      [0, facts([A])],
      [100, seen(1)],
      [200, { kind: 'seen', gen: 1, handshake: 1, endpoint: '198.51.100.9:4000' }],
    ]);
    expect(state).toMatchObject({ at: 'direct', endpoint: '198.51.100.9:4000', found: 'roamed' });
    expect(out.filter((one) => one.includes('"point"'))).toHaveLength(1);
    expect(out.at(-1)).toBe('{"kind":"keep","endpoint":"198.51.100.9:4000"}');
  });

  test('is called by what its address turns out to be', () => {
    const candidates: Candidate[] = [{ endpoint: A, origin: 'lan' }];
    const heard: LinkInput = { kind: 'facts', facts: { ...NO_FACTS, candidates } };
    const { state, out } = fed([
      [0, facts(['203.0.113.8:7447'])],
      [100, seen(1)],
      [200, heard],
    ]);
    expect(showLink(state, true, 300)).toMatchObject({ path: 'lan', endpoint: A });
    expect(out.filter((one) => one.includes('"point"'))).toHaveLength(1);
  });

  test('asks the next relay where one does not answer, and is down after the last', () => {
    const { state, out } = fed([
      [0, facts([A], [RELAY, SPARE])],
      [SLOT_MS * ROUNDS + LEASE_MS + 1, { kind: 'refused', relay: SPARE }],
    ]);
    expect(out.filter((one) => one.includes('lease'))).toEqual([
      `{"kind":"lease","relay":"${RELAY}"}`,
      `{"kind":"lease","relay":"${SPARE}"}`,
    ]);
    expect(state.at).toBe('down');
    expect(showLink(state, true, SLOT_MS * ROUNDS + LEASE_MS + 1).why).toBe(
      'no address of it answered, nor did it come to a relay; next try in 15 s',
    );
  });

  test('of which each side asked another relay ends at the lesser one', () => {
    const [lesser, greater] = [SPARE, RELAY];
    const at = (relay: Key): LinkInput => {
      return { kind: 'leased', lease: { relay, endpoint: `198.51.100.1:${relay.length + 7_500}` } };
    };
    for (const order of [
      [lesser, greater],
      [greater, lesser],
    ] as const) {
      const { state } = fed([
        [0, facts([A], [greater])],
        [SLOT_MS * ROUNDS + 1, at(order[0])],
        [SLOT_MS * ROUNDS + 2, at(order[1])],
      ]);
      expect(state).toMatchObject({ at: 'relayed', path: { relay: lesser } });
    }
  });

  test('on a relay tries again soon after its network changed, and seldom later', () => {
    const lease = { relay: RELAY, endpoint: '198.51.100.1:7500' };
    const { state } = fed([
      [0, facts([A], [RELAY])],
      [SLOT_MS * ROUNDS + 1, { kind: 'leased', lease }],
      [9_000, seen(3, lease.endpoint)],
      [10_000, { kind: 'changed' }],
      [10_000 + 2 * SLOT_MS + 1, { kind: 'tick' }],
    ]);
    expect(showLink(state, true, 10_000 + 2 * SLOT_MS).why).toBe(
      'no address of it answered; next direct try in 12 s',
    );
    let { state: later } = stepLink(state, { kind: 'tick' }, wakeAt(state));
    expect(later.at).toBe('probing');
    while (later.at === 'probing') {
      later = stepLink(later, { kind: 'tick' }, wakeAt(later)).state;
    }
    expect(later).toMatchObject({ at: 'relayed', probes: 1 });
  });

  test('can be stored and goes on from what was stored', () => {
    const { state } = fed([
      [0, facts([A])],
      [100, seen(1)],
    ]);
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });

  test('takes only steps of its table, whatever comes', () => {
    const input = fc.oneof(
      fc.constantFrom<LinkInput>(
        ...([{ kind: 'beat' }, { kind: 'meet' }, { kind: 'changed' }, { kind: 'tick' }] as const),
        { kind: 'refused', relay: RELAY },
        { kind: 'leased', lease: { relay: RELAY, endpoint: '198.51.100.1:7500' } },
        { kind: 'leased', lease: { relay: SPARE, endpoint: '198.51.100.2:7500' } },
        facts([]),
        facts([A]),
        facts(['203.0.113.8:1', A], [RELAY, SPARE]),
        { kind: 'facts', facts: { ...NO_FACTS, relays: [RELAY], bothDependent: true } },
      ),
      fc.record({
        kind: fc.constant('seen' as const),
        // How many points it is behind.
        gen: fc.constantFrom(0, 0, 0, 1, 2),
        handshake: fc.option(fc.nat(3)),
        endpoint: fc.option(fc.constantFrom(A, '198.51.100.1:7500', '192.0.2.1:1')),
      }),
    );
    const time = fc.constantFrom(10, 500, 1_300, 5_000, 15_000, 23_000, 61_000);
    const reached = new Set<string>();
    fc.assert(
      fc.property(fc.array(fc.tuple(time, input), { maxLength: 60 }), (history) => {
        let state = newLink();
        let nowMs = 0;
        for (const [afterMs, one] of history) {
          nowMs += afterMs;
          const now = one.kind === 'seen' ? { ...one, gen: state.gen - one.gen } : one;
          const step = stepLink(state, now, nowMs);
          expect(step.out.length).toBeLessThanOrEqual(2);
          const gens = step.out.flatMap((out) => (out.kind === 'point' ? [out.gen] : []));
          expect(step.state.gen - state.gen).toBe(gens.length);
          if (step.state.at !== state.at) {
            expect(Object.values(LINK[state.at])).toContain(step.state.at);
          }
          expect(showLink(step.state, true, nowMs).why).not.toBe('');
          expect(Number.isNaN(wakeAt(step.state))).toBe(false);
          reached.add(`${state.at} > ${step.state.at}`);
          state = step.state;
        }
      }),
      { seed: 3, numRuns: 2_000 },
    );
    // And every step of the table is one that happens.
    const steps = Object.entries(LINK).flatMap(([from, row]) =>
      Object.values(row).flatMap((to: string) => (to === from ? [] : [`${from} > ${to}`])),
    );
    expect(steps.filter((one) => !reached.has(one))).toEqual([]);
  });

  test('has a table that leads nowhere by an unknown event', () => {
    expect(next('idle', 'search')).toBe('searching');
    expect(next('idle', 'toString')).toBeNull();
  });
});
