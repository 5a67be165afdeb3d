// F2: the links of this node to the others: by which path, why that one, and what has moved on it.

import type { PeerLink } from '../../proto/status.ts';
import { bytesText } from '../../proto/sizes.ts';
import { rttText, spanText } from '../../proto/when.ts';
import { type Line, labelled, line, paragraph, span } from '../draw.ts';
import { valueOf } from '../facts.ts';
import { marked, moved, within } from '../list.ts';
import { type Model, stay, withSlice } from '../model.ts';
import type { Screen } from '../screen.ts';
import { begin } from '../starting.ts';
import { type Cell, type Column, table } from '../table.ts';
import { aboutChosen } from './about-node.ts';
import { startDaemonBinding } from './starting-daemon.ts';

const COLUMNS: readonly Column[] = [
  { title: 'node', least: 8 },
  { title: 'path', least: 6 },
  { title: 'rtt', align: 'right' },
  { title: 'handshake', align: 'right' },
  { title: 'in', align: 'right' },
  { title: 'out', align: 'right' },
  { title: 'endpoint', least: 0 },
  { title: 'why', least: 10, grows: true },
];
/** Of the chosen link: its name, and what stands below the list. */
const DETAIL_ROWS = 8;
const AROUND_ROWS = 8;

export const LINKS: Screen = {
  name: 'links',
  title: 'Links',
  wants: ['peers', 'nodes', 'members'],
  bindings: [
    aboutChosen({ key: 'p', label: 'ping', command: ['ping'], purpose: 'output' }, chosen),
    aboutChosen({ key: 't', label: 'try anew', command: ['relink'] }, chosen),
    {
      ...{ key: 'r', label: 'new key', command: ['rotate-key'] },
      when: (model) => linksOf(model).length > 0,
      act: (model) =>
        begin(model, { words: ['rotate-key'], purpose: 'notice', title: 'a new WireGuard key' }),
    },
    startDaemonBinding('s'),
  ],
  onKey: (model, key) => {
    const count = linksOf(model).length;
    const height = model.size.rows - AROUND_ROWS - DETAIL_ROWS;
    const place = moved(model.slices.links.place, key, count, height);
    return place === null ? null : stay(withSlice(model, 'links', { place }));
  },
  view: (model, width, height) => {
    const links = linksOf(model);
    if (links.length === 0) return emptyLines(model, width);
    const count = height - DETAIL_ROWS - 1;
    const place = within(model.slices.links.place, links.length, count);
    const seen = links.slice(place.top, place.top + count);
    const { head, rows } = table(COLUMNS, seen.map(cellsOf), width - 2);
    const details = detailLines(links[place.at] as PeerLink, width);
    return [[span('  '), ...head], ...marked(rows, place, model.glyphs), line(''), ...details];
  },
};

function linksOf({ facts }: Model): readonly PeerLink[] {
  return valueOf(facts.peers) ?? [];
}

function chosen(model: Model): string | null {
  const links = linksOf(model);
  const { at } = within(model.slices.links.place, links.length, links.length);
  return links[at]?.name ?? null;
}

function cellsOf(link: PeerLink): Cell[] {
  const { name, path, via, rttMs, lastHandshakeAgoS, rxBytes, txBytes, endpoint, why } = link;
  return [
    name,
    span(via === null ? path : `via ${via}`, path === 'down' ? 'bad' : 'good'),
    rttMs === null ? '-' : rttText(rttMs),
    lastHandshakeAgoS === null ? 'never' : `${spanText(lastHandshakeAgoS * 1_000)} ago`,
    bytesText(rxBytes),
    bytesText(txBytes),
    endpoint ?? '-',
    span(why, 'dim'),
  ];
}

const LABEL_CELLS = 11;

function detailLines(link: PeerLink, width: number): Line[] {
  const { name, address, path, via, why, endpoint, mtu } = link;
  const row = (label: string, text: string): Line[] => labelled(label, text, width, LABEL_CELLS);
  return [
    line(span(name, 'title')),
    ...row('path', via === null ? path : `${path} via ${via}`),
    ...row('why', why),
    ...row('address', `${address}  MTU ${mtu}`),
    ...row('endpoint', endpoint ?? 'none'),
  ];
}

function emptyLines({ facts }: Model, width: number): Line[] {
  const { peers, status } = facts;
  if (peers.state === 'unasked') return [line(span('asking the daemon', 'dim'))];
  if (peers.state === 'failed') {
    return [...paragraph(peers.what, width), ...paragraph(peers.hint, width)];
  }
  const mesh = valueOf(status)?.mesh;
  const why = mesh?.why ?? null;
  return [
    line('No other machine is a member: F11 lets one in.'),
    ...(why === null ? [] : paragraph(`The mesh: ${why}`, width, 'warn')),
  ];
}
