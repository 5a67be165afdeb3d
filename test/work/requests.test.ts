// What a host refuses, with the missing number, and that the same request finds the same answer.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { freeOf } from '../../work/admission.ts';
import type { RefusalCode } from '../../work/documents.ts';
import { HOST_REFUSALS } from '../../work/host-refusals.ts';
import type { Facts, Input, Right } from '../../work/host-state.ts';
import type { Spec } from '../../work/spec.ts';
import { SMALL, keyOf } from './host-world.ts';
import { OneHost, job } from './one-host.ts';

function ulid(n: number): string {
  return `01JE2HZ6Q3M8Y5T0V7XW9K${String(n).padStart(4, '0')}`;
}

function wanting(resources: object): Spec {
  return job({ resources: { cpuMilli: 1_000, memMiB: 1_024, diskMiB: 100, ...resources } });
}

type More = Partial<Extract<Input, { is: 'request' }>>;

interface Case {
  readonly code: RefusalCode;
  readonly what: string;
  readonly spec?: Spec;
  readonly head?: object;
  readonly facts?: Partial<Facts>;
  readonly more?: More;
  readonly before?: (one: OneHost) => void;
  readonly numbers?: { needs: number; has: number };
}

function published(...publish: readonly object[]): Spec {
  return job({ network: { mode: 'egress', publish } });
}

const SICK = [{ uuid: 'GPU-0', name: 'A100', vramMiB: 40_960, fit: false }];
const CASES: readonly Case[] = [
  {
    ...{ code: 'no-cpu', what: 'more cores than there are' },
    ...{ spec: wanting({ cpuMilli: 8_001 }), numbers: { needs: 8_001, has: 8_000 } },
  },
  { code: 'no-cpu', what: 'unknown cores', facts: { cpuMilli: null } },
  {
    ...{ code: 'no-mem', what: 'more memory than may be promised' },
    ...{ spec: wanting({ memMiB: 8_193 }), numbers: { needs: 8_193, has: 8_192 } },
  },
  {
    ...{ code: 'no-mem', what: 'more than is seen to be free' },
    ...{ facts: { memAvailableMiB: 1_535 }, numbers: { needs: 1_024, has: 1_023 } },
  },
  { code: 'no-mem', what: 'unknown memory', facts: { memMiB: null } },
  {
    code: 'no-mem',
    what: 'memory of which the free part is unknown',
    facts: { memAvailableMiB: null },
  },
  {
    ...{ code: 'no-disk', what: 'more disk than may be promised' },
    ...{ spec: wanting({ diskMiB: 10_001 }), numbers: { needs: 10_001, has: 10_000 } },
  },
  { code: 'no-disk', what: 'unknown disk', facts: { diskMiB: null } },
  {
    ...{ code: 'no-disk', what: 'a disk that is full of other things' },
    ...{ facts: { diskAvailableMiB: 1_100 }, numbers: { needs: 100, has: 76 } },
  },
  {
    ...{ code: 'no-gpu', what: 'more cards than there are' },
    ...{ spec: wanting({ gpu: { count: 3 } }), numbers: { needs: 3, has: 2 } },
  },
  {
    code: 'no-gpu',
    what: 'unknown cards',
    spec: wanting({ gpu: { count: 1 } }),
    facts: { cards: null },
  },
  {
    ...{ code: 'no-gpu', what: 'another model' },
    spec: wanting({ gpu: { count: 1, model: 'H200' } }),
  },
  {
    ...{ code: 'no-gpu', what: 'larger cards' },
    spec: wanting({ gpu: { count: 1, minVramMiB: 40_961 } }),
  },
  {
    ...{ code: 'gpu-unhealthy', what: 'a card that does not answer' },
    ...{
      spec: wanting({ gpu: { count: 1 } }),
      facts: { cards: SICK },
      numbers: { needs: 1, has: 0 },
    },
  },
  {
    ...{ code: 'no-port', what: 'a port that another program has' },
    spec: published({ port: 80, hostPort: 8_080 }),
    more: { busy: ['8080/tcp'] },
  },
  {
    ...{ code: 'no-port', what: 'a port that other work has' },
    spec: published({ port: 80, hostPort: 8_080 }),
    before: (one) => one.ask(one.reserve(published({ port: 1, hostPort: 8_080 }), { id: ulid(1) })),
  },
  {
    ...{ code: 'no-cap', what: 'no right' },
    more: { right: { may: false, code: 'no-cap', why: 'no grant' } },
  },
  {
    ...{ code: 'too-much', what: 'more than the grant allows' },
    more: { right: { may: false, code: 'too-much', why: 'mem_mib', needs: 2, has: 1 } },
    numbers: { needs: 2, has: 1 },
  },
  {
    ...{ code: 'draining', what: 'no new work' },
    before: (one) => one.give({ is: 'drain', to: 'draining' }),
  },
  { code: 'no-driver', what: 'nothing to run it with', more: { estimate: null } },
  {
    ...{ code: 'past-start-by', what: 'too late' },
    spec: job({ limits: { startBy: '2027-01-15T08:16:40Z' } }),
  },
  { code: 'not-addressed', what: 'another addressee', head: { to: keyOf('other') } },
  { code: 'stale-request', what: 'an old one', head: { at: 1 } },
  {
    ...{ code: 'digest-mismatch', what: 'another spec by the same id' },
    before: (one) => one.ask(one.reserve(job())),
    spec: job({ name: 'other' }),
  },
  {
    ...{ code: 'not-authorised', what: 'another owner' },
    ...{ before: (one) => one.ask(one.reserve(job())), head: { from: keyOf('other') } },
  },
  {
    ...{ code: 'stale-generation', what: 'an earlier generation' },
    before: (one) => one.ask(one.reserve(job(), { generation: 2 })),
    numbers: { needs: 2, has: 1 },
  },
  {
    ...{ code: 'policy', what: 'a later generation while the earlier runs' },
    ...{ before: (one) => one.run(job()), head: { generation: 2 } },
  },
];

