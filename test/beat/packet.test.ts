// The packet: it comes back as it was, never outgrows its datagram, and nothing that a stranger
// sends can throw.

import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Headroom } from '../../proto/status.ts';
import { PACKET_BYTES_MAX } from '../../beat/limits.ts';
import { briefOf, isNewer } from '../../beat/mark.ts';
import type { Offer } from '../../beat/offer.ts';
import {
  type Beat,
  FALLS_OUT,
  type Opened,
  bodyOf,
  openPacket,
  packetOf,
  signedBytes,
} from '../../beat/packet.ts';
import { BEAT_REFUSALS } from '../../beat/refusals.ts';
import { fromBase64url } from '../../proto/bytes.ts';
import { verdict } from '../../proto/ed25519.ts';
import type { Key } from '../../proto/ids.ts';
import { kith } from '../../proto/wire.js';
import { nodePlatform } from '../../src/platform.ts';
import { FULL, LEDGER, NO_ROOM, PLAIN, beats, briefNamed, keyNamed, recordNamed } from './beats.ts';

const SIGNATURE = new Uint8Array(64).fill(1);

function sent(beat: Beat, answer = false): Uint8Array {
  return packetOf(bodyOf(beat), SIGNATURE, answer);
}

function opened(bytes: Uint8Array): Opened {
  const result = openPacket(bytes, LEDGER);
  if (!result.ok) throw new Error(`${result.code} ${result.detail}`);
  return result.value;
}

function codeOf(bytes: Uint8Array): string {
  const result = openPacket(bytes, LEDGER);
  return result.ok ? 'ok' : `${result.code} ${result.detail}`.trim();
}

/** The packet of a body that our own encoder would not write. */
function foreign(change: Partial<kith.BeatBody>): Uint8Array {
  const body = { ...kith.BeatBody.decode(bodyOf(PLAIN)), ...change };
  return packetOf(kith.BeatBody.encode(body).finish(), SIGNATURE);
}

function many<Value>(times: number, value: Value): Value[] {
  return Array.from({ length: times }, () => value);
}

function gpusOf(beat: Beat): Headroom['gpus'] {
  return beat.headroom?.gpus ?? [];
}

describe('a packet', () => {
  test('comes back as it was sent', () => {
    expect(opened(sent(PLAIN)).beat).toEqual(PLAIN);
    expect(opened(sent(PLAIN)).answer).toBe(false);
    expect(opened(sent(PLAIN, true)).answer).toBe(true);
  });

  test('holds the beginning of every list, whatever was to be told, in 1,200 bytes', () => {
    fc.assert(
      fc.property(beats, (beat) => {
        const bytes = sent(beat, true);
        expect(bytes.length).toBeLessThanOrEqual(PACKET_BYTES_MAX);
        const { beat: back } = opened(bytes);
        const lists = { acks: [], rotations: [], doubts: [], observations: [] };
        const room = beat.headroom && { ...beat.headroom, gpus: [] };
        const backRoom = back.headroom && { ...back.headroom, gpus: [] };
        expect({ ...back, ...lists, headroom: backRoom }).toEqual({
          ...beat,
          ...lists,
          headroom: room,
        });
        for (const name of ['acks', 'rotations', 'doubts', 'observations'] as const) {
          expect(back[name]).toEqual(beat[name].slice(0, back[name].length));
        }
        expect(gpusOf(back)).toEqual(gpusOf(beat).slice(0, gpusOf(back).length));
      }),
    );
  });

  test('that is full loses what stands first in the table, and no more than it must', () => {
    const { beat } = opened(sent(FULL));
    expect(FALLS_OUT).toEqual(['observations', 'gpus', 'rotations', 'acks', 'doubts']);
    expect(beat.observations).toEqual([]);
    expect(gpusOf(beat).length).toBeGreaterThan(0);
    expect(gpusOf(beat).length).toBeLessThan(16);
    expect(beat.headroom?.gpuCount).toBe(16);
    expect([beat.rotations.length, beat.acks.length, beat.doubts.length]).toEqual([8, 8, 8]);
  });

  test('without its lists fits with the largest values there are', () => {
    const bare: Beat = { ...FULL, headroom: NO_ROOM, acks: [], rotations: [], doubts: [] };
    const told = sent({ ...bare, observations: [] }, true).length;
    expect(told).toBeLessThan(550);
    const offer = { ...(FULL.offer as Offer), images: [] };
    expect(sent({ ...bare, offer, observations: [] }, true).length).toBeLessThan(400);
  });

  test('is signed over its own bytes under the prefix of heartbeats', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const subject = publicKey.export({ format: 'jwk' }).x as Key;
    const body = bodyOf({ ...PLAIN, subject });
    expect(Buffer.from(signedBytes(body)).toString('latin1')).toMatch(/^kith-beat-v1\n/);
    const packet = packetOf(body, sign(null, signedBytes(body), privateKey));
    const { beat, signed, signature } = opened(packet);
    const check = (bytes: Uint8Array): boolean =>
      verdict(nodePlatform, fromBase64url(beat.subject) as Uint8Array, bytes, signature);
    expect(check(signed)).toBe(true);
    for (const at of [0, 13, signed.length - 1]) {
      const changed = Uint8Array.from(signed);
      changed[at] = (changed[at] as number) ^ 1;
      expect(check(changed)).toBe(false);
    }
  });

  test('does not change with the buffer that it came in', () => {
    const buffer = sent({ ...PLAIN, observations: [Uint8Array.of(1, 2, 3)] });
    const { beat, signed } = opened(buffer);
    const before = Uint8Array.from(signed);
    buffer.fill(0);
    expect(beat.observations).toEqual([Uint8Array.of(1, 2, 3)]);
    expect(signed).toEqual(before);
  });

  test('tells unknown from zero', () => {
    const headroom: Headroom = { ...NO_ROOM, cpuFreeMilli: 0, gpuCount: 0 };
    expect(opened(sent({ ...PLAIN, headroom })).beat.headroom).toEqual(headroom);
  });

  test('with a card in a state of a later version holds an unhealthy card', () => {
    const gpus = [{ name: 'card', state: 9 }];
    const { beat } = opened(foreign({ headroom: { gpus } }));
    expect(gpusOf(beat)[0]?.state).toBe('unhealthy');
  });

  test('with a field of a later version is read without it', () => {
    const body = Uint8Array.from([...bodyOf(PLAIN), 0xf8, 1, 7]);
    expect(opened(packetOf(body, SIGNATURE)).beat).toEqual(PLAIN);
  });
});

