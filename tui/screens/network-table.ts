// The table of the nodes: a bar and a number for each part of their room, how it went on where
// there is width for it, and the link. Only the rows that are seen are made.

import { type Cell, type Column, type Table, table } from '../table.ts';
import { type Span, span } from '../draw.ts';
import { bar, sparkline } from '../glyphs.ts';
import type { Model, Trend } from '../model.ts';
import { usedOf } from '../trends.ts';
import { mibText } from '../../proto/sizes.ts';
import { rttText } from '../../proto/when.ts';
import type { NodeRow } from './network-rows.ts';

/** From this width on there is room for how it went on. */
const TREND_COLUMNS_MIN = 120;
/** Below it a bar and a number are as short as they can be read. */
const FULL_COLUMNS_MIN = 104;
const BAR_CELLS = 6;
const SHORT_BAR_CELLS = 4;
const TREND_CELLS = 12;

interface Part {
  readonly part: keyof Trend;
  readonly title: string;
  readonly free: (row: NodeRow, isShort: boolean) => string;
}

const PARTS: readonly Part[] = [
  {
    part: 'cpu',
    title: 'cpu',
    free: ({ heard }, isShort) => coresText(heard?.headroom?.cpuFreeMilli ?? null, isShort),
  },
  {
    part: 'ram',
    title: 'memory',
    free: ({ heard }, isShort) => sizeText(heard?.headroom?.ramFreeMib, isShort),
  },
  {
    part: 'disk',
    title: 'disk',
    free: ({ heard }, isShort) => sizeText(heard?.headroom?.diskFreeMib, isShort),
  },
  { part: 'gpu', title: 'gpu', free: gpuText },
];

export function nodeTable(
  model: Model,
  rows: readonly NodeRow[],
  width: number,
  { from, count }: { readonly from: number; readonly count: number },
): Table {
  const isWide = width >= TREND_COLUMNS_MIN;
  const isShort = width < FULL_COLUMNS_MIN;
  const barCells = isShort ? SHORT_BAR_CELLS : BAR_CELLS;
  // A column of cards where no node has one says nothing.
  const hasCards = rows.some(({ heard }) => (heard?.headroom?.gpuCount ?? 0) > 0);
  const parts = PARTS.filter(({ part }) => part !== 'gpu' || hasCards);
  const columns: Column[] = [
    { title: 'node', least: 8 },
    { title: 'is', least: 7 },
    ...parts.map(({ title }): Column => ({ title, least: barCells })),
    { title: 'link', least: 6 },
    { title: 'ledger', least: 7, grows: true },
  ];
  const cells = rows.slice(from, from + Math.max(0, count)).map((row): Cell[] => {
    const used = usedOf(row.heard?.headroom ?? null);
    const trend = model.trends.get(row.key);
    return [
      row.isHere ? span(`${row.name} ${model.glyphs.here}`, 'bold') : row.name,
      standingCell(row),
      ...parts.map(({ part, free }): Cell => {
        const share = used[part];
        const drawn = share === null ? '-'.padEnd(barCells) : bar(share, 1, barCells, model.glyphs);
        const past = isWide ? ` ${sparkline(trend?.[part] ?? [], TREND_CELLS, model.glyphs)}` : '';
        return span(`${drawn}${past} ${free(row, isShort)}`, toneOf(share));
      }),
      linkCell(row),
      ledgerCell(row),
    ];
  });
  return table(columns, cells, width);
}

/** Full is worth a look; the bar and the number say it too. */
function toneOf(share: number | null): Span['tone'] {
  if (share === null) return 'dim';
  return share > 0.9 ? 'warn' : 'plain';
}

export function standingCell({ standing, heard, isHere }: NodeRow): Span {
  if (standing === 'removed') return span('removed', 'dim');
  if (standing === 'frozen') return span('FROZEN', 'bad');
  if (heard?.cloned === true) return span('TWICE!', 'bad');
  if (isHere || heard?.liveness === 'here') return span('here', 'good');
  const tones = { alive: 'good', suspect: 'warn', down: 'bad' } as const;
  const liveness = heard?.liveness ?? 'unknown';
  return span(liveness, tones[liveness as keyof typeof tones] ?? 'dim');
}

function linkCell({ link, isHere }: NodeRow): Span {
  if (isHere) return span('', 'dim');
  if (link === null) return span('-', 'dim');
  if (link.path === 'down') return span('down', 'bad');
  const rtt = link.rttMs === null ? '' : ` ${rttText(link.rttMs)}`;
  return span(`${link.via === null ? link.path : `via ${link.via}`}${rtt}`, 'good');
}

function ledgerCell({ heard, isHere }: NodeRow): Span {
  if (isHere) return span('own');
  if (heard === null || heard.agrees === null) return span('-', 'dim');
  return heard.agrees ? span('same', 'good') : span('differs', 'warn');
}

function coresText(milli: number | null, isShort: boolean): string {
  return milli === null ? '' : `${(milli / 1000).toFixed(1)}${isShort ? '' : ' cores'}`;
}

function sizeText(mib: number | null | undefined, isShort: boolean): string {
  if (mib === null || mib === undefined) return '';
  // 8.0 GiB as 8.0G.
  return isShort ? mibText(mib).replace(/ (.).*$/, '$1') : mibText(mib);
}

function gpuText({ heard }: NodeRow, isShort: boolean): string {
  const room = heard?.headroom ?? null;
  if (room === null || room.gpuCount === null || room.gpuCount === 0) return '';
  const fit = room.gpus.filter(({ state }) => state === 'fit').length;
  return isShort ? `${fit}/${room.gpuCount}` : `${fit} of ${room.gpuCount}`;
}