describe('a reservation is refused', () => {
  test.each(CASES)('$code: $what', ({ code, spec = job(), head, facts, more, before, numbers }) => {
    const one = OneHost.ready(facts);
    before?.(one);
    const { leases } = one.host;
    const said = one.ask(one.reserve(spec, head), more);
    expect(said).toMatchObject({ say: 'refused', code, ...numbers });
    expect([...one.host.leases.keys()]).toEqual([...leases.keys()]);
  });

  test('recovering: until every driver has looked', () => {
    const one = new OneHost();
    expect(one.ask(one.reserve(job()))).toMatchObject({ code: 'recovering' });
    one.give({ is: 'recovered', found: [] });
    expect(one.ask(one.reserve(job()))).toMatchObject({ say: 'reserved' });
  });

  test('unknown-work: nothing by that id, whatever is wanted of it', () => {
    const one = OneHost.ready();
    for (const say of ['go', 'cancel', 'stop', 'kill'] as const)
      expect(one.ask(one.request(say, job()))).toMatchObject({ code: 'unknown-work' });
    expect(one.ask(one.request('mine', job()))).toMatchObject({ code: 'policy' });
  });

  test('every code of the table is provoked here', () => {
    const here = new Set<RefusalCode>([
      ...CASES.map(({ code }) => code),
      'recovering',
      'unknown-work',
    ]);
    expect([...here].toSorted()).toEqual(Object.keys(HOST_REFUSALS).toSorted());
  });

  test.each([
    [{ cpuMilli: 8_000 }, 2, 'no-cpu'],
    [{ cpuMilli: 10, memMiB: 4_096 }, 2, 'no-mem'],
    [{ cpuMilli: 10, diskMiB: 2_500 }, 4, 'no-disk'],
  ])('of %j there is room for %i', (resources, count, code) => {
    const one = OneHost.ready();
    const ask = (n: number, more = {}): unknown =>
      one.ask(one.reserve(wanting({ ...resources, ...more }), { id: ulid(n) }));
    for (let n = 0; n < count; n++) expect(ask(n)).toMatchObject({ say: 'reserved' });
    expect(ask(count)).toMatchObject({ code, has: 0 });
  });

  test('what the second gate sees is not counted twice once it is used', () => {
    const one = OneHost.ready({ memAvailableMiB: 3_000 });
    one.run(wanting({ memMiB: 2_048 }));
    const other = { id: ulid(1) };
    expect(one.ask(one.reserve(wanting({ memMiB: 600 }), other))).toMatchObject({
      ...{ code: 'no-mem', has: 440 },
    });
    // It has taken all of that: what is free now is free.
    const usage = { memMiB: 2_048, diskMiB: 0 };
    one.give({ is: 'used', of: one.of(), usage, cpuMs: null });
    one.give({ is: 'facts', facts: { ...SMALL, memAvailableMiB: 1_200 } });
    expect(one.ask(one.reserve(wanting({ memMiB: 600 }), other))).toMatchObject({
      say: 'reserved',
    });
  });

  test('a grant bounds how many are here at once', () => {
    const one = OneHost.ready();
    const right: Right = { may: true, grant: null, concurrent: 2 };
    const ask = (n: number): unknown => one.ask(one.reserve(job(), { id: ulid(n) }), { right });
    expect([ask(1), ask(2)]).toMatchObject([{ say: 'reserved' }, { say: 'reserved' }]);
    expect(ask(3)).toMatchObject({ code: 'too-much', needs: 3, has: 2 });
    expect(ask(2)).toMatchObject({ say: 'reserved' });
  });

  test('each card has one holder, until its work is taken away', () => {
    const one = OneHost.ready();
    const spec = wanting({ gpu: { count: 1 } });
    one.run(spec);
    const next = one.ask(one.reserve(spec, { id: ulid(1) }));
    expect(next).toMatchObject({ say: 'reserved' });
    expect(one.lease()?.charge.cards).not.toEqual(one.lease(ulid(1))?.charge.cards);
    expect(one.ask(one.reserve(spec, { id: ulid(2) }))).toMatchObject({ code: 'no-gpu', has: 0 });
    one.end(0);
    expect(one.ask(one.reserve(spec, { id: ulid(2) }))).toMatchObject({ code: 'no-gpu' });
    one.clear();
    expect(one.ask(one.reserve(spec, { id: ulid(2) }))).toMatchObject({ say: 'reserved' });
  });

  test('a port has one holder; where none is named a free one is chosen, and stays', () => {
    const one = OneHost.ready();
    const spec = published({ port: 53, hostPort: 53, protocol: 'udp' }, { port: 80 }, { port: 81 });
    one.run(spec);
    const ports = one.lease()?.charge.ports ?? [];
    expect(ports[0]).toEqual({ protocol: 'udp', hostPort: 53, port: 53 });
    const chosen = ports.slice(1).map(({ hostPort }) => hostPort);
    expect(new Set(chosen).size).toBe(2);
    for (const port of chosen) expect(port >= 30_000 && port < 32_768).toBe(true);
    const wish = (hostPort: number, protocol: string): unknown =>
      one.ask(one.reserve(published({ port: 1, hostPort, protocol }), { id: ulid(hostPort) }));
    expect(wish(chosen[0] as number, 'tcp')).toMatchObject({ code: 'no-port' });
    expect(wish(53, 'tcp')).toMatchObject({ say: 'reserved' });
    expect(one.restart().lease()?.charge.ports).toEqual(ports);
    // A guest on the mesh has an address of its own.
    const guest = job({ network: { mode: 'mesh', publish: [{ port: 53, hostPort: 53 }] } });
    expect(one.ask(one.reserve(guest, { id: ulid(7) }))).toMatchObject({ say: 'reserved' });
    one.end(0);
    one.clear();
    expect(wish(chosen[0] as number, 'tcp')).toMatchObject({ say: 'reserved' });
  });

  test('a right that is gone at go: nothing is started, and the room is free', () => {
    const one = OneHost.ready();
    one.ask(one.reserve(job()));
    const right: Right = { may: false, code: 'no-cap', why: 'it was revoked' };
    expect(one.ask(one.request('go', job()), { right })).toMatchObject({ code: 'no-cap' });
    expect(one.acts()).toEqual([]);
    expect(one.host.leases.size).toBe(0);
  });

  test('frozen: nothing is started, and the reservation stands', () => {
    const one = OneHost.ready();
    one.ask(one.reserve(job()));
    one.give({ is: 'drain', to: 'frozen' });
    expect(one.ask(one.request('go', job()))).toMatchObject({ code: 'draining' });
    one.give({ is: 'drain', to: 'no' });
    expect(one.ask(one.request('go', job()))).toMatchObject({ say: 'going' });
  });

  test('a later generation takes the room of a reservation that was not used', () => {
    const one = OneHost.ready();
    const spec = wanting({ memMiB: 8_192 });
    one.ask(one.reserve(spec));
    expect(one.ask(one.reserve(spec, { generation: 2 }))).toMatchObject({ say: 'reserved' });
    expect(one.lease()?.generation).toBe(2);
    expect(one.ask(one.request('go', spec))).toMatchObject({ code: 'stale-generation' });
  });
});

