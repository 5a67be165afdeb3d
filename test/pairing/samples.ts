// One message of every kind, as two machines would send it; and the arbitrary ones around them.

import fc from 'fast-check';
import type { Frame, Inner } from '../../pairing/messages.ts';
import type { Digest, RecordId } from '../../proto/ids.ts';
import { actor, genesis, wireguardClaim } from '../kit/actors.ts';

const alice = actor('alice');
const attic = actor('attic');
const NETWORK: RecordId = genesis('home', [alice], actor('paper')).id;
const bytes = (size: number, fill: number): Uint8Array => new Uint8Array(size).fill(fill);

export const FRAMES: readonly Frame[] = [
  {
    kind: 'hello',
    hello: {
      role: 'admitter',
      version: 1,
      suites: [1],
      key: alice.key,
      nonce: bytes(32, 1),
      name: 'alice',
      network: NETWORK,
      frontier: 'A'.repeat(43) as Digest,
    },
  },
  {
    kind: 'hello',
    hello: {
      role: 'newcomer',
      version: 1,
      suites: [1, 7],
      key: attic.key,
      nonce: bytes(32, 2),
      name: 'attic',
      wireguard: wireguardClaim(attic, NETWORK, 3),
    },
  },
  { kind: 'share', y: bytes(32, 3), ad: bytes(64, 4) },
  { kind: 'tag', tag: bytes(64, 5) },
  { kind: 'sealed', box: bytes(40, 6) },
  { kind: 'failure' },
];

export const INNERS: readonly Inner[] = [
  {
    kind: 'introduction',
    introduction: {
      role: 'peer',
      labels: ['gpu', 'rack.2'],
      endpoints: ['10.0.0.1:7000', '[fd00::1]:7000'],
      hardware: {
        model: 'NUC 12',
        system: 'Debian 13',
        cpu: 'Ryzen 7 5800X',
        cores: 16,
        memoryMib: 65_536,
        diskMib: 2 ** 40,
        gpus: [{ name: 'RTX 4090', memoryMib: 24_576 }],
      },
      pledges: [{ admitter: alice.key, ceremony: 'A'.repeat(43) as Digest }],
    },
  },
  { kind: 'welcome', welcome: { network: 'home' } },
  {
    kind: 'proposal',
    body: '{"key":"x"}',
    members: [{ key: alice.key, endpoints: ['a.example:51820'] }],
  },
  { kind: 'acceptance', signature: bytes(64, 7) },
  {
    kind: 'result',
    record: '{"v":1}',
    members: [{ key: alice.key, endpoints: ['a.example:51820'] }],
  },
  { kind: 'next', number: 0 },
  { kind: 'next', number: 300 },
  { kind: 'page', number: 0, lines: bytes(0, 0), last: false },
  { kind: 'page', number: 2, lines: bytes(100, 10), last: true },
  { kind: 'joined' },
  { kind: 'still' },
  { kind: 'failure', reason: 'ended' },
  { kind: 'failure', reason: 'expired' },
];

/** Bytes near a message: cut, lengthened, flipped, doubled, or of no message at all. */
export function near(messages: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const one = fc.constantFrom(...messages);
  return fc.oneof(
    one,
    fc.uint8Array({ maxLength: 200 }),
    fc.tuple(one, fc.nat(2_000)).map(([it, at]) => it.subarray(0, at % (it.length + 1))),
    fc.tuple(one, fc.uint8Array({ maxLength: 8 })).map(([it, more]) => join(it, more)),
    fc.tuple(one, one).map(([it, other]) => join(it, other)),
    fc.tuple(one, fc.nat(20_000)).map(([it, bit]) => {
      const flipped = new Uint8Array(it);
      const at = (bit >> 3) % flipped.length;
      flipped[at] = (flipped[at] as number) ^ (1 << (bit & 7));
      return flipped;
    }),
  );
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  return Uint8Array.from([...a, ...b]);
}
