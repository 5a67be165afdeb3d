// Rows: the plan for an interface of many peers, and one change of it. Pure work of wg/, without
// the calls of `wg`: what a change of the roster costs before a tool is run.

import { createHash } from 'node:crypto';
import { toBase64url } from '../../proto/bytes.ts';
import type { Key, RecordId } from '../../proto/ids.ts';
import { nodePlatform } from '../../src/platform.ts';
import { networkPrefix, nodePrefixes } from '../../wg/address.ts';
import { commandOf } from '../../wg/commands.ts';
import { parseDump } from '../../wg/dump.ts';
import { type Change, planOf } from '../../wg/plan.ts';
import { type PeerRow, type Table, type TableInput, wantedTable } from '../../wg/table.ts';
import { type Finding, grouped } from '../ledger/finding.ts';
import { median } from '../ledger/measure.ts';

const PEERS = 1_000;
const TURNS = 21;
const PLAN_MOST_MS = 20;
const CHANGE_MOST_MS = 10;

interface PlanTimes {
  /** From rows that nobody has seen before, and an empty interface. */
  readonly firstMs: number;
  /**
   * Rows as before, and a dump of the interface as it should be: what happens every few seconds.
   */
  readonly againMs: number;
  /** One row differs: the table, the plan and its command. */
  readonly changeMs: number;
}

export function planFindings(peers: number = PEERS, turns: number = TURNS): Finding[] {
  const { firstMs, againMs, changeMs } = measurePlan(peers, turns);
  const many = `${grouped(peers)} peers`;
  const how =
    `${many} with made-up keys, each with its /96 and an IPv4 address; medians of ${turns} ` +
    'turns in one process. Every turn of the first plan has keys of its own, so that none was ' +
    'converted before.';
  const row = (what: string, ms: number, most: number): Finding => ({
    ...{ row: 'plan', what, measured: { value: ms, unit: 'ms' } },
    ...{ goal: { of: 'measured', most }, how },
  });
  return [
    row(`plan for ${many}, from an empty interface`, firstMs, PLAN_MOST_MS),
    row(`plan for ${many}, with reading what the interface holds`, againMs, PLAN_MOST_MS),
    row(`one change at ${many}, to its command`, changeMs, CHANGE_MOST_MS),
  ];
}

function measurePlan(peers: number, turns: number): PlanTimes {
  const first: number[] = [];
  const again: number[] = [];
  const change: number[] = [];
  // One turn beforehand warms up and is dropped.
  for (let turn = 0; turn <= turns; turn++) {
    const input = inputOf(turn, peers);
    const times = measureTurn(input);
    if (turn === 0) continue;
    first.push(times.firstMs);
    again.push(times.againMs);
    change.push(times.changeMs);
  }
  return { firstMs: median(first), againMs: median(again), changeMs: median(change) };
}

function measureTurn(input: TableInput): PlanTimes {
  const empty = new TextEncoder().encode('(none)\t(none)\t0\toff\n');
  const full = new TextEncoder().encode(dumpOf(wantedTable(input)));

  const startMs = performance.now();
  const table = wantedTable(input);
  const changes = planAfter(table, empty);
  const firstMs = performance.now() - startMs;
  expectCount(changes, input.rows.length + 2);

  const againStartMs = performance.now();
  const same = wantedTable(input, table);
  const none = planAfter(same, full.slice());
  const againMs = performance.now() - againStartMs;
  expectCount(none, 0);

  const parsed = parseDump(full);
  if (!parsed.ok) throw new Error(parsed.detail);
  const rows = input.rows.map((row, i) => (i === 7 ? { ...row, ipv4: null } : row));
  const changeStartMs = performance.now();
  const next = wantedTable({ ...input, rows }, same);
  const one = planOf(next, parsed.value, new Set());
  const commands = one.map((made) => commandOf('kith00', made));
  const changeMs = performance.now() - changeStartMs;
  expectCount(commands, 1);
  return { firstMs, againMs, changeMs };
}

function planAfter(table: Table, dump: Uint8Array): Change[] {
  const parsed = parseDump(dump);
  if (!parsed.ok) throw new Error(parsed.detail);
  return planOf(table, parsed.value, new Set());
}

function expectCount(made: readonly unknown[], wanted: number): void {
  if (made.length !== wanted) throw new Error(`${made.length} changes, and not ${wanted}`);
}

function inputOf(turn: number, peers: number): TableInput {
  const ledger = idOf(`ledger ${turn}`) as RecordId;
  const keys = Array.from({ length: peers }, (_, i) => idOf(`node ${turn} ${i}`) as Key);
  const prefixes = nodePrefixes(ledger, keys, nodePlatform);
  const rows = keys.map(
    (key, i): PeerRow => ({
      ...{ key, wg: key, prefix: prefixes.get(key) as string },
      ipv4: `10.73.${i >> 8}.${i & 255}`,
    }),
  );
  const own = { publicKey: 'own', listenPort: 7_447 };
  return { network: networkPrefix(ledger, nodePlatform), own, rows, dials: new Map() };
}

/** A number as a key: the form of a curve point is all that converting asks for. */
function idOf(text: string): string {
  return toBase64url(createHash('sha256').update(text).digest());
}

function dumpOf({ own, peers }: Table): string {
  const rows = [...peers.values()].map(({ publicKey, allowed, keepaliveS }) =>
    [publicKey, '(none)', '192.0.2.1:7447', allowed.join(','), 0, 0, 0, keepaliveS].join('\t'),
  );
  return [['x', own.publicKey, own.listenPort, 'off'].join('\t'), ...rows, ''].join('\n');
}
