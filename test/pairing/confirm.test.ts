// Keys and tags: both ends reach the same ones by the same words only, each direction has its own,
// and a tag that comes back to its sender proves nothing.

import { hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeCode } from '../../pairing/code.ts';
import {
  type Channel,
  type Hellos,
  channelOf,
  helloMessage,
  hellosOf,
  judgeTag,
  opened,
  ownsKey,
  ownsWireguard,
  sealed,
  settingOf,
  tagOf,
} from '../../pairing/confirm.ts';
import { type Setting, sessionKey, shareOf, transcriptOf } from '../../pairing/cpace.ts';
import type { AdmitterHello, NewcomerHello } from '../../pairing/messages.ts';
import { fromBase64url, toBase64url, toHex } from '../../proto/bytes.ts';
import type { Digest, RecordId, Signature } from '../../proto/ids.ts';
import { hide, reveal } from '../../proto/secret.ts';
import { pairingPlatform as platform } from '../../src/pairing-platform.ts';
import { actor, signBytes } from '../kit/actors.ts';
import { FRAMES } from './samples.ts';

const [A, N] = FRAMES.flatMap((frame) => (frame.kind === 'hello' ? [frame.hello] : [])) as [
  AdmitterHello,
  NewcomerHello,
];
const HELLOS = hellosOf(A, N, platform);
const PRS = makeCode(new Uint8Array(8).fill(9));
const bytes = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const AD = { a: new Uint8Array(64).fill(1), n: new Uint8Array(64).fill(2) };

interface Ends {
  readonly a: Channel;
  readonly n: Channel;
}

/** Both ends of a run; each may have another view of the hellos and another code. */
function run(hellosA: Hellos, hellosN: Hellos, prsA = PRS, prsN = PRS): Ends {
  const [ya, yn] = [hide(bytes(11)), hide(bytes(12))];
  const settingA = settingOf(prsA, hellosA, platform);
  const settingN = settingOf(prsN, hellosN, platform);
  const shares = {
    admitter: { y: share(ya, settingA), ad: AD.a },
    newcomer: { y: share(yn, settingN), ad: AD.n },
  };
  return {
    a: channelOf('admitter', ya, settingA, shares, platform) as Channel,
    n: channelOf('newcomer', yn, settingN, shares, platform) as Channel,
  };
}

function share(scalar: ReturnType<typeof hide>, setting: Setting): Uint8Array {
  return shareOf(reveal(scalar), setting, platform) as Uint8Array;
}

function keysOf({ keys, ceremony }: Channel): string[] {
  const all = [keys.tag.admitter, keys.tag.newcomer, keys.seal.admitter, keys.seal.newcomer];
  return [ceremony, ...all.map((key) => toHex(reveal(key)))];
}

describe('both ends', () => {
  test('reach the same four keys, all different, and find each other’s tags right', () => {
    const { a, n } = run(HELLOS, HELLOS);
    expect(keysOf(a)).toEqual(keysOf(n));
    expect(new Set(keysOf(a)).size).toBe(5);
    expect(judgeTag(n, tagOf('admitter', a, platform), platform)).toBe('right');
    expect(judgeTag(a, tagOf('newcomer', n, platform), platform)).toBe('right');
  });

  test('derive them by HKDF-SHA512 as the platform has it', () => {
    const { a } = run(HELLOS, HELLOS);
    const setting = settingOf(PRS, HELLOS, platform);
    const [ya, yn] = [hide(bytes(11)), hide(bytes(12))];
    const shares = [
      { y: share(ya, setting), ad: AD.a },
      { y: share(yn, setting), ad: AD.n },
    ] as const;
    const isk = sessionKey(
      bytes(11),
      shares[1].y,
      setting.sid,
      transcriptOf(...shares),
      platform,
    ) as Uint8Array;
    const salt = fromBase64url(a.ceremony) as Uint8Array;
    for (const purpose of ['tag', 'seal'] as const) {
      for (const role of ['admitter', 'newcomer'] as const) {
        const okm = hkdfSync('sha512', isk, salt, `kith-pairing-v1 ${purpose} ${role}`, 32);
        expect(toHex(reveal(a.keys[purpose][role]))).toBe(Buffer.from(okm).toString('hex'));
      }
    }
  });

  test('reach other keys by another code', () => {
    const { a, n } = run(HELLOS, HELLOS, PRS, makeCode(new Uint8Array(8).fill(10)));
    expect(judgeTag(n, tagOf('admitter', a, platform), platform)).toBe('wrong');
  });

  const other = actor('mallory').key;
  test.each<[string, AdmitterHello, NewcomerHello]>([
    ['the key of the admitter', { ...A, key: other }, N],
    ['the key of the newcomer', A, { ...N, key: other }],
    ['the network', { ...A, network: toBase64url(bytes(5)) as RecordId }, N],
    ['the frontier', { ...A, frontier: toBase64url(bytes(6)) as Digest }, N],
    ['a nonce', { ...A, nonce: bytes(7) }, N],
    ['a name', A, { ...N, name: 'other' }],
    ['the suites offered', { ...A, suites: [1, 2] }, N],
    ['the WireGuard key', A, { ...N, wireguard: { ...N.wireguard, key: other } }],
  ])('reach other keys where the middle changed %s', (_, admitter, newcomer) => {
    const { a, n } = run(hellosOf(admitter, newcomer, platform), HELLOS);
    expect(judgeTag(n, tagOf('admitter', a, platform), platform)).toBe('wrong');
    expect(judgeTag(a, tagOf('newcomer', n, platform), platform)).toBe('wrong');
  });
});

