// Rows: how long a command takes to start, as a person starts it, beside a Node that does nothing,
// in turn: the launcher with its look for changed sources, the reading of the program, and for
// `kith nodes` the questions to a daemon that runs.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../ledger/finding.ts';
import { paired } from '../ledger/measure.ts';
import { run } from '../pairing/processes.ts';

const NODES_RATIO_MOST = 1.5;

export async function startFindings(root: string, turns: number): Promise<Finding[]> {
  const kith = join(root, 'kith');
  const folder = mkdtempSync(join(tmpdir(), 'kith-start-'));
  const dir = join(folder, 'box');
  const sheet = join(folder, 'sheet');
  tookMs(kith, ['init', 'home', '--dir', dir, '--no-passphrase', '--sheet', sheet]);
  const daemon = run(kith, ['up', '--dir', dir, '--no-mesh', '--json']);
  try {
    await daemon.until((line) => line.includes('"running"'));
    const row = async (what: string, words: string[], most?: number): Promise<Finding> => {
      const pair = await paired(
        turns,
        () => tookMs(kith, words),
        () => tookMs(process.execPath, ['--eval', '0']),
      );
      return {
        ...{ row: 'start', what, measured: { value: pair.ours, unit: 'ms' }, ratio: pair.ratio },
        beside: { value: pair.floor, unit: 'ms', what: 'a Node that does nothing' },
        ...(most === undefined ? {} : { goal: { of: 'ratio', most } }),
        how:
          'From a process that starts it to its end, by `./kith`, the sources looked at; a ledger of ' +
          `one node, whose daemon runs without a mesh. ${turns} turns, each with one of either.`,
      };
    };
    return [
      await row('`kith nodes` beside a daemon', ['nodes', '--dir', dir], NODES_RATIO_MOST),
      await row('`kith --version`', ['--version']),
    ];
  } finally {
    await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function tookMs(program: string, words: readonly string[]): number {
  const beganMs = performance.now();
  const { status, stderr, error } = spawnSync(program, words, { encoding: 'utf8' });
  const ms = performance.now() - beganMs;
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${error?.message ?? stderr}`);
  return ms;
}
