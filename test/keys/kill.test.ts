// The signing journal under real processes on a real disk: killed at any moment, and two at once.

import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeHeld } from '../../ledger/record.ts';
import { keyHost } from '../../src/home/host.ts';
import { createJournal, journalFile } from '../../src/keys/journal.ts';
import { keyPairOf } from '../../src/keys/keypair.ts';
import { nodePlatform } from '../../src/platform.ts';
import { compileChild, startChild } from '../kit/child.ts';
import { seedOf } from './drafts.ts';
import { temporaryFolder } from './host.ts';

let compiled: { script: string; remove: () => void };
beforeAll(() => {
  compiled = compileChild('test/keys/kill-child.ts');
});
afterAll(() => compiled.remove());

const key = keyPairOf(seedOf('alice')).publicKey;

function newKey(): { folder: string; ledger: string } {
  const folder = temporaryFolder();
  createJournal(keyHost(), folder, key);
  const ledger = path.join(folder, 'ledger');
  fs.writeFileSync(ledger, '');
  return { folder, ledger };
}

const linesOf = (output: string): string[] => output.split('\n').filter((line) => line !== '');

/** The one line that left for each place; throws where two did. */
function chainOf(lines: readonly string[]): string[] {
  const chain: string[] = [];
  for (const line of lines) {
    const { seq } = decodeHeld(line, nodePlatform);
    if (chain[seq - 1] !== undefined && chain[seq - 1] !== line) throw new Error(`fork at ${seq}`);
    chain[seq - 1] = line;
  }
  return chain;
}

test('killed at any moment, it never signs a place twice, and goes on', async () => {
  const { folder, ledger } = newKey();
  const left: string[] = [];
  for (let round = 0; round < 12; round++) {
    const child = startChild(compiled.script, [folder, ledger, String(round * 1_000_000)]);
    child.process.stdout?.once('data', () => {
      // From the first line on, at times that differ by less than one signature takes.
      void pause(round * 0.7).then(() => child.process.kill('SIGKILL'));
    });
    left.push(...linesOf(await child.output).filter((line) => line.endsWith('}')));
    const chain = chainOf(left);
    expect(chain).not.toContain(undefined);
    // What the ledger has stored: now all that left, now all but the last.
    fs.writeFileSync(ledger, chain.slice(0, chain.length - (round % 2)).join('\n'));
  }
  // Every round signs at least one place, and every other one signs its first again.
  expect(chainOf(left).length).toBeGreaterThanOrEqual(6);
});

test('held by two processes at once, it signs each place once', async () => {
  const { folder, ledger } = newKey();
  const children = [1, 2].map((n) => startChild(compiled.script, [folder, ledger, `${n}000000`]));
  await Promise.all(
    children.map((child) => new Promise((resolve) => child.process.stdout?.once('data', resolve))),
  );
  // Until they have met: one place tried by both, and one of them turned away.
  for (let i = 0; i < 50 && contested(folder).length < 3; i++) await pause(100);
  for (const child of children) child.process.kill('SIGKILL');
  const outputs = await Promise.all(children.map((child) => child.output));
  const chain = chainOf(outputs.flatMap(linesOf));
  const met = contested(folder);
  expect(met.length).toBeGreaterThan(0);
  for (const [seq, first] of met) expect(chain[seq - 1] ?? first).toBe(first);
});

/** The places for which a journal holds two records, with the first. */
function contested(folder: string): [number, string][] {
  const tries = new Map<number, string[]>();
  for (const entry of fs.readFileSync(journalFile(folder, key), 'utf8').split('\n')) {
    const line = entry.slice(entry.indexOf(' ') + 1);
    if (!line.startsWith('{"auth"') || !line.endsWith('}')) continue;
    const { seq } = decodeHeld(line, nodePlatform);
    tries.set(seq, [...(tries.get(seq) ?? []), line]);
  }
  const two = [...tries].filter(([, lines]) => new Set(lines).size > 1);
  return two.map(([seq, lines]) => [seq, lines[0] as string]);
}
