import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutMark } from '../../ledger/frontier.ts';
import { REPLY_BYTES_MAX, WALK_NODES_MAX, WALK_REPLY_BYTES_MAX } from '../../ledger/limits.ts';
import { answerHello, answerPull, answerWalk, helloOf } from '../../ledger/sync-answer.ts';
import {
  type Subtree,
  type TheirEntry,
  type Want,
  decodeHello,
  decodeHelloReply,
  decodePageEnd,
  decodePull,
  decodePushReply,
  decodeWalk,
  decodeWalkReply,
  encodeHelloReply,
  encodePageEnd,
  encodePull,
  encodeWalk,
  encodeWalkReply,
} from '../../ledger/sync-wire.ts';
import { toBase64url } from '../../proto/bytes.ts';
import type { Digest, Key, RecordId } from '../../proto/ids.ts';
import { nodePlatform } from '../../src/platform.ts';
import { type Peer, type Reply, converse, honest } from '../kit/converse.ts';
import { type ToyLedger, toyKey, toyLine } from '../kit/toy-ledger.ts';
import { seen, sights, worlds } from '../kit/toy-world.ts';

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toBase64url);
const key = fc.oneof(bytes32, fc.nat(30).map(toyKey)) as fc.Arbitrary<Key>;
const id = bytes32 as fc.Arbitrary<RecordId>;
const entry: fc.Arbitrary<TheirEntry> = fc.record({
  author: key,
  seq: fc.integer({ min: 1, max: 2 ** 31 }),
  id,
  mark: fc.oneof(fc.constantFrom('none' as const, 'fork' as const), id.map(cutMark)),
  generation: fc.nat(),
});
const subtree: fc.Arbitrary<Subtree> = fc.oneof(
  fc.record({ kind: fc.constant('entries' as const), entries: fc.array(entry, { maxLength: 9 }) }),
  fc.record({
    kind: fc.constant('inner' as const),
    children: fc.array(fc.uint8Array({ minLength: 16, maxLength: 16 }), {
      minLength: 16,
      maxLength: 16,
    }),
  }),
);

/** What a lying peer does with one request: the honest reply bent, or one of its own making. */
type Lie =
  | { readonly how: 'honest' | 'fail' | 'breakOff' | 'repeat' }
  | { readonly how: 'bytes'; readonly bytes: Uint8Array }
  | { readonly how: 'flip'; readonly at: number }
  | { readonly how: 'nodes'; readonly nodes: readonly Subtree[] }
  | { readonly how: 'end'; readonly common: readonly number[]; from: number; next: number };

