// The NVIDIA cards of this host, by `nvidia-smi`, which every machine with such cards has. What it
// does not say is unknown; a card that it cannot ask is unhealthy and never absent; a tool that
// hangs is ended and makes all known cards unhealthy. Spec: docs/heartbeat.md, "Cards".

import { readdirSync } from 'node:fs';
import type { Gpu, GpuState } from '../../proto/status.ts';
import { findTool, runTool } from '../os/tools.ts';
import { GPU_ASK_MS_MAX } from './limits.ts';

export interface Card extends Gpu {
  /** Names it for as long as it exists; null where the tool did not say. */
  readonly uuid: string | null;
  readonly index: number | null;
  readonly temperatureC: number | null;
  readonly powerW: number | null;
  readonly driver: string | null;
}

export interface Cards {
  /** Null: there may be cards, and nobody knows how many. */
  readonly count: number | null;
  readonly cards: readonly Card[];
  /** Why what is missing is missing, for the person. */
  readonly trouble: string | null;
}

export const NO_CARDS: Cards = { count: 0, cards: [], trouble: null };

const FIELDS = ['index', 'uuid', 'name', 'memory.total', 'memory.used', 'utilization.gpu'].concat([
  'temperature.gpu',
  'power.draw',
  'driver_version',
  'mig.mode.current',
]);
/** The driver lists its cards here, also while the tool hangs. */
const DRIVER_FOLDER = '/proc/driver/nvidia/gpus';

export interface CardSource {
  readonly hasTool: () => boolean;
  readonly run: (argv: readonly string[]) => Promise<{
    readonly status: number | null;
    readonly stdout: Uint8Array;
    readonly said: string;
  }>;
  /** How many cards the driver knows of; null where it does not say. */
  readonly driverCount: () => number | null;
}

export const nvidia: CardSource = {
  hasTool: () => findTool('nvidia-smi') !== null,
  run: (argv) => runTool(argv, { limitMs: GPU_ASK_MS_MAX }),
  driverCount() {
    try {
      return readdirSync(DRIVER_FOLDER).length;
    } catch {
      return null;
    }
  },
};

/** Asks once. `before`: what the last answer was, for the names of cards that answer no more. */
export async function askCards(source: CardSource, before: Cards): Promise<Cards> {
  const counted = source.driverCount();
  if (!source.hasTool()) {
    return counted === null || counted === 0
      ? NO_CARDS
      : lost(before, counted, 'there is no nvidia-smi');
  }
  let fields = FIELDS;
  let run = await source.run(query(fields));
  if (run.status !== 0 && isUnknownField(run)) {
    // Drivers of before 2020 know no MIG.
    fields = FIELDS.slice(0, -1);
    run = await source.run(query(fields));
  }
  const said = new TextDecoder().decode(run.stdout);
  // The tool was left behind by a driver that is gone, or there is none of its cards.
  if (/no devices were found/i.test(said)) return counted ? lost(before, counted, said) : NO_CARDS;
  const cards = said.split('\n').flatMap((line) => cardOf(line, fields.length) ?? []);
  if (run.status === 0 && cards.length > 0) {
    const missing = Math.max(0, (counted ?? before.count ?? 0) - cards.length);
    if (missing === 0) return { count: cards.length, cards, trouble: null };
    return withMissing(cards, before, cards.length + missing, `${missing} do not answer`);
  }
  const why = run.said === '' ? firstLine(said) || 'nvidia-smi said nothing' : run.said;
  return lost(before, counted, why);
}

function query(fields: readonly string[]): string[] {
  return ['nvidia-smi', `--query-gpu=${fields.join(',')}`, '--format=csv,noheader,nounits'];
}

function isUnknownField({ stdout, said }: { stdout: Uint8Array; said: string }): boolean {
  return /not a valid field/i.test(`${new TextDecoder().decode(stdout)}${said}`);
}

/** All cards that were known are still there, and nobody may count on them. */
function lost(before: Cards, counted: number | null, why: string): Cards {
  const count = counted ?? (before.count === 0 ? null : before.count);
  return withMissing([], before, count, why);
}

function withMissing(
  cards: readonly Card[],
  before: Cards,
  count: number | null,
  why: string,
): Cards {
  const named = new Set(cards.map(({ uuid }) => uuid));
  const silent = before.cards
    .filter(({ uuid }) => !named.has(uuid))
    .map((card) => ({ ...card, ...SILENT }));
  const all = [...cards, ...silent].slice(0, count ?? undefined);
  // Cards of which even the name is unknown.
  while (all.length < (count ?? 0)) all.push(NAMELESS);
  return { count, cards: all, trouble: firstLine(why) };
}

const SILENT = {
  vramMib: null,
  vramFreeMib: null,
  loadPercent: null,
  temperatureC: null,
  powerW: null,
  state: 'unhealthy',
} as const;

const NAMELESS: Card = { name: '', uuid: null, index: null, driver: null, ...SILENT };

/** A line of the table, or null where it is none: a warning, an empty line. */
export function cardOf(line: string, columns: number = FIELDS.length): Card | null {
  const cells = line.split(',').map((cell) => cell.trim());
  if (cells.length !== columns) return null;
  const [index = '', uuid = '', name = '', total = '', used = '', load = ''] = cells;
  const [temperature = '', power = '', driver = '', mig = ''] = cells.slice(6);
  if (!/^\d+$/.test(index)) return null;
  const totalMib = figure(total);
  const usedMib = figure(used);
  const isSplit = /^enabled$/i.test(mig);
  const state: GpuState = isSplit ? 'split' : isFit(cells, totalMib, usedMib) ? 'fit' : 'unhealthy';
  return {
    index: Number(index),
    uuid: /^GPU-[0-9a-f-]{36}$/i.test(uuid) ? uuid : null,
    name: words(name) ?? '',
    vramMib: whole(totalMib),
    vramFreeMib:
      isSplit || totalMib === null || usedMib === null
        ? null
        : Math.max(0, Math.round(totalMib - usedMib)),
    loadPercent: whole(figure(load)),
    temperatureC: figure(temperature),
    powerW: figure(power),
    driver: words(driver),
    state,
  };
}

// A card that has fallen off the bus still has a line, with an error in most of its cells.
function isFit(cells: readonly string[], totalMib: number | null, usedMib: number | null): boolean {
  if (cells.some((cell) => /err!|unknown error|gpu is lost|requires reset/i.test(cell))) {
    return false;
  }
  return totalMib !== null && totalMib > 0 && usedMib !== null;
}

/** A number, or null for `[N/A]`, `[Not Supported]`, `[Insufficient Permissions]`, `ERR!`. */
function figure(cell: string): number | null {
  return /^\d{1,9}(\.\d+)?$/.test(cell) ? Number(cell) : null;
}

function whole(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}

function words(cell: string): string | null {
  return cell === '' || cell.startsWith('[') || /^n\/a$/i.test(cell) ? null : cell;
}

function firstLine(text: string): string {
  return (text.trim().split('\n', 1)[0] ?? '').slice(0, 200);
}
