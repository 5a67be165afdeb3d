// `npm run demo` from outside: what it shows without a person, how it ends, and that nothing of it
// is left, however it ended.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { boxMissing } from '../kit/box.ts';
import { labMissing } from '../lab/machine.ts';
import { marked } from '../lab/marked.ts';
import { until } from '../lab/until.ts';

const MISSING = labMissing() ?? boxMissing();
const ROOT = join(import.meta.dirname, '../..');
const GROUPS = '/sys/fs/cgroup';

interface Demo {
  readonly process: ChildProcess;
  /** Handed on to all that it starts. */
  readonly word: string;
  said(): string;
  readonly ended: Promise<number | null>;
}

function demo(options: readonly string[]): Demo {
  const word = randomBytes(12).toString('hex');
  const child = spawn(process.execPath, ['demo/run.mjs', ...options], {
    ...{ cwd: ROOT, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
    env: { ...process.env, KITH_DEMO_MARK: word },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (said += text));
  }
  const ended = new Promise<number | null>((resolve) => void child.once('close', resolve));
  return { process: child, word, said: () => said, ended };
}

/** Its processes, its folder, and the control groups of its work. */
async function isGone({ word, said }: Demo): Promise<void> {
  await until('no process of it is left', () => marked(word).length === 0);
  const [folder] = /\/[^ ]*kith-lab-[0-9]+-[A-Za-z0-9]+/.exec(said()) ?? [];
  expect(folder === undefined || !existsSync(folder)).toBe(true);
  const ids = [...said().matchAll(/ ([0-9A-Z]{26}), generation/g)].map(([, id]) => `${id}.1`);
  const kinds = existsSync(GROUPS) ? ['.', ...readdirSync(GROUPS)] : [];
  const left = kinds.flatMap((kind) =>
    ids.filter((id) => existsSync(join(GROUPS, kind, 'kith', id))),
  );
  expect(left).toEqual([]);
}

/** What follows each `kith status` on the screen: the host, and the root of its state. */
function rootsIn(said: string): { host: string; root: string }[] {
  const found = said.matchAll(/^(\w+)\$ kith status .*\n +frontier .*\n +state +(\S+)$/gm);
  return [...found].map(([, host = '', root = '']) => ({ host, root }));
}

describe('the demonstration', () => {
  beforeEach(({ skip }) => {
    if (MISSING !== null) skip(`there can be none on this machine: ${MISSING}`);
  });

  test('shows all of it without a person, and takes all of it away', async () => {
    const run = demo(['--headless']);
    const code = await run.ended;
    const said = run.said();
    expect(code, said).toBe(0);
    expect([...said.matchAll(/^\[(\d)\/9\] /gm)].map(([, at]) => at).join('')).toBe('123456789');
    const shown = [...said.matchAll(/^ +code +(\S+)$/gm)].map(([, typed]) => typed);
    const typed = [...said.matchAll(/^Code on the new machine: (\S+)$/gm)].map(([, one]) => one);
    expect(typed).toHaveLength(2);
    expect(typed).toEqual(shown);
    expect(said).toMatch(/^barn is admitted, and holds the whole ledger\.$/m);
    expect(said).toMatch(/^cellar is admitted, and holds the whole ledger\.$/m);
    expect(said).toMatch(/^kith\w+\t\S+=\t192\.168\.1\.1[02]:7447$/m);
    expect(said).toMatch(
      /^attic\$ kith operator add bert \S+ --commit\n1\. admitted operator bert/m,
    );
    expect(said).toMatch(/^frame 1\n(.*\n)*frame 5$/m);
    expect(said).toMatch(/^signature +good, of \S+$/m);
    expect(said).toMatch(/^log +the one that was signed$/m);
    expect(said).toMatch(/^1 packets transmitted, 0 received/m);
    expect(said).toMatch(/^ +config +heating\.mode +set side by side by records/m);
    expect(said).toMatch(/^ +settled: the conflict over config heating\.mode$/m);
    // Cut, healed, settled.
    const roots = rootsIn(said);
    const three = ['attic', 'barn', 'cellar'];
    expect(roots.map(({ host }) => host)).toEqual([...three, ...three, ...three]);
    const [cut, healed, settled] = [0, 3, 6].map((at) =>
      roots.slice(at, at + 3).map(({ root }) => root),
    );
    expect(new Set(cut).size).toBe(2);
    expect(cut?.[1]).toBe(cut?.[2]);
    expect(new Set(healed).size).toBe(1);
    expect(new Set(settled).size).toBe(1);
    expect(new Set([...(cut ?? []), ...(healed ?? []), ...(settled ?? [])]).size).toBe(4);
    expect(said.trimEnd()).toMatch(/\nAll of it was shown\. .*$/);
    await isGone(run);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGKILL', null],
  ] as const)('after %s in the midst of it nothing is left', async (signal, code) => {
    const run = demo(['--headless']);
    await until('a daemon runs', () => run.said().includes('the mesh is up'));
    expect(marked(run.word).length).toBeGreaterThan(6);
    // To all in the foreground, as a terminal does it.
    process.kill(-(run.process.pid as number), signal);
    expect(await run.ended).toBe(code);
    await isGone(run);
  });

  test('without a terminal it says what to do', async () => {
    const run = demo([]);
    expect(await run.ended).toBe(2);
    expect(run.said()).toContain('say --headless');
  });
});
