// Key rotation: the two machines alone, and a node with its peers in a model where every packet of
// WireGuard counts, acknowledgements get lost, peers are away, and the node is killed anywhere.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Key } from '../../proto/ids.ts';
import { ROTATE_SPEAK_MS, ROTATE_WAIT_MS, SILENCE_MS } from '../../wg/link-limits.ts';
import {
  type RotateOwn,
  type RotateOwnInput,
  type RotateOwnOut,
  STEADY,
  resumedRotation,
  rotateOwnWakeAt,
  stepRotateOwn,
} from '../../wg/rotate-own.ts';
import {
  type RotatePeer,
  type RotatePeerInput,
  carrierOf,
  knownPeer,
  rotatePeerWakeAt,
  stepRotatePeer,
} from '../../wg/rotate-peer.ts';

const [OLD, NEW, NEWER] = ['old', 'new', 'newer'] as unknown as [Key, Key, Key];
const PEERS = ['p0', 'p1', 'p2', 'p3'] as unknown as Key[];

interface PeerModel {
  readonly key: Key;
  state: RotatePeer;
  readonly rttMs: number;
  readonly isUp: boolean;
  /** Heartbeats with its acknowledgement that are lost before one arrives. */
  readonly lostAcks: number;
  /** What WireGuard takes of the node's data: under this key only. */
  carries: Key;
  hasNew: boolean;
  receivedNew: boolean;
  lost: number;
}

const MEASURE_MS = 8_000;
const LOOK_MS = 10;
const WG_MS = 3;
const PING_MS = 20;

/** One rotation, in steps of a millisecond: what each peer has lost of a packet every 20 ms. */
function rotate(
  peers: readonly PeerModel[],
  phaseMs: number,
): { own: RotateOwn; done: RotateOwnOut | null } {
  const at: (readonly [number, () => void])[] = [];
  const later = (ms: number, act: () => void): void => void at.push([now + ms, act]);
  let now = 0;
  let own: RotateOwn = STEADY;
  let done: RotateOwnOut | null = null;
  let isSwitched = false;
  /** Packets for a peer wait while its handshake under the new key is on the way. */
  const handshakes = new Map<Key, { since: number; queue: number; isOver: boolean }>();

  const ofPeer = (peer: PeerModel, input: RotatePeerInput): void => {
    const { state, out } = stepRotatePeer(peer.state, input, now);
    peer.state = state;
    for (const one of out) {
      if (one.kind === 'carry') {
        const carrier = one.carrier ?? state.wg;
        later(WG_MS, () => {
          peer.carries = carrier;
          peer.hasNew = true;
          ofPeer(peer, { kind: 'added', wg: NEW });
        });
      }
      if (one.kind === 'acknowledge') {
        const { key: node } = peer;
        const ackMs = peer.rttMs / 2 + peer.lostAcks * 1_000;
        later(ackMs, () => ofOwn({ kind: 'acknowledged', node, counter: one.counter }));
      }
    }
  };
  const shake = (peer: PeerModel): void => {
    if (!peer.isUp || handshakes.has(peer.key)) return;
    const handshake = { since: now, queue: 0, isOver: false };
    handshakes.set(peer.key, handshake);
    later(peer.rttMs / 2, () => {
      if (peer.hasNew) peer.receivedNew = true;
    });
    later(peer.rttMs, () => {
      if (!peer.receivedNew) return void handshakes.delete(peer.key);
      handshake.isOver = true;
      for (; handshake.queue > 0; handshake.queue--) arrive(peer, NEW);
      ofOwn({ kind: 'shaken', node: peer.key });
    });
  };
  const arrive = (peer: PeerModel, under: Key): void => {
    later(peer.rttMs / 2, () => {
      if (peer.carries !== under) peer.lost += 1;
    });
  };
  const ofOwn = (input: RotateOwnInput): void => {
    const { state, out } = stepRotateOwn(own, input, now);
    own = state;
    for (const one of out) {
      if (one.kind === 'tell') later(5, () => tell());
      if (one.kind === 'switch') {
        later(WG_MS, () => {
          isSwitched = true;
          ofOwn({ kind: 'switched' });
        });
      }
      if (one.kind === 'speak') shake(peers.find(({ key }) => key === one.node) as PeerModel);
      if (one.kind === 'done') done = one;
    }
  };
  const tell = (): void => {
    for (const peer of peers) {
      if (!peer.isUp) continue;
      const news = { kind: 'ledger', wg: NEW, counter: 2, isAlive: true } as const;
      later(peer.rttMs / 2 + 30, () => ofPeer(peer, news));
    }
    ofOwn({ kind: 'told', counter: 2 });
  };

  for (; now < MEASURE_MS + ROTATE_WAIT_MS + ROTATE_SPEAK_MS; now++) {
    if (now === 1_000 + phaseMs) {
      const alive = peers.filter(({ isUp }) => isUp).map(({ key }) => key);
      ofOwn({ kind: 'start', alive });
    }
    for (let i = 0; i < at.length; i++) {
      const [due, act] = at[i] as (typeof at)[number];
      if (due > now) continue;
      at.splice(i--, 1);
      act();
    }
    if (now >= rotateOwnWakeAt(own)) ofOwn({ kind: 'tick' });
    for (const peer of peers) {
      if (now % LOOK_MS === 0 && peer.receivedNew) ofPeer(peer, { kind: 'received', wg: NEW });
      if (now % 10_000 === 0) ofPeer(peer, { kind: 'beat' });
      if (now >= rotatePeerWakeAt(peer.state)) ofPeer(peer, { kind: 'tick' });
      if (now % PING_MS !== 0 || !peer.isUp || now > MEASURE_MS) continue;
      if (!isSwitched) {
        arrive(peer, OLD);
        continue;
      }
      shake(peer);
      const handshake = handshakes.get(peer.key);
      if (handshake === undefined || handshake.isOver) arrive(peer, NEW);
      else handshake.queue += 1;
    }
  }
  return { own, done };
}