describe('a tag', () => {
  const { a, n } = run(HELLOS, HELLOS);

  test('that comes back to its sender is told from the other one’s', () => {
    expect(judgeTag(a, tagOf('admitter', a, platform), platform)).toBe('mirrored');
    expect(judgeTag(n, tagOf('newcomer', n, platform), platform)).toBe('mirrored');
  });

  test('with any bit flipped is wrong', () => {
    fc.assert(
      fc.property(fc.nat(511), (bit) => {
        const tag = new Uint8Array(tagOf('admitter', a, platform));
        tag[bit >> 3] = (tag[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(judgeTag(n, tag, platform)).toBe('wrong');
      }),
    );
  });
});

test('a right, a wrong and a mirrored tag take the same work: no look stops early', () => {
  const { a, n } = run(HELLOS, HELLOS);
  const wrong = new Uint8Array(64);
  const work = [tagOf('admitter', a, platform), tagOf('newcomer', n, platform), wrong].map(
    (tag) => {
      const calls: string[] = [];
      const spy = {
        ...platform,
        hmacSha512: (key: Uint8Array, text: Uint8Array): Uint8Array => {
          calls.push('hmac');
          return platform.hmacSha512(key, text);
        },
        sameSecret: (x: Uint8Array, y: Uint8Array): boolean => {
          calls.push('compare');
          return platform.sameSecret(x, y);
        },
      };
      judgeTag(n, tag, spy);
      return calls;
    },
  );
  const expected = ['hmac', 'compare', 'hmac', 'compare'];
  expect(work).toEqual([expected, expected, expected]);
});

describe('under seal', () => {
  const { a, n } = run(HELLOS, HELLOS);
  const still = { kind: 'still' } as const;

  test('messages are opened in the order they were sealed, each once', () => {
    const first = sealed(a, still, platform);
    const second = sealed(first.channel, { kind: 'joined' }, platform);
    const box = (frame: Uint8Array): Uint8Array => frame.subarray(4);
    const got = opened(n, box(first.frame), platform);
    expect(got?.inner).toEqual(still);
    const after = got?.channel as Channel;
    expect(opened(after, box(second.frame), platform)?.inner.kind).toBe('joined');
    expect(opened(after, box(first.frame), platform)).toBeNull();
    expect(opened(n, box(second.frame), platform)).toBeNull();
  });

  test('what one direction seals does not open in the other', () => {
    const { frame } = sealed(a, still, platform);
    expect(opened(a, frame.subarray(4), platform)).toBeNull();
    expect(opened(n, frame.subarray(4), platform)).not.toBeNull();
  });

  test('no count meets the nonce of another', () => {
    const nonces = new Set<string>();
    const spy = {
      ...platform,
      seal: (_: Uint8Array, nonce: Uint8Array): Uint8Array => {
        nonces.add(toHex(nonce));
        return new Uint8Array(16);
      },
    };
    const counts = [0, 1, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 40];
    for (const sent of counts) sealed({ ...a, sent }, still, spy);
    expect(nonces.size).toBe(counts.length);
    expect(nonces).toContain(`00000000${(2 ** 40).toString(16).padStart(16, '0')}`);
  });
});

describe('what is signed', () => {
  test('is both hellos and the role, by the key that the hello names', () => {
    const by = (name: string, role: 'admitter' | 'newcomer'): Uint8Array =>
      fromBase64url(signBytes(actor(name), helloMessage(role, HELLOS))) as Uint8Array;
    expect(ownsKey('admitter', HELLOS, by('alice', 'admitter'), platform)).toBe(true);
    expect(ownsKey('newcomer', HELLOS, by('attic', 'newcomer'), platform)).toBe(true);
    expect(ownsKey('admitter', HELLOS, by('alice', 'newcomer'), platform)).toBe(false);
    expect(ownsKey('admitter', HELLOS, by('mallory', 'admitter'), platform)).toBe(false);
    // Recorded from an older run of the same two: their nonces were others.
    const older = hellosOf({ ...A, nonce: bytes(77) }, N, platform);
    expect(ownsKey('newcomer', older, by('attic', 'newcomer'), platform)).toBe(false);
  });

  test('speaks for a WireGuard key in one network, for one node', () => {
    expect(ownsWireguard(HELLOS, platform)).toBe(true);
    const foreign = { ...A, network: toBase64url(bytes(5)) as RecordId };
    expect(ownsWireguard(hellosOf(foreign, N, platform), platform)).toBe(false);
    const thief: NewcomerHello = { ...N, key: actor('mallory').key };
    expect(ownsWireguard(hellosOf(A, thief, platform), platform)).toBe(false);
    const raised = { ...N, wireguard: { ...N.wireguard, counter: 4 } };
    expect(ownsWireguard(hellosOf(A, raised, platform), platform)).toBe(false);
    const forged = { ...N.wireguard, sig: toBase64url(new Uint8Array(64)) as Signature };
    expect(ownsWireguard(hellosOf(A, { ...N, wireguard: forged }, platform), platform)).toBe(false);
  });
});
