// F8, F2, F6 and F1: what an operator sees of the network, large and small, empty and broken.

import { describe, expect, test } from 'vitest';
import type { PeerLink } from '../../proto/status.ts';
import type { Key, RecordId } from '../../proto/ids.ts';
import type { NodeHeard, RosterFacts, StatusFacts } from '../../tui/facts.ts';
import type { Model } from '../../tui/model.ts';
import { LARGE, NOON_MS, after, begun, expectFrame, keys, told } from './frames.ts';

const keyOf = (letter: string): Key => letter.repeat(43) as Key;
const NAMES = ['attic', 'barn', 'cellar', 'lamp'] as const;
const KEYS = Object.fromEntries(NAMES.map((name) => [name, keyOf(name.slice(0, 1))])) as Readonly<
  Record<(typeof NAMES)[number], Key>
>;

const ROSTER: RosterFacts = {
  nodes: NAMES.map((name) => ({
    ...{ name, key: KEYS[name], fingerprint: `${name.toUpperCase().slice(0, 4)}-1234-5678-9ABC` },
    ...{ labels: name === 'barn' ? ['gpu'] : [], endpoints: [], here: name === 'attic' },
    standing: name === 'lamp' ? ('removed' as const) : ('active' as const),
    ...{ admitted: 'anna', grants: [{ action: 'work.place' }, { action: 'work.host' }] },
  })),
};

function heard(name: keyof typeof KEYS, change: Partial<NodeHeard> = {}): NodeHeard {
  return {
    ...{ key: KEYS[name], address: 'fd6b::1', ipv4: '10.73.0.1', liveness: 'alive' },
    ...{ heardAgoMs: 3_000, clockOffsetMs: 12, version: '0.1.0', agrees: true, cloned: false },
    ...{ relay: false, lobby: false },
    headroom: {
      ...{ cpuMilli: 8_000, cpuFreeMilli: 6_000, ramMib: 32_768, ramFreeMib: 8_192 },
      ...{ diskMib: 1_000_000, diskFreeMib: 20_000, loadCenti: 210, gpuCount: 0, gpus: [] },
    },
    offer: {
      ...{ taking: 'open', kinds: ['job', 'vm'], cpuMilli: 6_000, memMib: 7_168 },
      ...{ diskMib: 20_000, held: 2 },
    },
    ...change,
  };
}

const CARDS: Partial<NodeHeard> = {
  liveness: 'suspect',
  heardAgoMs: 41_000,
  agrees: false,
  headroom: {
    ...{ cpuMilli: 64_000, cpuFreeMilli: 1_500, ramMib: 524_288, ramFreeMib: 400_000 },
    ...{ diskMib: null, diskFreeMib: null, loadCenti: null, gpuCount: 2 },
    gpus: [
      { name: 'H200', vramMib: 143_771, vramFreeMib: 9_000, loadPercent: 97, state: 'fit' },
      { name: 'H200', vramMib: null, vramFreeMib: null, loadPercent: null, state: 'unhealthy' },
    ],
  },
};

function link(name: string, change: Partial<PeerLink> = {}): PeerLink {
  return {
    ...{ name, key: KEYS[name as keyof typeof KEYS], address: 'fd6b::2', path: 'lan', via: null },
    ...{ why: 'both are on 192.168.1.0/24', lastHandshakeAgoS: 40, rttMs: 0.6, mtu: 1420 },
    ...{ rxBytes: 12_345_678, txBytes: 4_096, endpoint: '192.168.1.20:7447', ...change },
  };
}

const LINKS: readonly PeerLink[] = [
  link('barn'),
  link('cellar', {
    ...{ path: 'relay', via: 'barn', rttMs: 48, endpoint: null },
    why: 'both are behind a NAT that maps each peer anew; barn relays',
  }),
];

function status(change: Partial<StatusFacts['mesh']> = {}): StatusFacts {
  return {
    ...{ pid: 12, version: '0.1.0', state: 'running', startedAt: NOON_MS, ledger: 'L'.repeat(43) },
    ...{ node: KEYS.attic, member: true, door: { host: '::', port: 7447 }, lobby: null, peers: [] },
    mesh: {
      ...{ state: 'up', why: null, interface: 'kith1', backend: 'kernel', address: 'fd6b::1' },
      ...{ ipv4: null, links: { up: 2, of: 2 }, heard: 2, reconciled: true, coverage: [] },
      ...{ alarms: [], clockBehindMs: 0, ...change },
    },
  };
}

const HOME = { folder: '/var/lib/kith', ledger: 'L'.repeat(43), network: 'films', staged: 0 };

