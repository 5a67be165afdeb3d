// Heartbeats for tests: a plain one, a full one, and any one.

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { Gpu, Headroom } from '../../proto/status.ts';
import { type Offer, imageBriefOf } from '../../beat/offer.ts';
import type { Beat } from '../../beat/packet.ts';
import type { Digest, Key, RecordId } from '../../proto/ids.ts';

// 32 bytes as text, the same for the same name.
export const keyNamed = (name: string | number): Key => hashOf(name) as Key;
export const digestNamed = (name: string | number): Digest => hashOf(name) as Digest;
export const recordNamed = (name: string | number): RecordId => hashOf(name) as RecordId;

function hashOf(name: string | number): string {
  return createHash('sha256').update(String(name)).digest('base64url');
}

export function briefNamed(name: string | number): string {
  return createHash('sha256').update(String(name)).digest().subarray(0, 15).toString('base64url');
}

export const LEDGER: RecordId = recordNamed('ledger');

export const NO_ROOM: Headroom = {
  cpuMilli: null,
  cpuFreeMilli: null,
  ramMib: null,
  ramFreeMib: null,
  diskMib: null,
  diskFreeMib: null,
  loadCenti: null,
  gpuCount: null,
  gpus: [],
};

export const PLAIN: Beat = {
  subject: keyNamed('alder'),
  ledger: LEDGER,
  incarnation: 1,
  sequence: 1,
  instance: 'AAAAAAAAAAA',
  clockMs: 1_800_000_000_000,
  count: 12,
  frontierRoot: digestNamed('frontier'),
  stateRoot: digestNamed('state'),
  rules: 1,
  version: '0.1.0',
  relay: false,
  lobby: false,
  headroom: null,
  offer: null,
  work: null,
  acks: [],
  rotations: [],
  doubts: [],
  observations: [],
};

const CARD: Gpu = {
  name: 'NVIDIA H100 80GB HBM3',
  vramMib: 81_559,
  vramFreeMib: 81_070,
  loadPercent: 97,
  state: 'fit',
};

/** More of everything than fits into one packet. */
export const FULL: Beat = {
  ...PLAIN,
  incarnation: 2 ** 48,
  sequence: Number.MAX_SAFE_INTEGER,
  clockMs: Number.MAX_SAFE_INTEGER,
  count: Number.MAX_SAFE_INTEGER,
  version: '10.10.10-candidate.12345',
  relay: true,
  lobby: true,
  headroom: {
    ...NO_ROOM,
    cpuMilli: 128_000,
    cpuFreeMilli: 0,
    gpuCount: 16,
    gpus: repeat(16, CARD),
  },
  offer: {
    ...{ taking: 'draining', kinds: ['job', 'vm'], cpuMilli: 256_000, memMib: null, diskMib: 0 },
    ...{ takenCards: [0, 15], held: 4_096 },
    images: repeat(25, 'Image_-9'),
    beside: { job: { memMib: 0, diskMib: 128 }, vm: { memMib: 196, diskMib: 2 } },
  },
  work: digestNamed('work'),
  acks: [1, 2, 3, 4, 5, 6, 7, 8, 9].map(briefNamed),
  rotations: [1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => ({ member: briefNamed(i), counter: i })),
  doubts: [1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => ({
    subject: briefNamed(i),
    incarnation: Number.MAX_SAFE_INTEGER,
    sequence: Number.MAX_SAFE_INTEGER,
  })),
  observations: repeat(9, new Uint8Array(192).fill(7)),
};

function repeat<Value>(times: number, value: Value): Value[] {
  return Array.from({ length: times }, () => value);
}

const count = fc.nat({ max: 2 ** 40 });
const figure = fc.option(count, { nil: null });
const brief = fc.nat().map(briefNamed);
const gpu: fc.Arbitrary<Gpu> = fc.record({
  name: fc.stringMatching(/^[\x20-\x7e]{0,32}$/),
  vramMib: figure,
  vramFreeMib: figure,
  loadPercent: fc.option(fc.nat({ max: 100 }), { nil: null }),
  state: fc.constantFrom('fit' as const, 'unhealthy' as const, 'split' as const),
});
const headroom: fc.Arbitrary<Headroom> = fc.record({
  cpuMilli: figure,
  cpuFreeMilli: figure,
  ramMib: figure,
  ramFreeMib: figure,
  diskMib: figure,
  diskFreeMib: figure,
  loadCenti: figure,
  gpuCount: fc.option(fc.nat({ max: 100 }), { nil: null }),
  gpus: fc.array(gpu, { maxLength: 16 }),
});
const beside = fc.record({ memMib: fc.nat({ max: 500 }), diskMib: fc.nat({ max: 500 }) });
const offer: fc.Arbitrary<Offer> = fc.record({
  taking: fc.constantFrom('open' as const, 'recovering' as const, 'frozen' as const),
  kinds: fc.subarray<'job' | 'vm'>(['job', 'vm']),
  cpuMilli: figure,
  memMib: figure,
  diskMib: figure,
  takenCards: fc.uniqueArray(fc.nat({ max: 15 })),
  held: fc.nat({ max: 10_000 }),
  images: fc.array(
    fc.nat().map((n) => imageBriefOf(digestNamed(n))),
    { maxLength: 24 },
  ),
  beside: fc.record({ job: beside, vm: beside }),
});
const mark = { incarnation: count, sequence: count };

/** Any heartbeat that a sender may want to send. */
export const beats: fc.Arbitrary<Beat> = fc.record({
  subject: fc.nat().map((n) => keyNamed(n)),
  ledger: fc.constant(LEDGER),
  incarnation: count.map((n) => n + 1),
  sequence: count.map((n) => n + 1),
  instance: fc
    .uint8Array({ minLength: 8, maxLength: 8 })
    .map((bytes) => Buffer.from(bytes).toString('base64url')),
  clockMs: count,
  count,
  frontierRoot: fc.nat().map((n) => digestNamed(n)),
  stateRoot: fc.nat().map((n) => digestNamed(n)),
  rules: fc.nat({ max: 100 }),
  version: fc.stringMatching(/^[0-9A-Za-z.+-]{0,24}$/),
  relay: fc.boolean(),
  lobby: fc.boolean(),
  headroom: fc.option(headroom, { nil: null }),
  offer: fc.option(offer, { nil: null }),
  work: fc.option(
    fc.nat().map((n) => digestNamed(n)),
    { nil: null },
  ),
  acks: fc.array(brief, { maxLength: 12 }),
  rotations: fc.array(fc.record({ member: brief, counter: count }), { maxLength: 12 }),
  doubts: fc.array(fc.record({ subject: brief, ...mark }), { maxLength: 12 }),
  observations: fc.array(fc.uint8Array({ maxLength: 192 }), { maxLength: 12 }),
});