describe('a disk that is full', () => {
  test('refuses the reservation, and nothing of it is left', () => {
    const one = OneHost.ready();
    one.isQuick = false;
    const request = one.reserve(job());
    one.ask(request);
    const seq = one.host.pending[0]!.seq;
    one.give({ is: 'unstored', from: seq });
    expect(one.effects).toContainEqual(
      expect.objectContaining({ said: expect.objectContaining({ code: 'no-disk' }) as unknown }),
    );
    expect(one.host.leases.size).toBe(0);
    expect(one.ask(one.reserve(job()))).toMatchObject({ code: 'no-disk' });
    one.pass(1);
    one.isQuick = true;
    expect(one.ask(one.reserve(job()))).toMatchObject({ say: 'reserved' });
  });

  test('holds up a go, and starts when there is room again', () => {
    const one = OneHost.ready();
    const spec = job();
    one.ask(one.reserve(spec));
    one.isQuick = false;
    one.take();
    one.ask(one.request('go', spec));
    one.give({ is: 'unstored', from: one.host.pending[0]!.seq });
    expect(one.take().some(({ do: what }) => what === 'answer')).toBe(false);
    one.pass(1);
    expect(one.effects.some((it) => it.do === 'store')).toBe(true);
    one.sync();
    expect(one.acts()).toEqual(['prepare']);
  });

  test('does not hold up a stop', () => {
    const one = OneHost.ready();
    const spec = job();
    one.run(spec);
    one.isQuick = false;
    one.take();
    one.ask(one.request('stop', spec));
    expect(one.acts()).toEqual(['stop']);
  });
});

