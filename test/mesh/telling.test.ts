// What the mesh tells: figures in the format of Prometheus, and alarms that begin and end.

import { describe, expect, test } from 'vitest';
import type { PeerLink } from '../../proto/status.ts';
import type { DaemonEvent } from '../../src/daemon/events.ts';
import { createAlarms } from '../../src/mesh/alarms.ts';
import type { NodeFacts } from '../../src/mesh/facts.ts';
import { ALARMS_MAX } from '../../src/mesh/limits.ts';
import { withoutMesh } from '../../src/mesh/mesh.ts';
import { metricsText } from '../../src/mesh/metrics.ts';
import { actor } from '../kit/actors.ts';

const { key } = actor('attic');
const LINK: PeerLink = {
  ...{ name: 'attic', key, address: 'fd00::1', path: 'direct', via: null, why: 'it answered' },
  ...{ lastHandshakeAgoS: 12, rttMs: 1.5, rxBytes: 10, txBytes: 20, mtu: 1280, endpoint: null },
};
const NODE: NodeFacts = {
  ...{ key, address: 'fd00::1', ipv4: null, liveness: 'alive', heardAgoMs: 2_000 },
  ...{ headroom: null, offer: null },
  ...{ clockOffsetMs: null, version: '1', agrees: true, cloned: false, relay: false, lobby: false },
};

describe('the figures', () => {
  test('are lines that Prometheus reads, each kind with its type', () => {
    const mesh = { ...withoutMesh(null, 90_000), state: 'up', links: { up: 1, of: 2 } } as const;
    const facts = { version: 'a"b\\c', startedAt: 5_000, mesh };
    const text = metricsText(facts, [LINK], [NODE], { forged: 3 });
    const line =
      /^(# (HELP|TYPE) kith_[a-z_]+ .+|kith_[a-z_]+(\{([a-z]+="([^"\\\n]|\\.)*",?)+\})? -?[0-9.]+)$/;
    expect(text.endsWith('\n')).toBe(true);
    for (const one of text.trimEnd().split('\n')) expect(one).toMatch(line);
    expect(text).toContain('kith_info{version="a\\"b\\\\c"} 1\n');
    expect(text).toContain('kith_mesh_links_up 1\n');
    expect(text).toContain('kith_heartbeats_refused_total{why="forged"} 3\n');
    expect(text).toContain('kith_peer_rtt_seconds{peer="attic"} 0.0015\n');
    expect(text).toContain('kith_node_heard_age_seconds{node="attic"} 2\n');
    expect(text).toContain('# TYPE kith_peer_received_bytes_total counter\n');
    expect(text).toContain('kith_clock_behind_seconds 90\n');
    // Unknown is absent, and never zero.
    expect(text).not.toContain('kith_node_clock_offset_seconds{');
  });
});

describe('alarms', () => {
  test('are told once, shown until they end, and bounded', () => {
    const told: DaemonEvent[] = [];
    const alarms = createAlarms((event) => void told.push(event));
    alarms.raise('a', 'something');
    alarms.raise('a', 'something');
    expect(told).toEqual([{ event: 'alarm', what: 'something' }]);
    alarms.raise('b', 'something else');
    expect(alarms.list()).toEqual(['something', 'something else']);
    alarms.end('a');
    expect(alarms.list()).toEqual(['something else']);
    for (let i = 0; i < 2 * ALARMS_MAX; i++) alarms.raise(`c${i}`, `alarm ${i}`);
    expect(alarms.list()).toHaveLength(ALARMS_MAX);
    expect(alarms.list().at(-1)).toBe(`alarm ${2 * ALARMS_MAX - 1}`);
  });
});