const peersOf = (rows: readonly (readonly [number, boolean, number])[]): PeerModel[] =>
  rows.map(([rttMs, isUp, lostAcks], i) => ({
    key: PEERS[i] as Key,
    state: knownPeer(OLD, 1),
    ...{ rttMs, isUp, lostAcks, carries: OLD },
    ...{ hasNew: false, receivedNew: false, lost: 0 },
  }));

describe('a rotation', () => {
  const row = fc.tuple(fc.constantFrom(0, 2, 20, 60, 200), fc.boolean(), fc.nat(3));

  test('loses at most one of 400 packets to each peer, whatever the round trip', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 4 }), fc.nat(40), (rows, phaseMs) => {
        const peers = peersOf(rows);
        const { own, done } = rotate(peers, phaseMs);
        expect(own).toEqual(STEADY);
        const up = peers.filter(({ isUp }) => isUp);
        const names = up.map(({ key }) => key).toSorted();
        expect(done).toMatchObject({ kind: 'done', late: [] });
        expect([...((done as { ready?: Key[] } | null)?.ready ?? [])].toSorted()).toEqual(names);
        for (const peer of up) {
          expect(peer.carries).toBe(NEW);
          expect(carrierOf(peer.state)).toBeNull();
          expect(peer.lost).toBeLessThanOrEqual(1);
        }
      }),
      { seed: 11, numRuns: 25 },
    );
  });

  test('does not wait for a peer that never answers', () => {
    const peers = peersOf([
      [20, true, 0],
      [20, true, 1_000],
    ]);
    const { own, done } = rotate(peers, 0);
    expect(own).toEqual(STEADY);
    expect(done).toEqual({ kind: 'done', ready: ['p0'], late: ['p1'] });
    // It had the key all the same: only its word was lost.
    expect(peers.map(({ carries }) => carries)).toEqual([NEW, NEW]);
  });
});

