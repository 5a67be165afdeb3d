// The heart of running nodes: real datagrams, real signatures, real files.

import { createSocket } from 'node:dgram';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { STATE_DIFFERS_BEATS } from '../../beat/limits.ts';
import { bodyOf, packetOf, signedBytes } from '../../beat/packet.ts';
import type { BeatCode } from '../../beat/refusals.ts';
import type { Digest } from '../../proto/ids.ts';
import { sign } from 'node:crypto';
import type { RunningHeart } from '../../src/beat/parts.ts';
import { openWire, plainAddress } from '../../src/beat/wire.ts';
import { keyNamed, NO_ROOM, PLAIN, recordNamed } from './beats.ts';
import { type Network, type Node, network, until } from './hearts.ts';

let net: Network | null = null;
// Below the ports that the system gives to others.
let port = 20_000 + (process.pid % 12_000);
afterEach(() => net?.end());

function make(count: number): Node[] {
  port += 1;
  net = network(count, 70, port);
  return net.nodes;
}
async function startAll(): Promise<RunningHeart[]> {
  const { nodes, start } = net as Network;
  return Promise.all(nodes.map((node) => start(node)));
}
const heartOf = ({ heart }: Node): RunningHeart => heart as RunningHeart;
const stateAt = (at: Node, of: Node): string => heartOf(at).liveness(of.key).state;
const drops = (at: Node, code: BeatCode): number => heartOf(at).status().dropped[code] ?? 0;
const incarnationIn = (node: Node): number =>
  (JSON.parse(readFileSync(join(node.folder, 'beat.json'), 'utf8')) as { incarnation: number })
    .incarnation;

/** Sends bytes from any address to the heart of a node. */
async function sendFrom(address: string, packet: Uint8Array, to: Node): Promise<void> {
  const socket = createSocket('udp4');
  await new Promise<void>((bound) => void socket.bind({ address, port: 0 }, () => bound()));
  await new Promise<void>((done) => socket.send(packet, port, to.address, () => done()));
  socket.close();
}

function packetBy(node: Node, incarnation: number, sequence: number, instance = 'BBBBBBBBBBA') {
  const body = bodyOf({ ...PLAIN, subject: node.key, incarnation, sequence, instance });
  return packetOf(body, new Uint8Array(sign(null, signedBytes(body), node.privateKey)));
}