describe('what is no packet is refused', () => {
  const short = new Uint8Array(31);
  const NOTHING = { taking: 0, kinds: 0, takenCards: [], held: 0 };
  test.each<[string, Uint8Array]>([
    ['malformed', new Uint8Array(0)],
    ['malformed', Uint8Array.of(0xff, 0xff)],
    ['malformed', packetOf(bodyOf(PLAIN), new Uint8Array(63))],
    ['malformed', packetOf(Uint8Array.of(0x0a, 0xff), SIGNATURE)],
    ['too-long 1201 bytes', new Uint8Array(1_201)],
    ['out-of-bounds ledger', foreign({ ledger: short })],
    ['other-ledger', sent({ ...PLAIN, ledger: recordNamed('another') })],
    ['out-of-bounds subject', foreign({ subject: short })],
    ['out-of-bounds incarnation', foreign({ incarnation: 0 })],
    ['out-of-bounds incarnation', foreign({ incarnation: 2 ** 48 + 1 })],
    ['out-of-bounds sequence', foreign({ sequence: 0 })],
    ['out-of-bounds instance', foreign({ instance: short })],
    ['out-of-bounds frontier_root', foreign({ frontierRoot: short })],
    ['out-of-bounds state_root', foreign({ stateRoot: short })],
    ['out-of-bounds version', foreign({ version: '1\n2' })],
    ['out-of-bounds version', foreign({ version: '1'.repeat(25) })],
    ['out-of-bounds work', foreign({ work: short })],
    ['out-of-bounds acks', foreign({ acks: [short] })],
    ['out-of-bounds acks', foreign({ acks: many(9, new Uint8Array(15)) })],
    ['out-of-bounds rotations', foreign({ rotations: [{ member: short, counter: 1 }] })],
    [
      'out-of-bounds doubts',
      foreign({ doubts: [{ subject: short, incarnation: 1, sequence: 1 }] }),
    ],
    ['out-of-bounds observations', foreign({ observations: [new Uint8Array(193)] })],
    ['out-of-bounds headroom', foreign({ headroom: { gpus: [{ name: '\u001b[31m', state: 0 }] } })],
    ['out-of-bounds headroom', foreign({ headroom: { gpus: many(17, { name: '', state: 0 }) } })],
    ['out-of-bounds offer', foreign({ offer: { ...NOTHING, images: new Uint8Array(7) } })],
    ['out-of-bounds offer', foreign({ offer: { ...NOTHING, images: new Uint8Array(25 * 6) } })],
  ])('%s', (code, bytes) => {
    expect(codeOf(bytes)).toBe(code);
    expect(Object.keys(BEAT_REFUSALS)).toContain(code.split(' ', 1)[0]);
  });

  test('whatever the bytes are, nothing is thrown', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1_300 }), (bytes) => {
        expect(openPacket(bytes, LEDGER).ok).toBe(false);
      }),
    );
  });

  test('a packet with some bytes changed is read or refused, and read within its bounds', () => {
    const change = fc.record({ at: fc.nat({ max: 1_199 }), to: fc.nat({ max: 255 }) });
    fc.assert(
      fc.property(beats, fc.array(change, { minLength: 1, maxLength: 4 }), (beat, changes) => {
        const bytes = sent(beat);
        for (const { at, to } of changes) bytes[at % bytes.length] = to;
        const result = openPacket(bytes, LEDGER);
        if (!result.ok) return;
        const { beat: read } = result.value;
        expect(read.doubts.length).toBeLessThanOrEqual(8);
        expect(read.subject.length).toBe(43);
      }),
      { numRuns: 500 },
    );
  });
});

describe('marks', () => {
  test('order by incarnation, then by sequence', () => {
    const mark = (incarnation: number, sequence: number) => ({ incarnation, sequence });
    expect(isNewer(mark(2, 1), mark(1, 9))).toBe(true);
    expect(isNewer(mark(1, 9), mark(2, 1))).toBe(false);
    expect(isNewer(mark(1, 2), mark(1, 1))).toBe(true);
    expect(isNewer(mark(1, 1), mark(1, 1))).toBe(false);
  });

  test('a brief name is the beginning of the bytes', () => {
    expect(briefOf(keyNamed('x'))).toBe(briefNamed('x'));
  });
});