const lie: fc.Arbitrary<Lie> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ how: fc.constant('honest' as const) }) },
  fc.record({ how: fc.constantFrom('fail' as const, 'breakOff' as const, 'repeat' as const) }),
  fc.record({ how: fc.constant('bytes' as const), bytes: fc.uint8Array({ maxLength: 64 }) }),
  fc.record({ how: fc.constant('flip' as const), at: fc.nat() }),
  fc.record({
    how: fc.constant('nodes' as const),
    nodes: fc.array(subtree, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({
    how: fc.constant('end' as const),
    common: fc.array(fc.integer({ min: -1, max: 9 }), { maxLength: 4 }),
    from: fc.nat(9),
    next: fc.nat(4),
  }),
);

function lying(server: ToyLedger, lies: readonly Lie[]): Peer {
  const truth = honest(server);
  let turn = 0;
  return (request) => {
    const it = lies[turn++ % lies.length] as Lie;
    const reply = truth(request);
    switch (it.how) {
      case 'honest':
        return reply;
      case 'fail':
        return { kind: 'failed' };
      case 'breakOff':
        return reply.kind === 'page' ? { ...reply, end: null } : reply;
      case 'repeat':
        return reply.kind === 'page'
          ? { ...reply, lines: [...reply.lines, ...reply.lines, ...server.all()] }
          : reply;
      case 'bytes':
        return bent(reply, it.bytes);
      case 'flip':
        return flipped(reply, it.at);
      case 'nodes':
        if (request.kind === 'hello') {
          const self = { ...helloOf(server.holdings), frontier: toyKey(7) as string as Digest };
          return { kind: 'body', body: encodeHelloReply({ self, root: it.nodes[0] as Subtree }) };
        }
        return request.kind === 'walk' ? { kind: 'body', body: encodeWalkReply(it.nodes) } : reply;
      case 'end':
        return reply.kind === 'page' ? { ...reply, end: encodePageEnd(it) } : reply;
    }
  };
}

function bent(reply: Reply, bytes: Uint8Array): Reply {
  if (reply.kind === 'failed') return reply;
  if (reply.kind === 'body') return { kind: 'body', body: bytes };
  return { ...reply, lines: [Buffer.from(bytes).toString('latin1')] };
}

function flipped(reply: Reply, at: number): Reply {
  if (reply.kind !== 'body' || reply.body.length === 0) return reply;
  const body = Uint8Array.from(reply.body);
  const place = at % body.length;
  body[place] = (body[place] as number) ^ (1 << (at % 8));
  return { kind: 'body', body };
}

describe('a peer that lies', () => {
  test('never makes the asking side throw or go on for long, and cannot put in what is not so', () => {
    fc.assert(
      fc.property(
        worlds,
        sights,
        sights,
        fc.array(lie, { minLength: 1, maxLength: 12 }),
        (world, mine, theirs, lies) => {
          const client = seen(world, mine);
          const server = seen(world, theirs);
          const real = new Set(world.branches.flat().map(toyLine));
          const talk = converse(nodePlatform, client, lying(server, lies));
          expect(talk.requests.length).toBeLessThan(500);
          for (const line of client.all()) expect(real.has(line)).toBe(true);
        },
      ),
      { numRuns: 300, endOnFailure: true },
    );
  });

  test('with an endless trie is left after bounded walks', () => {
    let nodes = 0;
    let fill = 0;
    const inner: Subtree = {
      kind: 'inner',
      children: Array.from({ length: 16 }, () => new Uint8Array(16).fill((fill += 7) | 1)),
    };
    const client = seen({ branches: [] }, { shares: [], cutsLate: false });
    const talk = converse(nodePlatform, client, (request) => {
      if (request.kind === 'hello') {
        const self = { ...helloOf(client.holdings), frontier: toyKey(9) as string as Digest };
        return { kind: 'body', body: encodeHelloReply({ self, root: inner }) };
      }
      if (request.kind !== 'walk') return { kind: 'failed' };
      const places = decodeWalk(request.body) ?? [];
      nodes += places.length;
      return { kind: 'body', body: encodeWalkReply(places.map(() => inner)) };
    });
    expect(talk.outcome).toMatchObject({ kind: 'differs', why: 'nothing moves' });
    expect(nodes).toBeGreaterThan(1_000);
    expect(nodes).toBeLessThan(3 * WALK_NODES_MAX);
  });

  test('with pages that never serve a want whole is counted out', () => {
    const server = seen(
      { branches: [[{ author: 0, seq: 1, prev: '', salt: 1 }]] },
      { shares: [1], cutsLate: false },
    );
    const client = seen({ branches: [] }, { shares: [], cutsLate: false });
    const truth = honest(server);
    let from = 1;
    const talk = converse(nodePlatform, client, (request) =>
      request.kind === 'pull'
        ? {
            kind: 'page',
            lines: [],
            end: encodePageEnd({ common: [from - 1], from: ++from, next: 0 }),
          }
        : truth(request),
    );
    expect(talk.outcome).toMatchObject({ kind: 'differs', why: 'too many useless pages' });
    expect(talk.requests.length).toBeLessThan(12);
  });
});

describe('a client that lies', () => {
  const server = (() => {
    const branches = Array.from({ length: 400 }, (_, n) => [
      { author: 0, seq: n + 1, prev: '' as const, salt: n },
    ]);
    return seen({ branches }, { shares: [1], cutsLate: false });
  })();

  test('gets no answer to a body that is none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        for (const decode of [decodeHello, decodeHelloReply, decodeWalk, decodePull]) decode(bytes);
        for (const decode of [decodeWalkReply, decodePushReply]) decode(bytes);
        decodePageEnd(Buffer.from(bytes).toString('latin1'));
        answerHello(server.holdings, bytes);
        answerWalk(server.holdings, bytes);
        const page = answerPull(server.holdings, bytes);
        if (page !== null) expect([...page].length).toBeGreaterThan(0);
      }),
      { numRuns: 2_000 },
    );
    expect(answerHello(server.holdings, new Uint8Array(3))).toBe(null);
    expect(answerWalk(server.holdings, new Uint8Array(0))).toBe(null);
    expect(answerPull(server.holdings, new Uint8Array(0))).toBe(null);
  });

  test('is refused more places, wants or steps than the bounds say', () => {
    const place = { path: 'a', flat: 0 };
    expect(decodeWalk(encodeWalk([place]))).toEqual([place]);
    expect(decodeWalk(encodeWalk(Array.from({ length: 257 }, () => place)))).toBe(null);
    expect(decodeWalk(encodeWalk([{ path: '0'.repeat(65), flat: 0 }]))).toBe(null);
    expect(decodeWalk(encodeWalk([{ path: '', flat: 257 }]))).toBe(null);
    const want: Want = { author: toyKey(1), have: [], from: 0 };
    expect(decodePull(encodePull([want]))).toEqual([want]);
    expect(decodePull(encodePull(Array.from({ length: 1_025 }, () => want)))).toBe(null);
    const rising = [1, 2].map((seq) => ({ seq, id: toyKey(seq) as string as RecordId }));
    expect(decodePull(encodePull([{ ...want, have: rising }]))).toBe(null);
    const many = Array.from({ length: 33 }, (_, n) => ({
      seq: 99 - n,
      id: rising[0]?.id as RecordId,
    }));
    expect(decodePull(encodePull([{ ...want, have: many }]))).toBe(null);
  });

  test('gets bounded replies to the largest requests', () => {
    const places = Array.from({ length: 256 }, () => ({ path: '', flat: 256 }));
    const walk = answerWalk(server.holdings, encodeWalk(places));
    expect(walk?.reply.length).toBeLessThan(WALK_REPLY_BYTES_MAX + 40_000);
    const wants = Array.from({ length: 1_024 }, () => ({ author: toyKey(0), have: [], from: 0 }));
    const page = [...(answerPull(server.holdings, encodePull(wants)) ?? [])];
    expect(page.join('\n').length).toBeLessThan(REPLY_BYTES_MAX + 70_000);
  });
});

