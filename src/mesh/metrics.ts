// The figures of a daemon as Prometheus reads them (text format 0.0.4). Labels are names and keys
// of members, which are public in the network. Spec: docs/daemon.md, "Metrics".

import type { MeshStatus, PeerLink } from '../../proto/status.ts';
import type { NodeFacts } from './facts.ts';

interface Facts {
  readonly version: string;
  readonly startedAt: number;
  readonly mesh: MeshStatus;
}

export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

export interface Figure {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly samples: readonly Sample[];
}

export function metricsText(
  facts: Facts,
  peers: readonly PeerLink[],
  nodes: readonly NodeFacts[],
  refusedBeats: Readonly<Record<string, number>>,
  more: readonly Figure[] = [],
): string {
  const refused = counter(
    'kith_heartbeats_refused_total',
    'Datagrams dropped at the port of heartbeats, by why.',
    Object.entries(refusedBeats).map(([why, count]) => [{ why }, count]),
  );
  return [
    ...ownFigures(facts),
    refused,
    ...peerFigures(peers),
    ...nodeFigures(nodes, peers),
    ...more,
  ]
    .map(figureText)
    .join('');
}

function ownFigures({ version, startedAt, mesh }: Facts): Figure[] {
  const one = (value: number): Sample[] => [[{}, value]];
  const missing = mesh.coverage.map((removal): Sample => {
    return [{ removed: removal.target }, removal.missing.length];
  });
  return [
    gauge('kith_info', 'The program that runs.', [[{ version }, 1]]),
    gauge('kith_start_time_seconds', 'When it started.', one(startedAt / 1000)),
    gauge('kith_mesh_up', 'Whether the mesh is raised.', one(mesh.state === 'up' ? 1 : 0)),
    gauge('kith_mesh_links', 'Other members.', one(mesh.links.of)),
    gauge('kith_mesh_links_up', 'Links that work.', one(mesh.links.up)),
    gauge('kith_mesh_heard', 'Members whose heartbeats arrive.', one(mesh.heard)),
    gauge(
      'kith_mesh_reconciled',
      'Compared its ledger since it was away.',
      one(Number(mesh.reconciled)),
    ),
    gauge('kith_mesh_alarms', 'What somebody must look at.', one(mesh.alarms.length)),
    gauge(
      'kith_clock_behind_seconds',
      'How far the system clock is behind the calendar kept.',
      one(mesh.clockBehindMs / 1000),
    ),
    gauge('kith_removal_missing', 'Members that have not carried out a removal.', missing),
  ];
}

function peerFigures(peers: readonly PeerLink[]): Figure[] {
  const each = (value: (peer: PeerLink) => number | null): Sample[] =>
    peers.flatMap((peer) => sampled({ peer: peer.name }, value(peer)));
  const up = peers.map(({ name, path }): Sample => [{ peer: name, path }, Number(path !== 'down')]);
  return [
    gauge('kith_peer_up', 'Whether the link works, by its path.', up),
    gauge(
      'kith_peer_handshake_age_seconds',
      'Since the last handshake.',
      each((peer) => peer.lastHandshakeAgoS),
    ),
    gauge(
      'kith_peer_rtt_seconds',
      'A round trip.',
      each(({ rttMs }) => seconds(rttMs)),
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
  ];
}

function nodeFigures(nodes: readonly NodeFacts[], peers: readonly PeerLink[]): Figure[] {
  const names = new Map(peers.map(({ key, name }) => [key, name]));
  const each = (value: (node: NodeFacts) => number | null): Sample[] =>
    nodes.flatMap((node) => sampled({ node: names.get(node.key) ?? node.key }, value(node)));
  return [
    gauge(
      'kith_node_heard_age_seconds',
      'Since the last heartbeat.',
      each(({ heardAgoMs }) => seconds(heardAgoMs)),
    ),
    gauge(
      'kith_node_agrees',
      'Whether it holds the same ledger.',
      each(({ agrees }) => (agrees === null ? null : Number(agrees))),
    ),
    gauge(
      'kith_node_clock_offset_seconds',
      'Its clock ahead of ours.',
      each(({ clockOffsetMs }) => seconds(clockOffsetMs)),
    ),
  ];
}

/** What is unknown is left out. */
function sampled(labels: Readonly<Record<string, string>>, value: number | null): Sample[] {
  return value === null ? [] : [[labels, value]];
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}

export function gauge(name: string, help: string, samples: readonly Sample[]): Figure {
  return { name, type: 'gauge', help, samples };
}

export function counter(name: string, help: string, samples: readonly Sample[]): Figure {
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