describe('hearts', () => {
  test('hear each other, with what each says of itself', async () => {
    const [a, b, c] = make(3) as [Node, Node, Node];
    b.facts = { ...b.facts, relay: true, headroom: { ...NO_ROOM, ramFreeMib: 512, gpuCount: 0 } };
    await startAll();
    await until('all alive', () =>
      [a, b, c].every((at) => [a, b, c].every((of) => at === of || stateAt(at, of) === 'alive')),
    );
    const view = heartOf(a).liveness(b.key);
    expect(view.beat?.headroom).toEqual({ ...NO_ROOM, ramFreeMib: 512, gpuCount: 0 });
    expect(view).toMatchObject({ firstHand: true, usable: true, clone: false, expected: true });
    expect(view.beat?.relay).toBe(true);
    expect(heartOf(a).agreement(b.key)?.agreement).toBe('same');
    expect(Math.abs(view.clockOffsetMs ?? 9_999)).toBeLessThan(5_000);
  });

  test('tell a change at once, and whoever listens hears it', async () => {
    const [a, b] = make(2) as [Node, Node];
    await startAll();
    await until('alive', () => stateAt(a, b) === 'alive');
    const work = recordNamed('work') as string as Digest;
    const seen: (string | null)[] = [];
    heartOf(a).onHeard((beat) => seen.push(beat.work));
    b.facts = { ...b.facts, work };
    heartOf(b).beatNow();
    await until('the change is heard', () => seen.includes(work));
  });

  test('answer whoever asks', async () => {
    const [a, b] = make(2) as [Node, Node];
    await startAll();
    await until('alive', () => stateAt(a, b) === 'alive' && stateAt(b, a) === 'alive');
    const before = heartOf(a).liveness(b.key).beat?.sequence ?? 0;
    await until('an answer', () => {
      heartOf(a).ask(b.key);
      return (heartOf(a).liveness(b.key).beat?.sequence ?? 0) > before + 1;
    });
  });

  test('speak under a higher incarnation after each start, on the disk before', async () => {
    const [a, b] = make(2) as [Node, Node];
    await startAll();
    await until('alive', () => stateAt(a, b) === 'alive');
    const first = heartOf(b).status().incarnation;
    expect(incarnationIn(b)).toBe(first);
    await heartOf(b).stop();
    let atFirstPacket = 0;
    await net?.start(b, {
      ledgerFacts: () => {
        atFirstPacket ||= incarnationIn(b);
        return b.roots;
      },
    });
    await until('heard again', () => (heartOf(a).liveness(b.key).beat?.incarnation ?? 0) > first);
    expect(atFirstPacket).toBe(heartOf(b).status().incarnation);
    expect(heartOf(a).liveness(b.key).clone).toBe(false);
  });

  test('whose calendar is behind and whose file is ahead still rise', async () => {
    const [a] = make(1) as [Node];
    writeFileSync(join(a.folder, 'beat.json'), '{"incarnation":99999999999}\n');
    await startAll();
    expect(heartOf(a).status().incarnation).toBe(100_000_000_000);
    await heartOf(a).stop();
    writeFileSync(join(a.folder, 'beat.json'), 'torn');
    await net?.start(a);
    expect(heartOf(a).status().incarnation).toBeGreaterThan(1_700_000_000);
  });

  test('remember over a restart what is old', async () => {
    const [a, b] = make(2) as [Node, Node];
    await startAll();
    await until('alive', () => stateAt(a, b) === 'alive');
    const { beat } = heartOf(a).liveness(b.key);
    await heartOf(a).stop();
    await heartOf(b).stop();
    await net?.start(a);
    expect(heartOf(a).liveness(b.key)).toMatchObject({ state: 'unheard', beat: null });
    expect(heartOf(a).liveness(b.key).heardAtMs).toBeGreaterThan(0);
    // What b said then, said again from its address: signed by it, and not believed.
    await sendFrom(b.address, packetBy(b, beat?.incarnation ?? 0, beat?.sequence ?? 0), a);
    await until('it was checked', () => heartOf(a).status().checked > 0);
    expect(stateAt(a, b)).toBe('unheard');
  });
});

describe('a datagram is dropped', () => {
  test('from any address that is no member’s own', async () => {
    const [a, b] = make(2) as [Node, Node];
    await net?.start(a);
    await sendFrom('127.0.71.9', packetBy(b, 5_000_000_000, 1), a);
    await until('it is dropped', () => drops(a, 'not-its-address') === 1);
    expect(stateAt(a, b)).toBe('unheard');
  });

  test('that another member passes on, as news and not as life', async () => {
    const [a, b, c] = make(3) as [Node, Node, Node];
    await net?.start(a);
    await sendFrom(c.address, packetBy(b, 5_000_000_000, 1), a);
    await until('it is known', () => heartOf(a).liveness(b.key).beat !== null);
    expect(heartOf(a).liveness(b.key)).toMatchObject({ state: 'unheard', usable: false });
    expect(stateAt(a, c)).toBe('unheard');
  });

  test('where it is forged, of a stranger, of another network, or no packet', async () => {
    const [a, b] = make(2) as [Node, Node];
    await net?.start(a);
    const forged = packetBy(b, 5_000_000_000, 1);
    forged[70] = (forged[70] as number) ^ 1;
    const body = (change: object) => bodyOf({ ...PLAIN, subject: b.key, ...change });
    const signature = new Uint8Array(64);
    await sendFrom(b.address, packetOf(body({}), signature), a);
    await sendFrom(b.address, packetOf(body({ subject: keyNamed('mallory') }), signature), a);
    await sendFrom(b.address, packetOf(body({ ledger: recordNamed('other') }), signature), a);
    await sendFrom(b.address, Uint8Array.of(1, 2, 3), a);
    await sendFrom(b.address, new Uint8Array(1_300), a);
    await until('all are counted', () => {
      const codes = ['forged', 'stranger', 'other-ledger', 'malformed', 'too-long'] as const;
      return codes.every((code) => drops(a, code) === 1);
    });
    expect(stateAt(a, b)).toBe('unheard');
  });

  test('where one address sends more than may be looked at, and the rest is heard', async () => {
    const [a, b, c] = make(3) as [Node, Node, Node];
    await net?.start(a);
    const socket = createSocket('udp4');
    await new Promise<void>((bound) => {
      socket.bind({ address: b.address, port: 0 }, () => bound());
    });
    const junk = Uint8Array.of(1);
    while (drops(a, 'too-many') === 0) {
      for (let i = 0; i < 100; i++) socket.send(junk, port, a.address);
      await new Promise((resolve) => void setImmediate(resolve));
    }
    await net?.start(c);
    await until('the other is heard', () => stateAt(a, c) === 'alive');
    socket.close();
  });
});