describe('every body', () => {
  test('comes back from the wire as it was', () => {
    const hello = fc.record({
      ledger: id,
      rules: fc.nat(9),
      count: fc.nat(),
      frontier: bytes32 as fc.Arbitrary<Digest>,
      state: bytes32 as fc.Arbitrary<Digest>,
    });
    fc.assert(
      fc.property(hello, fc.array(subtree, { maxLength: 5 }), (self, nodes) => {
        const back = decodeWalkReply(encodeWalkReply(nodes));
        expect(plain(back)).toEqual(plain(nodes));
        const root = nodes[0] ?? null;
        expect(plain(decodeHelloReply(encodeHelloReply({ self, root })))).toEqual(
          plain({ self, root }),
        );
      }),
      { numRuns: 300 },
    );
    const end = { common: [3, 0, -1], from: 9, next: 2 };
    expect(encodePageEnd(end)).toBe('{"end":{"common":[3,0,-1],"from":9,"next":2}}');
    expect(decodePageEnd(encodePageEnd(end))).toEqual(end);
  });
});

/** Byte arrays as arrays, so that a Buffer equals an Uint8Array. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, part: unknown) =>
      part instanceof Uint8Array || (part as { type?: string } | null)?.type === 'Buffer'
        ? Buffer.from(part as Uint8Array).toString('hex')
        : part,
    ),
  );
}