describe('the node that rotates', () => {
  test('is not asked twice, and gives up where its record cannot be written', () => {
    const started = stepRotateOwn(STEADY, { kind: 'start', alive: PEERS }, 0);
    expect(started.out).toEqual([{ kind: 'tell' }]);
    expect(stepRotateOwn(started.state, { kind: 'start', alive: [] }, 1)).toEqual({
      state: started.state,
      out: [],
    });
    expect(stepRotateOwn(started.state, { kind: 'failed' }, 2)).toEqual({
      state: STEADY,
      out: [{ kind: 'given-up' }],
    });
  });

  test('switches at once where nobody is there', () => {
    const telling: RotateOwn = { at: 'telling', alive: [] };
    expect(stepRotateOwn(telling, { kind: 'told', counter: 2 }, 0).out).toEqual([
      { kind: 'switch' },
    ]);
  });

  test('takes no word about an older key', () => {
    const telling: RotateOwn = { at: 'telling', alive: [...PEERS] };
    const { state } = stepRotateOwn(telling, { kind: 'told', counter: 5 }, 0);
    const [node] = PEERS as [Key];
    expect(stepRotateOwn(state, { kind: 'acknowledged', node, counter: 4 }, 1).state).toBe(state);
    const after = stepRotateOwn(state, { kind: 'acknowledged', node, counter: 5 }, 1).state;
    expect(after).toMatchObject({ ready: [node] });
  });

  test('goes on after a kill where the ledger says that it was', () => {
    expect(resumedRotation(false, false)).toEqual({ state: STEADY, out: [] });
    expect(resumedRotation(true, false).out).toEqual([{ kind: 'tell' }]);
    const told = resumedRotation(true, true);
    expect(told.out).toEqual([{ kind: 'switch' }]);
    // Nobody was connected: there is nobody to speak to either.
    expect(stepRotateOwn(told.state, { kind: 'switched' }, 9)).toEqual({
      state: STEADY,
      out: [{ kind: 'done', ready: [], late: [] }],
    });
  });

  test('always comes to rest, whoever says what and when', () => {
    const node = fc.constantFrom(...PEERS);
    const input: fc.Arbitrary<RotateOwnInput> = fc.oneof(
      fc.constantFrom<RotateOwnInput>(
        ...([{ kind: 'switched' }, { kind: 'failed' }, { kind: 'tick' }] as const),
        { kind: 'told', counter: 2 },
        { kind: 'start', alive: PEERS },
      ),
      fc.record({
        kind: fc.constantFrom('gone' as const, 'shaken' as const),
        node,
      }),
      fc.record({ kind: fc.constant('acknowledged' as const), node, counter: fc.nat(3) }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9_000), input), { maxLength: 40 }), (history) => {
        let state: RotateOwn = STEADY;
        let nowMs = 0;
        for (const [afterMs, one] of history) {
          nowMs += afterMs;
          state = stepRotateOwn(state, one, nowMs).state;
          expect(JSON.parse(JSON.stringify(state))).toEqual(state);
        }
        // What is asked of the shell is done, and time passes.
        for (let i = 0; i < 200 && state.at !== 'steady'; i++) {
          nowMs = Math.max(nowMs, Math.min(rotateOwnWakeAt(state), nowMs + 1e6));
          if (state.at === 'telling')
            state = stepRotateOwn(state, { kind: 'told', counter: 2 }, nowMs).state;
          else if (state.at === 'switching')
            state = stepRotateOwn(state, { kind: 'switched' }, nowMs).state;
          else state = stepRotateOwn(state, { kind: 'tick' }, nowMs).state;
        }
        expect(state).toEqual(STEADY);
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});

describe('a peer of the node that rotates', () => {
  const told = { kind: 'ledger', wg: NEW, counter: 2, isAlive: true } as const;
  const both = stepRotatePeer(knownPeer(OLD, 1), told, 0);

  test('keeps the prefix with the old key until something came under the new one', () => {
    expect(both.out).toEqual([
      { kind: 'carry', carrier: OLD },
      { kind: 'watch', isOn: true },
    ]);
    const added = stepRotatePeer(both.state, { kind: 'added', wg: NEW }, 1);
    expect(added.out).toEqual([{ kind: 'acknowledge', counter: 2 }]);
    expect(stepRotatePeer(added.state, { kind: 'received', wg: OLD }, 2).state).toBe(added.state);
    expect(stepRotatePeer(added.state, { kind: 'received', wg: NEW }, 3)).toEqual({
      state: knownPeer(NEW, 2),
      out: [
        { kind: 'carry', carrier: null },
        { kind: 'watch', isOn: false },
      ],
    });
  });

  test('acknowledges only what its interface has, and once', () => {
    expect(both.out.some(({ kind }) => kind === 'acknowledge')).toBe(false);
    const added = stepRotatePeer(both.state, { kind: 'added', wg: NEW }, 1).state;
    expect(stepRotatePeer(added, { kind: 'added', wg: NEW }, 2).out).toEqual([]);
    expect(stepRotatePeer(both.state, { kind: 'added', wg: OLD }, 2).out).toEqual([]);
  });

  test('holds on to the old key while heartbeats come, and follows the ledger after that', () => {
    let state = both.state;
    for (let ms = 10_000; ms < 300_000; ms += 10_000) {
      state = stepRotatePeer(state, { kind: 'beat' }, ms).state;
      state = stepRotatePeer(state, { kind: 'tick' }, ms + 9_000).state;
      expect(carrierOf(state)).toBe(OLD);
    }
    const after = stepRotatePeer(state, { kind: 'tick' }, 290_000 + SILENCE_MS);
    expect(after.state).toEqual(knownPeer(NEW, 2));
  });

  test('takes the new key at once for a node that is not there', () => {
    const { state, out } = stepRotatePeer(knownPeer(OLD, 1), { ...told, isAlive: false }, 0);
    expect(state).toEqual(knownPeer(NEW, 2));
    expect(out).toEqual([
      { kind: 'carry', carrier: null },
      { kind: 'acknowledge', counter: 2 },
    ]);
  });

  test('keeps the key in use when a second rotation overtakes the first', () => {
    const news = { kind: 'ledger', wg: NEWER, counter: 3, isAlive: true } as const;
    const { state } = stepRotatePeer(both.state, news, 5);
    expect(carrierOf(state)).toBe(OLD);
    expect(stepRotatePeer(state, { kind: 'received', wg: NEW }, 6).state).toBe(state);
    expect(stepRotatePeer(state, { kind: 'received', wg: NEWER }, 7).state).toEqual(
      knownPeer(NEWER, 3),
    );
  });
});
