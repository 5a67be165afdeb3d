// Data folders to measure: the program's own homes (src/home/ledger.ts) over ledgers made here.

import fs from 'node:fs';
import { join } from 'node:path';
import type { HomeLedger } from '../../src/home/ledger.ts';
import { foundHome, openHome } from '../../src/home/ledger.ts';
import { pathsIn } from '../../src/store/opening.ts';
import type { Bench } from './bench.ts';
import { type LedgerShape, ledgerFile } from './dataset.ts';
import { grouped } from './finding.ts';
import { decoded } from './intake.ts';

/** A new folder of this name; what was there is gone. */
export function newFolder(bench: Bench, name: string): string {
  const folder = join(bench.dir, name);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  return folder;
}

/** A folder with a ledger of this shape that no program has opened yet. */
export function unopenedFolder(bench: Bench, shape: LedgerShape): string {
  const { file } = ledgerFile(bench, shape);
  const folder = newFolder(bench, `home-${shape.records}`);
  fs.copyFileSync(file, pathsIn(folder).ledger);
  return folder;
}

/** The same with its checkpoint and index; kept between the rows of a run. */
export async function openedFolder(bench: Bench, shape: LedgerShape): Promise<string> {
  const folder = join(bench.dir, `home-${shape.records}`);
  if (fs.existsSync(pathsIn(folder).checkpoint)) return folder;
  const home = await mustOpen(unopenedFolder(bench, shape), bench.say);
  await home.close();
  return folder;
}

export async function mustOpen(
  folder: string,
  say: (line: string) => void = () => undefined,
): Promise<HomeLedger> {
  let said = 0;
  const home = await openHome(folder, {
    write: true,
    progress: ({ records }) => {
      if (records - said < 100_000) return;
      said = records;
      say(`opening: ${grouped(records)} records verified`);
    },
  });
  if (home === null) throw new Error(`${folder} holds no ledger`);
  return home;
}

/** A new home founded on a genesis line. */
export function newHome(bench: Bench, name: string, genesis: string): Promise<HomeLedger> {
  return foundHome(newFolder(bench, name), decoded(genesis));
}
