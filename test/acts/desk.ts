// An operator's desk for tests: a founded network in a folder of its own, and a machine that can
// die at any act on a file.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import type { Intent } from '../../ledger/intent.ts';
import type { Act } from '../../ledger/kinds.ts';
import { type Decoded, decodeText } from '../../ledger/record.ts';
import type { RecordId } from '../../proto/ids.ts';
import type { Result } from '../../proto/result.ts';
import { type Founded, found } from '../../src/acts/found.ts';
import { operatorFolder } from '../../src/home/folder.ts';
import { keyHost } from '../../src/home/host.ts';
import { type HomeLedger, openHome } from '../../src/home/ledger.ts';
import type { KeyDisk } from '../../src/keys/disk.ts';
import type { KeyHost } from '../../src/keys/host.ts';
import { createOperatorKey, openOperatorKey } from '../../src/keys/operator.ts';
import type { Signer } from '../../src/keys/signer.ts';

export const host: KeyHost = keyHost();

/** In memory where the system has such a place: here acts are counted, and nothing needs a disk. */
const TEMPORARY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is gone after the tests of the file. */
export function scratch(): string {
  const folder = mkdtempSync(path.join(TEMPORARY, 'kith-acts-'));
  folders.push(folder);
  return folder;
}

export function value<T>(result: Result<T, string>): T {
  if (!result.ok) throw new Error(`${result.code}: ${result.detail}`);
  return result.value;
}

export async function newKey(folder: string, name = 'ada'): Promise<Signer> {
  const owned = operatorFolder(folder);
  value(await createOperatorKey(host, owned, { name, seed: null, sealing: null }));
  return openKey(folder);
}

export async function openKey(folder: string, on: KeyHost = host): Promise<Signer> {
  return value(await openOperatorKey(on, operatorFolder(folder), { passphrase: null }));
}

/** The clock of these tests: every look is a millisecond later. */
let now = 1_800_000_000_000;
export const nowMs = (): number => now++;

export interface Desk extends Founded {
  readonly folder: string;
  readonly sheet: string;
}

export async function founded(network = 'home'): Promise<Desk> {
  const folder = scratch();
  const signer = await newKey(folder);
  let sheet = '';
  const done = await found(host, folder, signer, {
    ...{ network, operator: 'ada', node: 'lamp', date: '2026-01-02', nowMs },
    handOut: (text) => void (sheet = text),
  });
  return { ...value(done), folder, sheet };
}

/** The ledger of a folder while `use` runs. */
export async function withHome<T>(
  folder: string,
  use: (home: HomeLedger) => Promise<T>,
): Promise<T> {
  const home = await openHome(folder, { write: true });
  if (home === null) throw new Error(`no ledger in ${folder}`);
  try {
    return await use(home);
  } finally {
    await home.close();
  }
}

/** Every record of a folder, by file order. */
export function recordsIn(folder: string): Decoded[] {
  const lines = readFileSync(path.join(folder, 'nodes.jsonl'), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => value(decodeText(line, host.platform)));
}

export function fixed(act: Act, refs: readonly RecordId[] = []): Intent {
  return { act: act as Intent['act'], refs, at: 'fixed' };
}
export function current(act: Act, refs: readonly RecordId[] = []): Intent {
  return { act: act as Intent['act'], refs, at: 'current' };
}

export class Died extends Error {}

const CHANGES = ['create', 'write', 'sync', 'link', 'rename', 'unlink', 'syncFolder'] as const;

/** A machine that stops before its act number `last` on a file; `acts` counts. */
export function mortal(last: number): { readonly host: KeyHost; readonly act: () => void } {
  let acts = 0;
  const act = (): void => {
    if (++acts > last) throw new Died(`act ${acts}`);
  };
  const disk: KeyDisk = { ...host.disk };
  for (const name of CHANGES) {
    const real = disk[name] as (...given: unknown[]) => unknown;
    Object.assign(disk, {
      [name]: (...given: unknown[]) => {
        act();
        return real(...given);
      },
    });
  }
  return { host: { ...host, disk }, act };
}

/** Whether it ran to its end. */
export async function survives(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (fault) {
    if (fault instanceof Died) return false;
    throw fault;
  }
}
