// What is announced on a network, and what is made of whatever else arrives there.

import fc from 'fast-check';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type Announcement,
  type Found,
  decodeBeacon,
  encodeBeacon,
  withFound,
} from '../../src/genesis/announcement.ts';
import { machinesIn } from '../../src/genesis/candidates.ts';
import { decodeDns, encodeAnswer, encodeQuestion } from '../../src/genesis/dns.ts';
import { CANDIDATES_MAX, CANDIDATES_PER_SOURCE_MAX } from '../../src/genesis/limits.ts';
import { kith } from '../cli/ledgers.ts';
import { admitting, founded, joining } from './machines.ts';

const lamp: Announcement = {
  ...{ name: 'lamp', role: 'peer', port: 7_448 },
  fingerprint: '2TBH-E1BH-JCXF-TZQP',
};

describe('an announcement', () => {
  const name = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
  const any = fc.record({
    name,
    role: fc.constantFrom('peer', 'guest', 'x.y_z'),
    port: fc.integer({ min: 1, max: 65_535 }),
    fingerprint: fc.stringMatching(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/),
  });

  test('comes out of a beacon and of an answer as it went in', () => {
    fc.assert(
      fc.property(any, (announcement) => {
        expect(decodeBeacon(encodeBeacon(announcement))).toEqual(announcement);
        for (const address of ['192.0.2.7', 'fe80::1%eth0']) {
          const answer = encodeAnswer(announcement, [address], 120);
          expect(decodeDns(answer)).toEqual({ kind: 'answer', announcement });
        }
      }),
    );
  });

  test.each<[string, Partial<Record<keyof Announcement, unknown>>]>([
    ['a name that moves the cursor', { name: 'lamp\u001b[2J' }],
    ['a name that is no host label', { name: 'Lamp!' }],
    ['no port', { port: 0 }],
    ['a port past the last', { port: 65_536 }],
    ['a role of its own making', { role: 'root of all' }],
    ['another fingerprint', { fingerprint: '2TBH' }],
  ])('with %s is none', (_, wrong) => {
    expect(decodeBeacon(encodeBeacon({ ...lamp, ...wrong } as Announcement))).toBe(null);
  });

  test('has its address as DNS writes it, without the link', () => {
    for (const [text, hex] of [
      ['192.0.2.7', '00018001000000780004c0000207'],
      ['fe80::1:2%eth0', `001c8001000000780010fe80${'0'.repeat(20)}00010002`],
      ['2001:db8:1:2:3:4:5:6', '001c800100000078001020010db8000100020003000400050006'],
    ] as const) {
      expect(
        Buffer.from(encodeAnswer(lamp, [text], 120))
          .toString('hex')
          .endsWith(hex),
      ).toBe(true);
    }
  });

  test('that is taken back is none', () => {
    expect(decodeDns(encodeAnswer(lamp, [], 0))).toBe(null);
  });

  test('is asked for by its service, and by no other', () => {
    const question = encodeQuestion();
    expect(decodeDns(question)).toEqual({ kind: 'question' });
    const other = Buffer.from(question);
    other[14] = 'x'.charCodeAt(0);
    expect(decodeDns(other)).toBe(null);
  });
});

