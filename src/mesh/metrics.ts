// The figures of a daemon as Prometheus reads them (text format 0.0.4). Labels are names and keys
// of members, which are public in the network. Spec: docs/daemon.md, "Metrics".

import type { MeshStatus, NodeFacts, PeerLink } from './facts.ts';

interface Facts {
  readonly version: string;
  readonly startedAt: number;
  readonly mesh: MeshStatus;
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

interface Figure {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly samples: readonly Sample[];
}

export function metricsText(
  { version, startedAt, mesh }: Facts,
  peers: readonly PeerLink[],
  nodes: readonly NodeFacts[],
): string {
  const one = (value: number): Sample[] => [[{}, value]];
  const names = new Map(peers.map(({ key, name }) => [key, name]));
  const each = (value: (peer: PeerLink) => number | null): Sample[] =>
    peers.flatMap((peer): Sample[] => {
      const found = value(peer);
      return found === null ? [] : [[{ peer: peer.name }, found]];
    });
  const heard = (value: (node: NodeFacts) => number | null): Sample[] =>
    nodes.flatMap((node): Sample[] => {
      const found = value(node);
      return found === null ? [] : [[{ node: names.get(node.key) ?? node.key }, found]];
    });
  const figures: readonly Figure[] = [
    gauge('kith_info', 'The program that runs.', [[{ version }, 1]]),
    gauge('kith_start_time_seconds', 'When it started.', one(startedAt / 1000)),
    gauge('kith_mesh_up', 'Whether the mesh is raised.', one(mesh.state === 'up' ? 1 : 0)),
    gauge('kith_mesh_links', 'Other members.', one(mesh.links.of)),
    gauge('kith_mesh_links_up', 'Links that work.', one(mesh.links.up)),
    gauge('kith_mesh_heard', 'Members whose heartbeats arrive.', one(mesh.heard)),
    gauge('kith_mesh_reconciled', 'Compared its ledger since it was away.', [
      [{}, mesh.reconciled ? 1 : 0],
    ]),
    gauge('kith_mesh_alarms', 'What somebody must look at.', one(mesh.alarms.length)),
    gauge('kith_clock_behind_seconds', 'The system’s clock behind the calendar kept.', [
      [{}, mesh.clockBehindMs / 1000],
    ]),
    gauge('kith_peer_up', 'Whether the link works, by its path.', [
      ...peers.map(({ name, path }): Sample => [{ peer: name, path }, path === 'down' ? 0 : 1]),
    ]),
    gauge(
      'kith_peer_handshake_age_seconds',
      'Since the last handshake.',
      each((peer) => peer.lastHandshakeAgoS),
    ),
    gauge(
      'kith_peer_rtt_seconds',
      'A round trip.',
      each(({ rttMs }) => (rttMs === null ? null : rttMs / 1000)),
    ),
    counter(
      'kith_peer_received_bytes_total',
      'From the peer, encrypted.',
      each(({ rxBytes }) => rxBytes),
    ),
    counter(
      'kith_peer_sent_bytes_total',
      'To the peer, encrypted.',
      each(({ txBytes }) => txBytes),
    ),
    gauge(
      'kith_node_heard_age_seconds',
      'Since the last heartbeat.',
      heard(({ heardAgoMs }) => (heardAgoMs === null ? null : heardAgoMs / 1000)),
    ),
    gauge(
      'kith_node_agrees',
      'Whether it holds the same ledger.',
      heard(({ agrees }) => (agrees === null ? null : Number(agrees))),
    ),
    gauge(
      'kith_node_clock_offset_seconds',
      'Its clock ahead of ours.',
      heard(({ clockOffsetMs }) => (clockOffsetMs === null ? null : clockOffsetMs / 1000)),
    ),
    gauge(
      'kith_removal_missing',
      'Members that have not carried out a removal.',
      mesh.coverage.map(({ target, missing }): Sample => [{ removed: target }, missing.length]),
    ),
  ];
  return figures.map(figureText).join('');
}

function gauge(name: string, help: string, samples: readonly Sample[]): Figure {
  return { name, type: 'gauge', help, samples };
}

function counter(name: string, help: string, samples: readonly Sample[]): Figure {
  return { name, type: 'counter', help, samples };
}

function figureText({ name, type, help, samples }: Figure): string {
  const lines = samples.map(([labels, value]) => `${name}${labelsText(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) =>
      `${name}="${value.replaceAll(/[\\"\n]/g, (found) => (found === '\n' ? '\\n' : `\\${found}`))}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
