// The chosen node in full, and what is said of the network as a whole: whether all hold the same
// ledger, and how far each removal has got.

import type { Headroom } from '../../proto/status.ts';
import { counted, spanText } from '../../proto/when.ts';
import { mibText } from '../../proto/sizes.ts';
import { type Line, labelled, line, padded, paragraph, span } from '../draw.ts';
import { valueOf } from '../facts.ts';
import { bar, sparkline } from '../glyphs.ts';
import { type Model, type Trend, nameOf } from '../model.ts';
import { usedOf } from '../trends.ts';
import { type NodeRow, nodeRows } from './network-rows.ts';
import { standingCell } from './network-table.ts';

const LABEL_CELLS = 13;
const BAR_CELLS = 20;
const TREND_CELLS_MAX = 60;
/** Clocks that differ by less are nobody's business. */
const CLOCK_SHOWN_MS = 5_000;

/** One line: how many are there, and whether they hold the same. */
export function agreementLines(model: Model, width: number): Line[] {
  const rows = nodeRows(model).filter(({ standing }) => standing === 'active');
  const there = rows.filter(
    ({ heard }) => heard !== null && ['here', 'alive'].includes(heard.liveness),
  );
  const others = rows.filter(({ heard }) => heard?.agrees !== null && heard?.agrees !== undefined);
  const differ = others.filter(({ heard }) => heard?.agrees === false);
  const { facts } = model;
  if (facts.nodes.state === 'failed') {
    return paragraph(`${facts.nodes.what}. ${facts.nodes.hint}`, width, 'warn');
  }
  const roots =
    others.length === 0
      ? span('nobody to compare the ledger with', 'dim')
      : differ.length === 0
        ? span(`all ${others.length} that are heard hold the same ledger`, 'good')
        : span(`${differ.map(({ name }) => name).join(', ')}: another ledger just now`, 'warn');
  const legend = span('  bars: in use, numbers: free', 'dim');
  return [line(`${there.length} of ${counted(rows.length, 'node')} there  `, roots, legend)];
}

/** `removal of barn: 7 of 9 have it`, and who is missing since when. */
export function coverageLines(model: Model, width: number): Line[] {
  const mesh = valueOf(model.facts.status)?.mesh;
  if (mesh === undefined) return [];
  const removals = mesh.coverage
    .filter(({ missing }) => missing.length > 0)
    .flatMap(({ target, have, of, missing }) => {
      const who = missing.map(({ key, offlineMs }) => {
        const since = offlineMs === null ? 'never heard' : `offline ${spanText(offlineMs)}`;
        return `${nameOf(model, key)} (${since})`;
      });
      const text = `removal of ${nameOf(model, target)}: ${have} of ${of} have it; missing: ${who.join(', ')}`;
      return paragraph(text, width, 'warn');
    });
  const alarms = mesh.alarms.flatMap((one) => paragraph(`ALARM: ${one}`, width, 'bad'));
  return [...alarms, ...removals];
}

export function detailLines(model: Model, node: NodeRow, width: number): Line[] {
  const { heard, link } = node;
  const row = (label: string, text: string): Line[] => labelled(label, text, width, LABEL_CELLS);
  return [
    line(span(node.name, 'title'), '  ', standingCell(node), `  ${node.labels.join(' ')}`),
    ...row('fingerprint', node.fingerprint),
    ...row('admitted by', node.admitted ?? 'unknown'),
    ...row('may', node.actions.length === 0 ? 'nothing' : node.actions.join(', ')),
    ...(heard === null
      ? row('heard', 'never, since this daemon began')
      : [
          ...row('address', [heard.address, heard.ipv4].filter((one) => one !== null).join('  ')),
          ...row('heard', heardText(node)),
          ...(link === null ? [] : row('link', `${link.path}: ${link.why}`)),
          ...row('offers', offerText(node)),
          ...(heard.headroom === null ? [] : roomLines(model, node, heard.headroom, width)),
        ]),
  ];
}

function heardText({ heard, isHere }: NodeRow): string {
  if (heard === null) return '';
  const { heardAgoMs, version, agrees, clockOffsetMs, cloned, relay, lobby } = heard;
  return [
    isHere || heardAgoMs === null ? 'here' : `${spanText(heardAgoMs)} ago`,
    ...(version === null ? [] : [`kith ${version}`]),
    ...(agrees === null ? [] : [agrees ? 'same ledger' : 'another ledger just now']),
    ...(clockOffsetMs === null || Math.abs(clockOffsetMs) < CLOCK_SHOWN_MS
      ? []
      : [`clock ${spanText(Math.abs(clockOffsetMs))} ${clockOffsetMs < 0 ? 'behind' : 'ahead'}`]),
    ...(cloned ? ['TWO MACHINES SPEAK WITH ITS KEY'] : []),
    ...(relay ? ['relays for others'] : []),
    ...(lobby ? ['has a lobby'] : []),
  ].join(', ');
}

function offerText({ heard }: NodeRow): string {
  const offer = heard?.offer ?? null;
  if (offer === null) return 'no work is taken there';
  const { taking, kinds, cpuMilli, memMib, held } = offer;
  if (taking !== 'open') return `nothing new: it is ${taking}`;
  const cores = cpuMilli === null ? '? cores' : `${(cpuMilli / 1000).toFixed(1)} cores`;
  const memory = memMib === null ? '?' : mibText(memMib);
  return `${kinds.join(' and ') || 'nothing'} with up to ${cores} and ${memory}; ${held} held`;
}

function roomLines(
  { glyphs, trends }: Model,
  { key }: NodeRow,
  room: Headroom,
  width: number,
): Line[] {
  const used = usedOf(room);
  const trend = trends.get(key);
  const past = Math.min(TREND_CELLS_MAX, width - LABEL_CELLS - BAR_CELLS - 34);
  const part = (name: keyof Trend, label: string, text: string): Line => {
    const share = used[name];
    const drawn = share === null ? '-'.padEnd(BAR_CELLS) : bar(share, 1, BAR_CELLS, glyphs);
    const line_ = past < 8 ? '' : sparkline(trend?.[name] ?? [], past, glyphs);
    return line(
      '  ',
      span(padded(label, LABEL_CELLS), 'dim'),
      `${drawn}  ${padded(text, 28)}${line_}`,
    );
  };
  const of = (free: number | null, whole: number | null): string =>
    free === null || whole === null ? 'unknown' : `${mibText(free)} of ${mibText(whole)} free`;
  const cores = (milli: number | null): string =>
    milli === null ? '?' : (milli / 1000).toFixed(1);
  return [
    part('cpu', 'processor', `${cores(room.cpuFreeMilli)} of ${cores(room.cpuMilli)} cores free`),
    part('ram', 'memory', of(room.ramFreeMib, room.ramMib)),
    part('disk', 'disk', of(room.diskFreeMib, room.diskMib)),
    ...room.gpus.map(({ name, vramMib, vramFreeMib, loadPercent, state }): Line => {
      const load = loadPercent === null ? 'load unknown' : `${loadPercent} % busy`;
      const text = state === 'fit' ? `${of(vramFreeMib, vramMib)}, ${load}` : state;
      return line('  ', span(padded('card', LABEL_CELLS), 'dim'), `${name}: ${text}`);
    }),
  ];
}