describe('whatever arrives', () => {
  test('is read without a throw: any bytes, and any change of good ones', () => {
    const good = [encodeQuestion(), encodeAnswer(lamp, ['192.0.2.7'], 120), encodeBeacon(lamp)];
    const changed = fc
      .tuple(fc.constantFrom(...good), fc.nat(), fc.nat({ max: 255 }), fc.nat())
      .map(([bytes, at, value, size]) => {
        const copy = Uint8Array.from(bytes);
        copy[at % copy.length] = value;
        return copy.subarray(0, size % 3 === 0 ? size % copy.length : copy.length);
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 1_600 }), changed), (bytes) => {
        for (const found of [decodeDns(bytes), decodeBeacon(bytes)]) {
          expect(found === null || typeof found === 'object').toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('ends: a name that points at itself, forwards, or in a circle is none', () => {
    const header = [0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0];
    const rest = [0, 33, 0, 1, 0, 0, 0, 1, 0, 0];
    for (const name of [
      [0xc0, 12],
      [0xc0, 14, 0xc0, 12],
      [1, 0x61, 0xc0, 12],
      [0xff, 0xff],
      [0x80, 1],
    ]) {
      expect(decodeDns(Uint8Array.from([...header, ...name, ...rest]))).toBe(null);
    }
  });

  test('fills a list to its bound, and never pushes out who was there', () => {
    let list: readonly Found[] = [];
    const first = { ...lamp, source: '192.0.2.1' };
    list = withFound(list, first);
    for (let i = 0; i < 300; i++) {
      list = withFound(list, { ...lamp, port: 1 + i, source: '192.0.2.66' });
      list = withFound(list, { ...lamp, source: `198.51.100.${i}` });
    }
    expect(list[0]).toBe(first);
    expect(list).toHaveLength(CANDIDATES_MAX);
    const its = list.filter(({ source }) => source === '192.0.2.66');
    expect(its).toHaveLength(CANDIDATES_PER_SOURCE_MAX);
    expect(withFound(list, first)).toBe(list);
  });
});

describe('a machine that is heard several times', () => {
  test('is one row, its IPv4 address first, each address once', () => {
    const [scoped, ipv4, ipv6] = ['fe80::1%eth0', '192.0.2.7', '2001:db8::7'];
    const heard = [scoped, ipv6, ipv4].map((source) => ({ ...lamp, source }));
    const addresses = ['192.0.2.7:7448', '[fe80::1%eth0]:7448', '[2001:db8::7]:7448'];
    expect(machinesIn(heard)).toEqual([
      {
        ...{ name: 'lamp', role: 'peer', fingerprint: lamp.fingerprint, source: ipv4 },
        ...{ address: addresses[0], addresses, lobby: null, key: null },
      },
    ]);
  });

  test('is not mixed with what somebody else says of it', () => {
    const [print4, source] = ['0000-0000-0000-0000', '198.51.100.1'];
    const others = [{ fingerprint: print4 }, { name: 'stove' }, { role: 'guest' }];
    const heard = [lamp, ...others].map((other) => ({ ...lamp, source, ...other }));
    expect(machinesIn(heard).map(({ addresses }) => addresses)).toEqual(
      heard.map(() => [`${source}:7448`]),
    );
  });
});

test('a machine on this link is found by name, and is silent when it is to be hidden', async () => {
  const attic = await founded('found');
  const name = `lamp-${process.pid}`;
  const machine = await joining(join(attic, '..', 'lamp'), '--name', name);
  const hidden = await joining(join(attic, '..', 'moth'), '--name', `moth-${name}`, '--hidden');
  const nobody = await admitting(attic, `not-${name}`, machine.code).ended;
  expect(JSON.parse(nobody.out)).toMatchObject({ error: { code: 'no-such-candidate' } });
  const found = async (): Promise<Record<string, unknown>[]> => {
    const { out } = await kith(['candidates', '--json']);
    const { candidates } = JSON.parse(out) as { candidates: Record<string, unknown>[] };
    return candidates.filter((one) => String(one['name']).endsWith(name));
  };
  // It looks for two seconds, in which a busy machine may not have come to say a word.
  let seen = await found();
  while (seen.length === 0) seen = await found();
  const [own, ...others] = seen;
  const { address } = machine;
  expect(own).toMatchObject({ name, address, addresses: [address], role: 'peer' });
  expect(own?.['fingerprint']).toBe(machine.events()[0]?.['fingerprint']);
  expect(others).toEqual([]);
  let admit = await admitting(attic, name, machine.code).ended;
  while (admit.out.includes('"no-such-candidate"')) {
    admit = await admitting(attic, name, machine.code).ended;
  }
  expect([admit.code, admit.err, (await machine.ended).code]).toEqual([0, '', 0]);
  hidden.child.kill('SIGTERM');
  await hidden.ended;
});
