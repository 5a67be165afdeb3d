// The routes by which members help each other to links, asked as a member asks them: who may say
// what, what is handed on, what is refused. Real WireGuard and TLS are in
// test/scenarios/nat.test.ts.

import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { fromBase64url } from '../../proto/bytes.ts';
import type { Key, RecordId } from '../../proto/ids.ts';
import { kith } from '../../proto/wire.js';
import { MESH_ASKS_RATE } from '../../src/peer/limits.ts';
import {
  LEASED_PATH,
  LEASE_PATH,
  MEET_PATH,
  type MeshDesk,
  meshRoutes,
  requestOf,
} from '../../src/peer/mesh-routes.ts';
import { nodePlatform as platform } from '../../src/platform.ts';
import { type Meet, meetBody } from '../../wg/meet.ts';
import { sightingBody } from '../../wg/observations.ts';
import { type Statement, encodeSigned, keyBytes, statementMessage } from '../../wg/signed.ts';
import { type Actor, actor, signBytes } from '../kit/actors.ts';

const LEDGER = 'A'.repeat(43) as RecordId;
const [ada, bob, hub, stranger] = ['ada', 'bob', 'hub', 'stranger'].map(actor) as [
  Actor,
  Actor,
  Actor,
  Actor,
];
const members = new Set<Key>([ada.key, bob.key, hub.key]);
const NOTHING = new Uint8Array();

function signed(by: Actor, what: Statement, body: Uint8Array): Uint8Array {
  const signature = signBytes(by, statementMessage(what, LEDGER, body));
  return encodeSigned(by.key, body, fromBase64url(signature) as Uint8Array);
}

function meetOf(by: Actor, to: Key, sequence = 1): Uint8Array {
  const parts = { to, sequence, nat: 'unknown' as const, own: ['203.0.113.5:7447'] };
  return signed(by, 'meet', meetBody({ ...parts, sightings: [] }));
}

function sightingOf(by: Actor, subject: Key): Uint8Array {
  const body = sightingBody({ subject, sequence: 1, endpoint: '203.0.113.9:7447' });
  return signed(by, 'sighting', body as Uint8Array);
}

interface Node {
  readonly asked: (path: string, body: Uint8Array, from: Key) => Promise<Uint8Array | null>;
  readonly met: { meet: Meet; sighting: Uint8Array }[];
  readonly leased: string[];
  readonly leases: string[];
}
const nodes = new Map<Key, Node>();

/** A node of the test, whose questions go straight to the other nodes of it. */
function node(self: Actor): Node {
  const met: Node['met'] = [];
  const [leased, leases]: [string[], string[]] = [[], []];
  const desk: MeshDesk = {
    self: self.key,
    ground: () => ({
      ...{ ledger: LEDGER, platform, network: 'fd12:3456:789a::/48' },
      isMember: (key) => members.has(key),
      isOnLan: () => false,
    }),
    met(meet, sighting) {
      met.push({ meet, sighting });
      return meetOf(self, meet.from, 9);
    },
    async handOn(to, body) {
      return (await nodes.get(to)?.asked(MEET_PATH, body, self.key)) ?? null;
    },
    sightingOf: async (member) => sightingOf(self, member),
    async lease(asker, other) {
      leases.push(`${asker} ${other}`);
      return members.has(other) ? 7_500 : 0;
    },
    leased: (relay, peer, port) => void leased.push(`${relay} ${peer} ${port}`),
  };
  const routes = meshRoutes(desk);
  const asked: Node['asked'] = async (path, body, from) => {
    const route = routes.find((one) => one.path === path);
    return (await route?.answer(body, from)) ?? null;
  };
  const made = { asked, met, leased, leases };
  nodes.set(self.key, made);
  return made;
}

let [bobs, hubs]: Node[] = [];
beforeEach(() => {
  nodes.clear();
  [bobs, hubs] = [node(bob), node(hub)];
});
const askHub = (path: string, body: Uint8Array, from: Key): Promise<Uint8Array | null> =>
  (hubs as Node).asked(path, body, from);