function full(size?: Model['size'], ascii = false): Model {
  const samples = [0.2, 0.35, 0.5, 0.9, 0.7, 0.4].map((used) =>
    told('nodes', [
      heard('attic', { liveness: 'here', heardAgoMs: null }),
      heard('barn', CARDS),
      heard('cellar', {
        headroom: {
          ...(heard('cellar').headroom as object),
          cpuFreeMilli: 8_000 * (1 - used),
        } as never,
      }),
    ]),
  );
  return after(
    begun({ ascii, ...(size === undefined ? {} : { size }) }),
    told('home', HOME),
    told('status', status()),
    told('roster', ROSTER),
    told('peers', LINKS),
    ...samples,
  ).model;
}

describe('the network', () => {
  test('is seen at a glance: who is there, and how much room each has', () => {
    expectFrame('network-small', full());
    expectFrame('network-ascii', full(undefined, true));
    expectFrame('network-large', full(LARGE));
  });

  test('shows the chosen node in full', () => {
    const { model } = after(full(), ...keys('down', 'enter'));
    expectFrame('network-node', model);
  });

  test('says what is wrong, and who is missing since when', () => {
    const { model } = after(
      full(),
      told(
        'status',
        status({
          alarms: ['barn and this node hold the same records and read them differently'],
          coverage: [
            {
              ...{ record: 'R'.repeat(43) as RecordId, target: KEYS.lamp, have: 2, of: 3 },
              missing: [{ key: KEYS.cellar, offlineMs: 3 * 86_400_000 }],
            },
          ],
        }),
      ),
      told('members', {
        members: [
          { key: KEYS.lamp, shown: 'lamp' },
          { key: KEYS.cellar, shown: 'cellar' },
        ],
      } as never),
    );
    expectFrame('network-worries', model);
  });

  test('keeps what was known when the daemon is gone, and offers to start it', () => {
    const fault = {
      ...{ code: 'no-daemon', what: 'no daemon runs for this folder' },
      hint: '`kith up` starts it',
    };
    const { model } = after(
      full(),
      { in: 'untold', want: 'status', ...fault },
      { in: 'untold', want: 'nodes', ...fault },
    );
    expectFrame('network-no-daemon', model);
    const { out } = after(model, ...keys('s'));
    expect(out).toContainEqual({ do: 'run', run: 1, words: ['up'], purpose: 'daemon' });
  });

  test('begins empty, and says that it reads', () => {
    expectFrame('network-empty', begun());
  });

  test('names the effects of a removal before it is staged', () => {
    const { model, out } = after(full(), ...keys('down', 'x'));
    expectFrame('network-remove', model);
    expect(out.filter((effect) => effect.do === 'run')).toEqual([]);
    const begunAt = after(model, ...keys('y')).out;
    expect(begunAt).toContainEqual({
      ...{ do: 'run', run: 1, words: ['remove', 'barn'], purpose: 'notice' },
    });
    expect(after(model, ...keys('escape')).out).toEqual([]);
  });
});

describe('the links', () => {
  test('say why each is what it is', () => {
    expectFrame('links-small', after(full(), ...keys('f2', 'down')).model);
    expectFrame('links-large', after(full(LARGE), ...keys('L')).model);
  });

  test('of a machine that is alone say how another comes', () => {
    expectFrame('links-alone', after(full(), told('peers', []), ...keys('f2')).model);
  });
});

describe('the log of the daemon', () => {
  const events = [
    { event: 'mesh-up', interface: 'kith1', address: 'fd6b::1', backend: 'kernel' },
    { event: 'link', peer: KEYS.barn, path: 'lan', via: null, why: 'a beacon on this network' },
    { event: 'alarm', what: 'two machines speak with the key of barn' },
  ].map((event, at) => ({ in: 'event' as const, heard: { atMs: NOON_MS + at * 1_000, event } }));

  test('is shown as it happens, and of worries alone', () => {
    const { model } = after(full(), ...events, ...keys('f6'));
    expectFrame('log-small', model);
    expectFrame('log-worries', after(model, ...keys('w')).model);
  });
});

describe('help', () => {
  test('is made of the tables of keys', () => {
    expectFrame('help-large', after(full(LARGE), ...keys('f1')).model);
  });

  test('ends with its last line, and goes back from there', () => {
    const { model } = after(full(), ...keys('f1', 'end'));
    expectFrame('help-end', model);
    const { back } = model.slices.help;
    expect(after(model, ...keys('up')).model.slices.help.back).toBe(back - 1);
  });
});

describe('a terminal that is too small', () => {
  test('is told so', () => {
    const { model } = after(full(), { in: 'size', columns: 50, rows: 10 });
    expectFrame('too-small', model);
  });
});
