// A raised mesh in the words of the local API: its status, the link to each peer, what is known of
// each node. Spec: docs/daemon.md, "The mesh".

import type { MeshStatus, PeerLink } from '../../proto/status.ts';
import type { View } from '../../beat/view.ts';
import { frontierRoot } from '../../ledger/replica.ts';
import type { Digest } from '../../proto/ids.ts';
import type { RosterRow } from '../derive.ts';
import { nowMs } from '../os/clock.ts';
import type { NodeFacts } from './facts.ts';
import type { Ground } from './ground.ts';
import { nameOf } from './hearing.ts';
import { mtuTo } from './path-mtu.ts';

export function statusOf(ground: Ground): MeshStatus {
  const { wishing, device, links, heart, parts, port, alarms } = ground;
  const self = wishing.self();
  const others = wishing.others();
  const up = others.filter(({ key }) => links.isUp(key)).length;
  const heard = others.filter(({ key }) => heart?.liveness(key).state === 'alive').length;
  return {
    ...{ state: 'up', why: null, interface: device.name, backend: device.backend },
    ...{ network: wishing.roster().network, address: self?.address ?? null },
    ...{ ipv4: self?.ipv4 ?? null, listenPort: port, links: { up, of: others.length }, heard },
    reconciled: ground.isReconciled || others.length === 0,
    coverage: (heart?.coverage() ?? []).map(({ id, key, have, of, missing }) => ({
      ...{ record: id, target: key, have, of },
      missing: missing.map(({ key: who, heardAtMs }) => ({
        key: who,
        offlineMs: heardAtMs === null ? null : Math.max(0, parts.calendar.nowMs() - heardAtMs),
      })),
    })),
    alarms: [...alarms.list(), ...conflictsOf(ground)],
    clockBehindMs: parts.calendar.behindMs(),
  };
}

/** What keeps somebody out of the mesh, or out of an IPv4 address, in a line each. */
function conflictsOf(ground: Ground): string[] {
  const { wishing } = ground;
  const { table } = wishing.wish();
  return [
    ...table.refused.map(
      ({ node, code, detail }) => `${nameOf(ground, node)}: ${code} (${detail})`,
    ),
    ...wishing
      .roster()
      .ipv4Conflicts.map(
        ({ key, ipv4, code, against }) =>
          `${nameOf(ground, key)} is not at ${ipv4}: ${code} (${against})`,
      ),
  ];
}

export function linksOf(ground: Ground): PeerLink[] {
  const { wishing, applying, links, rtts } = ground;
  const actual = applying.actual();
  const publicKeyOf = wishing.publicKeys();
  return wishing.others().map(({ key, name, address }): PeerLink => {
    const shown = links.shown(key);
    const peer = actual?.peers.get(publicKeyOf(key) ?? '');
    const handshakeS = peer?.handshakeS ?? 0;
    const path = shown?.path ?? 'down';
    const via = shown?.via ?? null;
    return {
      ...{ name, key, address, path, via: via === null ? null : nameOf(ground, via) },
      why: shown?.why ?? 'it was just admitted',
      // By the clock that WireGuard has it from.
      lastHandshakeAgoS:
        handshakeS === 0 ? null : Math.max(0, Math.round(nowMs() / 1000 - handshakeS)),
      rttMs: path === 'down' ? null : (rtts.get(key) ?? null),
      ...{ rxBytes: peer?.rxBytes ?? 0, txBytes: peer?.txBytes ?? 0, mtu: mtuTo(ground, key) },
      endpoint: shown?.endpoint ?? peer?.endpoint ?? null,
    };
  });
}

export function nodesOf(ground: Ground): NodeFacts[] {
  const { wishing, heart, self, parts } = ground;
  const own = frontierRoot(parts.home.replica);
  return wishing.roster().rows.map((row) => {
    if (row.key === self) return ownFacts(ground, row);
    return factsFrom(row, heart?.liveness(row.key) ?? null, own);
  });
}

function ownFacts(ground: Ground, { key, address, ipv4 }: RosterRow): NodeFacts {
  const { parts } = ground;
  return {
    ...{ key, address, ipv4, liveness: 'here', heardAgoMs: null, headroom: ground.headroom() },
    offer: parts.work?.offer() ?? null,
    ...{ clockOffsetMs: 0, version: parts.version, agrees: true, cloned: false },
    ...{ relay: parts.wishes.relay, lobby: parts.wishes.lobby },
  };
}

function factsFrom({ key, address, ipv4 }: RosterRow, view: View | null, own: Digest): NodeFacts {
  const beat = view?.beat ?? null;
  return {
    key,
    address,
    ipv4,
    liveness: view?.state ?? 'unheard',
    heardAgoMs: rounded(view?.silentMs ?? null),
    headroom: view?.state === 'down' ? null : (beat?.headroom ?? null),
    offer: view?.state === 'down' ? null : (beat?.offer ?? null),
    clockOffsetMs: view?.clockOffsetMs ?? null,
    version: beat?.version ?? null,
    agrees: beat === null ? null : beat.frontierRoot === own,
    cloned: view?.clone ?? false,
    relay: beat?.relay ?? false,
    lobby: beat?.lobby ?? false,
  };
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms);
}