describe('a meet', () => {
  const request = requestOf(bob.key, meetOf(ada, bob.key), NOTHING);

  test('is handed on to its addressee, and the answer comes back, each with a sighting', async () => {
    const answer = await askHub(MEET_PATH, request, ada.key);
    const reply = kith.MeshMeetReply.decode(answer as Uint8Array);
    expect(reply.meet).toEqual(meetOf(bob, ada.key, 9));
    expect(reply.sighting).toEqual(sightingOf(hub, bob.key));
    const [heard] = bobs?.met ?? [];
    expect(heard?.meet).toMatchObject({ from: ada.key, to: bob.key, own: ['203.0.113.5:7447'] });
    expect(heard?.sighting).toEqual(sightingOf(hub, ada.key));
  });

  test('is handed on for its author only, and once', async () => {
    expect(await askHub(MEET_PATH, request, bob.key)).toBeNull();
    // Two nodes that hand on to each other would go on for ever.
    expect(
      await bobs?.asked(MEET_PATH, requestOf(hub.key, meetOf(ada, hub.key), NOTHING), bob.key),
    ).toBeNull();
    expect(bobs?.met).toEqual([]);
  });

  test.each<[string, Uint8Array]>([
    ['for another than it says', requestOf(bob.key, meetOf(ada, hub.key), NOTHING)],
    ['for a stranger', requestOf(stranger.key, meetOf(ada, stranger.key), NOTHING)],
    ['by a stranger', requestOf(bob.key, meetOf(stranger, bob.key), NOTHING)],
    ['that is no meet', requestOf(bob.key, sightingOf(ada, bob.key), NOTHING)],
    ['without one', requestOf(bob.key, NOTHING, NOTHING)],
  ])('%s is not taken', async (_, body) => {
    expect(await askHub(MEET_PATH, body, ada.key)).toBeNull();
    expect([...(bobs?.met ?? []), ...(hubs?.met ?? [])]).toEqual([]);
  });

  test('for this node is answered by it, whoever brings it', async () => {
    const own = requestOf(bob.key, meetOf(ada, bob.key), sightingOf(hub, ada.key));
    const answer = await bobs?.asked(MEET_PATH, own, hub.key);
    expect(kith.MeshMeetReply.decode(answer as Uint8Array).meet).toEqual(meetOf(bob, ada.key, 9));
  });
});

describe('a lease', () => {
  const wanted = (peer: Key): Uint8Array =>
    kith.MeshLeaseRequest.encode({ peer: keyBytes(peer) }).finish();

  test('is for the caller and the one that it names', async () => {
    const answer = await askHub(LEASE_PATH, wanted(bob.key), ada.key);
    expect(kith.MeshLeaseReply.decode(answer as Uint8Array).port).toBe(7_500);
    expect(hubs?.leases).toEqual([`${ada.key} ${bob.key}`]);
  });

  test('that there is none to be had is said by a zero', async () => {
    const answer = await askHub(LEASE_PATH, wanted(stranger.key), ada.key);
    expect(kith.MeshLeaseReply.decode(answer as Uint8Array).port).toBe(0);
  });

  test('is told to the other side under the name of the relay that says it', async () => {
    const told = kith.MeshLeased.encode({ peer: keyBytes(ada.key), port: 7_501 }).finish();
    expect(await bobs?.asked(LEASED_PATH, told, hub.key)).not.toBeNull();
    expect(bobs?.leased).toEqual([`${hub.key} ${ada.key} 7501`]);
    for (const port of [0, 65_536]) {
      const wrong = kith.MeshLeased.encode({ peer: keyBytes(ada.key), port }).finish();
      expect(await bobs?.asked(LEASED_PATH, wrong, hub.key)).toBeNull();
    }
  });
});

describe('every route', () => {
  const paths = [MEET_PATH, LEASE_PATH, LEASED_PATH];

  test('takes any bytes without an exception', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths),
        fc.uint8Array({ maxLength: 200 }),
        async (path, bytes) => {
          // One that starts anew each time, so that nobody has asked too often.
          const fresh = node(hub);
          expect(await fresh.asked(path, bytes, ada.key)).toSatisfy(
            (answer) => answer === null || answer instanceof Uint8Array,
          );
        },
      ),
      { seed: 8, numRuns: 300 },
    );
  });

  test('has had enough of one caller, and not of another', async () => {
    const wanted = kith.MeshLeaseRequest.encode({ peer: keyBytes(bob.key) }).finish();
    for (let i = 0; i < MESH_ASKS_RATE.burst + 1_000; i++)
      await askHub(LEASE_PATH, wanted, ada.key);
    expect(hubs?.leases.length).toBeLessThan(MESH_ASKS_RATE.burst + 1_000);
    expect(await askHub(LEASE_PATH, wanted, bob.key)).not.toBeNull();
  });
});