describe('whatever is asked', () => {
  const asks = fc.array(
    fc.record({
      id: fc.integer({ min: 0, max: 3 }),
      generation: fc.integer({ min: 1, max: 3 }),
      say: fc.constantFrom<'reserve' | 'go' | 'cancel' | 'stop' | 'kill' | 'wait' | 'end'>(
        'reserve',
        'go',
        'cancel',
        'stop',
        'kill',
        'wait',
        'end',
      ),
      memMiB: fc.integer({ min: 16, max: 5_000 }),
    }),
    { maxLength: 60 },
  );

  test('room is never promised twice, and a repeat is answered as the first', () => {
    fc.assert(
      fc.property(asks, (list) => {
        const one = OneHost.ready();
        for (const { id: n, generation, say, memMiB } of list) {
          const id = ulid(n);
          // One spec for each id.
          const spec = wanting({ memMiB: 500 + n * 2_000, cpuMilli: 3_000 * (n + 1) });
          const head = { id, generation };
          if (say === 'wait') one.pass(memMiB % 20);
          else if (say === 'end') {
            if (one.stage(id) !== undefined) one.give({ is: 'destroyed', of: one.of(id) });
            if (one.stage(id) === 'closing') one.give({ is: 'receipted', of: one.of(id) });
          } else {
            const request =
              say === 'reserve' ? one.reserve(spec, head) : one.request(say, spec, head);
            const first = one.ask(request);
            const again = one.ask(request);
            if (first?.say === 'going') expect(again?.say).toBe('going');
            else if (say !== 'stop' && say !== 'kill') expect(again).toEqual(first);
          }
          const free = freeOf(one.host);
          expect(free.memMiB).toBeGreaterThanOrEqual(0);
          expect(free.cpuMilli).toBeGreaterThanOrEqual(0);
        }
        // A daemon that comes up now knows the same.
        const next = one.restart();
        for (const { id, charge, generation } of one.host.leases.values())
          if (one.stage(id) !== 'reserved')
            expect(next.host.leases.get(id)).toMatchObject({ charge, generation });
      }),
      { numRuns: Number(process.env['KITH_RUNS'] ?? 200) },
    );
  });
});
