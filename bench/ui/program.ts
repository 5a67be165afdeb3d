// Rows: the whole program at a terminal. How soon its first picture is there, beside Node that does
// nothing at the same kind of terminal; and how soon a key has changed the picture, beside a
// program that answers each key with one line.

import { type Finding, grouped } from '../ledger/finding.ts';
import { median, paired, percentile } from '../ledger/measure.ts';
import type { Shape } from './folder.ts';
import { type At, ROWS, atTerminal } from './terminal.ts';

export interface Started {
  readonly main: string;
  readonly folder: string;
}

const FIRST_MOST_MS = 300;
const KEY_MOST_MS = 50;
/** The last row of a picture has been drawn to its end. */
const WHOLE = new RegExp(`\\u001b\\[${ROWS};1H[^]*Q`);
const NODE = process.execPath;
const UP = '\u001b[A';
const DOWN = '\u001b[B';

export async function startFindings({ main, folder }: Started, turns: number): Promise<Finding[]> {
  const cpu: number[] = [];
  const bareCpu: number[] = [];
  const { ours, floor, ratio } = await paired(
    turns,
    async () => {
      const at = atTerminal([NODE, main, 'ui', `--dir=${folder}`]);
      const drawnMs = await at.draws(WHOLE);
      cpu.push(at.cpuMs());
      const tookMs = drawnMs - at.beganMs;
      await at.end();
      return tookMs;
    },
    async () => {
      // It tells what it took, and that it is there.
      const tells = `"console.log('cpu',Object.values(process.cpuUsage()).join(),'Q')"`;
      const at = atTerminal([NODE, '-e', tells]);
      const mark = at.mark();
      const drawnMs = await at.draws(/cpu (\S+) Q/, mark);
      bareCpu.push(at.toldCpuMs());
      const tookMs = drawnMs - at.beganMs;
      await at.end();
      return tookMs;
    },
  );
  const how =
    `From the start of Node to the last byte of the first picture, at a terminal of \`script\`, in ` +
    `turn with Node that prints one line; medians of ${turns} turns. The picture is the frame ` +
    'without facts, which come as they are told. Processor time is that of all threads.';
  const goal = { of: 'measured', most: FIRST_MOST_MS } as const;
  const row = (what: string, value: number, beside: number): Finding => ({
    ...{ row: 'start', what, measured: { value, unit: 'ms' }, how },
    beside: { value: beside, unit: 'ms', what: 'bare Node' },
  });
  return [
    { ...row('first picture of `kith ui`', ours, floor), ratio, goal },
    row('processor time to the first picture', median(cpu), median(bareCpu)),
  ];
}

export async function keyFindings(
  { main, folder, nodes, records }: Started & Shape,
  presses: number,
): Promise<Finding[]> {
  const at = atTerminal([NODE, main, 'ui', `--dir=${folder}`]);
  const bare = atTerminal([NODE, '-e', ECHO]);
  try {
    await bare.draws(/ready/);
    await at.draws(new RegExp(`node-${nodes - 1}|of ${grouped(nodes)} nodes|node-10`));
    const network = await pressed(at, bare, DOWN, presses);
    const mark = at.mark();
    await at.press('R');
    await at.draws(new RegExp(`Record by record[^]*  ${records}`), mark);
    // It is opened at its end.
    const log = await pressed(at, bare, UP, presses);
    await at.press('/');
    const filter: number[] = [];
    for (let turn = 0; turn < presses; turn++) {
      const key = turn % 8 < 4 ? (['n', 'o', 'd', 'e'][turn % 4] as string) : '\u007f';
      filter.push(await at.press(key));
    }
    return findings({ network, log, filter, nodes, records, presses });
  } finally {
    await Promise.all([at.end(), bare.end()]);
  }
}

interface Times {
  readonly ours: readonly number[];
  readonly bare: readonly number[];
}

async function pressed(at: At, bare: At, key: string, presses: number): Promise<Times> {
  const [ours, floor]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < presses; turn++) {
    ours.push(await at.press(key));
    floor.push(await bare.press('x'));
  }
  return { ours, bare: floor };
}

function findings(of: {
  readonly network: Times;
  readonly log: Times;
  readonly filter: readonly number[];
  readonly nodes: number;
  readonly records: number;
  readonly presses: number;
}): Finding[] {
  const { network, log, filter, presses } = of;
  const how =
    `From the bytes of the key to the last byte of what it changes, at a terminal of \`script\`, ` +
    `${presses} times, in turn with a program of Node that answers a key with a line.`;
  const goal = { of: 'measured', most: KEY_MOST_MS } as const;
  const rows = (what: string, ours: readonly number[], bare: readonly number[]): Finding[] =>
    [50, 99].map((share) => ({
      ...{ row: 'key', what: `${what}, p${share}`, how, goal },
      measured: { value: percentile(ours, share), unit: 'ms' },
      beside: { value: percentile(bare, share), unit: 'ms', what: 'a bare answer to a key' },
    }));
  return [
    ...rows(`a step down among ${grouped(of.nodes)} nodes`, network.ours, network.bare),
    ...rows(`a step up among ${grouped(of.records)} records`, log.ours, log.bare),
    ...rows(`a letter of a filter over ${grouped(of.records)} records`, filter, log.bare),
  ];
}

const ECHO =
  `"process.stdin.setRawMode(true).on('data',()=>console.log('x'.repeat(80)));` +
  `console.log('ready')"`;
