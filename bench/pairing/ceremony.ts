// The ceremony as two people see it: two daemons, `kith join` on one machine and `kith admit` on
// the other, and the time from the last character of the code to the word that the new machine is
// in.

import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeIntent } from '../../src/acts/write.ts';
import { operatorFolder } from '../../src/home/folder.ts';
import { keyHost } from '../../src/home/host.ts';
import { openHome } from '../../src/home/ledger.ts';
import { unlockOperator } from '../../src/keys/unlock.ts';
import { type Running, run } from './processes.ts';

export interface House {
  readonly kith: string;
  /** Where new machines get their folders. */
  readonly dir: string;
  readonly folder: string;
  readonly daemon: Running;
}

/** The network of an operator, with this many records and a daemon. */
export async function houseOf(kith: string, dir: string, records: number): Promise<House> {
  const folder = join(dir, 'attic');
  const founding = ['--operator', 'anna', '--node', 'attic', '--no-passphrase'];
  const sheet = ['--sheet', join(dir, 'sheet')];
  execFileSync(kith, ['init', 'home', '--dir', folder, ...founding, ...sheet], { stdio: 'ignore' });
  await fill(folder, records);
  return { kith, dir, folder, daemon: await daemonIn(kith, folder) };
}

/** As `kith set` and `kith commit` write, a thousand times. */
async function fill(folder: string, records: number): Promise<void> {
  const home = await openHome(folder, { write: true });
  const host = keyHost();
  const signer = await unlockOperator(host, operatorFolder(folder), { source: { kind: 'prompt' } });
  if (home === null || !signer.ok) throw new Error('the network was not founded');
  const writing = { home, signer: signer.value, nowMs: () => Date.now() };
  while (home.replica.records < records) {
    const body = { key: `room.k${home.replica.records}`, value: home.replica.records };
    const act = { kind: 'config.commit', body } as const;
    const written = await writeIntent(writing, { act, refs: [], at: 'current' });
    if (!written.ok) throw new Error(`a record was not written: ${written.code}`);
  }
  await home.close();
}

/** What every daemon of this benchmark is started with. */
const DAEMON = ['--listen', '127.0.0.1', '--port', '0', '--no-mesh', '--json'];

async function daemonIn(kith: string, folder: string): Promise<Running> {
  const daemon = run(kith, ['up', '--dir', folder, ...DAEMON]);
  await daemon.until((text) => text.includes('"event":"running"'));
  return daemon;
}

/** Two people who stand before their consoles, all but the last character typed. */
export interface Waiting {
  /** The last character; the milliseconds from there to "admitted". */
  finish(): Promise<number>;
}

/** A new machine, and an operator who has begun to type its code. */
export async function almostTyped(house: House, name: string): Promise<Waiting> {
  const { kith, dir } = house;
  const folder = join(dir, name);
  const daemon = await daemonIn(kith, folder);
  const listen = ['--listen', '127.0.0.1:0', '--hidden', '--json'];
  const joining = run(kith, ['join', '--dir', folder, '--name', name, ...listen]);
  const shown = await joining.until((text) => text.includes('"event":"window"'));
  const { code, address } = JSON.parse(shown.text) as { code: string; address: string };
  const admitting = run(kith, ['admit', address, '--dir', house.folder, '--yes', '--json']);
  admitting.write(code.slice(0, -1));
  return {
    async finish() {
      const typedMs = performance.now();
      admitting.write(`${code.slice(-1)}\n`);
      const admitted = await admitting.until((text) => text.includes('"seen":true'));
      await joining.until((text) => text.includes('"event":"joined"'));
      await Promise.all([admitting.ended, joining.ended]);
      await daemon.stop();
      rmSync(folder, { recursive: true });
      return admitted.atMs - typedMs;
    },
  };
}
