// Rows: what a key costs the core: the next model, its frame, and what of it a terminal is told.
// The facts are made, as a daemon and commands would tell them.

import type { PeerLink } from '../../proto/status.ts';
import type { Key } from '../../proto/ids.ts';
import type { Input } from '../../tui/effects.ts';
import type { NodeHeard, RecordFacts, RosterFacts } from '../../tui/facts.ts';
import { UNICODE } from '../../tui/glyphs.ts';
import { type Model, modelAt } from '../../tui/model.ts';
import { painted } from '../../tui/paint.ts';
import { step } from '../../tui/update.ts';
import { view } from '../../tui/view.ts';
import { type Finding, grouped } from '../ledger/finding.ts';
import { percentile } from '../ledger/measure.ts';
import type { Shape } from './folder.ts';
import { COLUMNS, ROWS } from './terminal.ts';

const KEY_MOST_MS = 50;
/** So that it is the compiled code that is measured, as where a person has pressed some keys. */
const WARM_TURNS = 40;
const NOW_MS = Date.UTC(2026, 11, 1, 12);

interface Scene {
  readonly what: string;
  /** Keys to get there, and those that are pressed again and again. */
  readonly to: readonly string[];
  readonly keys: readonly string[];
}

export function coreFindings({ nodes, records }: Shape, turns: number): Finding[] {
  const begun = known(nodes, records);
  const many = { nodes: `${grouped(nodes)} nodes`, records: `${grouped(records)} records` };
  const typed = ['s', 'e', 't', 'backspace', 'backspace', 'backspace'];
  const scenes: readonly Scene[] = [
    { what: `a step down among ${many.nodes}`, to: ['f8'], keys: ['down'] },
    { what: `a step down among ${many.nodes}, their links`, to: ['f2'], keys: ['down'] },
    { what: `a step up among ${many.records}`, to: ['f3'], keys: ['up'] },
    { what: `a letter of a filter over ${many.records}`, to: ['f3', '/'], keys: typed },
    { what: `another screen, with ${many.nodes}`, to: [], keys: ['f3', 'f2', 'f11', 'f4', 'f8'] },
  ];
  const how =
    `Processor time of \`step\`, \`view\` and \`painted\` at ${COLUMNS}x${ROWS}, all threads of the ` +
    `process; ${turns} keys after ${WARM_TURNS}. The facts are made and stay.`;
  return scenes.map((scene) => ({
    ...{ row: 'core', what: `the core: ${scene.what}, p99`, how },
    measured: { value: percentile(timesOf(begun, scene, turns), 99), unit: 'ms' },
    goal: { of: 'measured', most: KEY_MOST_MS },
  }));
}

function timesOf(begun: Model, { to, keys }: Scene, turns: number): number[] {
  let model = to.reduce((now, key) => after(now, keyOf(key)), begun);
  let frame = view(model);
  const times: number[] = [];
  for (let turn = -WARM_TURNS; turn < turns; turn++) {
    const input = keyOf(keys[(turn + WARM_TURNS) % keys.length] as string);
    const before = process.cpuUsage();
    model = after(model, input);
    const next = view(model);
    const told = painted(frame, next, true);
    const { user, system } = process.cpuUsage(before);
    if (told === '' && turn < 3) throw new Error(`nothing changed after ${to.join()} ${input.key}`);
    frame = next;
    if (turn >= 0) times.push((user + system) / 1_000);
  }
  return times;
}

function after(model: Model, input: Input): Model {
  return step(model, input).model;
}

function keyOf(key: string): Extract<Input, { in: 'key' }> {
  return { in: 'key', key, text: [...key].length === 1 ? key : null };
}

function known(nodes: number, records: number): Model {
  const keys = Array.from({ length: nodes }, (_, at) => `${at}`.padStart(43, 'k') as Key);
  const size = { columns: COLUMNS, rows: ROWS };
  const names = { machine: 'node-0', user: 'root' };
  const readCode = () => ({ kind: 'partial', shown: '', missing: 9 }) as const;
  const begun = modelAt({
    ...{ outside: { catalogue: [], names, readCode }, folder: '/', size, nowMs: NOW_MS },
    glyphs: UNICODE,
  });
  const roster: RosterFacts = {
    nodes: keys.map((key, at) => ({
      ...{ name: `node-${at}`, key, fingerprint: 'AAAA-BBBB-CCCC-DDDD', labels: [] },
      ...{ endpoints: [], standing: 'active', here: at === 0, admitted: 'root' },
      grants: [{ action: 'work.place' }],
    })),
  };
  const told: readonly (readonly [string, unknown])[] = [
    ['home', { folder: '/', ledger: 'l'.repeat(43), network: 'bench', staged: 0 }],
    ['roster', roster],
    ['nodes', keys.map(heardOf)],
    ['peers', keys.slice(1).map((key, at) => linkOf(key, at + 1))],
    ['log', Array.from({ length: records }, (_, at) => recordOf(at, keys))],
  ];
  return told.reduce(
    (model, [want, value]) => after(model, { in: 'told', want, value } as Input),
    begun,
  );
}

function heardOf(key: Key, at: number): NodeHeard {
  return {
    ...{ key, address: `fd00::${at}`, ipv4: null, liveness: 'alive', heardAgoMs: at * 10 },
    headroom: {
      ...{ cpuMilli: 8_000, cpuFreeMilli: (at * 37) % 8_000, ramMib: 32_768, diskMib: 1_000_000 },
      ...{ ramFreeMib: (at * 97) % 32_768, diskFreeMib: at * 500, loadCenti: 100, gpuCount: 1 },
      gpus: [{ name: 'card', vramMib: 81_920, vramFreeMib: 100, loadPercent: 50, state: 'fit' }],
    },
    offer: {
      ...{ taking: 'open', kinds: ['job'], cpuMilli: 6_000, memMib: 7_168, diskMib: 20_000 },
      held: 2,
    },
    ...{ clockOffsetMs: 0, version: '0.1.0', agrees: true, cloned: false, relay: false },
    lobby: false,
  };
}

function linkOf(key: Key, at: number): PeerLink {
  return {
    ...{ name: `node-${at}`, key, address: `fd00::${at}`, path: 'direct', via: null },
    ...{ why: 'the address where it joined answered', lastHandshakeAgoS: 40, rttMs: 12, mtu: 1420 },
    ...{ rxBytes: at * 1_000, txBytes: at * 900, endpoint: `198.51.100.${at % 250}:51820` },
  };
}

function recordOf(at: number, keys: readonly Key[]): RecordFacts {
  const author = keys[at % keys.length] as Key;
  return {
    ...{ id: `${at}`.padStart(43, 'r'), author, name: `node-${at % keys.length}`, seq: at },
    ...{ kind: 'node.update', ts: NOW_MS - at * 1_000, farOff: false, void: false },
    what: `node-${at % keys.length} set endpoints host-${at}.example.net:51820 and labels`,
  };
}