describe('a second machine with the same key', () => {
  test('is told of the first by whoever hears both, and rises above it', async () => {
    const [a, b] = make(2) as [Node, Node];
    await startAll();
    await until('alive', () => stateAt(a, b) === 'alive');
    const far = heartOf(b).status().incarnation + 1_000;
    // A packet of another start of b, newer than all that b has said.
    await sendFrom(b.address, packetBy(b, far, 7), a);
    await until('a took it', () => heartOf(a).liveness(b.key).beat?.incarnation === far);
    await until('b has learned of it', () => {
      heartOf(b).beatNow();
      return heartOf(b).status().incarnation > far;
    });
    expect(b.events).toContainEqual({ what: 'rival', incarnation: far });
    expect(incarnationIn(b)).toBe(far + 1);
    await until('a hears b again', () => {
      return (heartOf(a).liveness(b.key).beat?.incarnation ?? 0) === far + 1;
    });
  });
});

describe('the ledger', () => {
  test('with another state under equal records is an alarm, named once', async () => {
    const [a, b] = make(2) as [Node, Node];
    b.roots = { ...b.roots, stateRoot: recordNamed('bug') as string as Digest };
    await startAll();
    await until('the alarm', () => {
      heartOf(b).beatNow();
      return a.events.some(({ what }) => what === 'torn');
    });
    const [tear] = heartOf(a).status().torn;
    expect(tear).toMatchObject({ key: b.key, theirState: b.roots.stateRoot });
    const { sequence = 0 } = heartOf(a).liveness(b.key).beat ?? {};
    expect(sequence).toBeGreaterThan(STATE_DIFFERS_BEATS);
    b.roots = a.roots;
    heartOf(b).beatNow();
    await until('its end', () => a.events.some(({ what }) => what === 'mended'));
    expect(a.events.filter(({ what }) => what === 'torn')).toHaveLength(1);
    expect(heartOf(a).status().torn).toEqual([]);
  });

  test('with a removal: who has carried it out is known, also after a restart', async () => {
    const [a, b, c] = make(3) as [Node, Node, Node];
    const removal = { id: recordNamed('removal'), key: keyNamed('gone') };
    for (const node of [a, b, c]) node.removals = [removal];
    await net?.start(a);
    await net?.start(b);
    heartOf(a).carriedOut([removal.id]);
    heartOf(b).carriedOut([removal.id]);
    await until('b is counted', () => heartOf(a).coverage()[0]?.have === 2);
    const [line] = heartOf(a).coverage();
    expect(line).toMatchObject({ have: 2, of: 3, missing: [{ key: c.key, heardAtMs: null }] });
    await heartOf(a).stop();
    await net?.start(a);
    expect(heartOf(a).coverage()).toEqual([line]);
  });
});

describe('the socket', () => {
  test('is bound to one address, and an address has one spelling', async () => {
    const wire = await openWire('::1', () => undefined, 0);
    expect(wire.port).toBeGreaterThan(0);
    await wire.close();
    await wire.close();
    wire.send(Uint8Array.of(1), '::1');
    expect(plainAddress('FD00:0:0:0:0:0:0:1')).toBe('fd00::1');
    expect(plainAddress('10.73.0.1')).toBe('10.73.0.1');
  });
});
