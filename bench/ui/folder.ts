// A data folder with a ledger of many nodes and records, made once for a run, as that of the ledger
// benchmark.

import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ledgerFile } from '../ledger/dataset.ts';
import { pathsIn } from '../../src/store/opening.ts';

/** Of an update's body: its line has 550 bytes then. */
const BODY_BYTES = 200;

export interface Shape {
  readonly nodes: number;
  readonly records: number;
}

export function folderOf(dir: string, root: string, { nodes, records }: Shape): string {
  const folder = join(dir, 'home');
  if (existsSync(folder)) return folder;
  mkdirSync(folder, { mode: 0o700 });
  const say = (line: string): void => void process.stderr.write(`bench: ${line}\n`);
  const bench = { root, dir, records, turns: 1, peersMissing: null, say };
  const { file } = ledgerFile(bench, { records, nodes, bodyBytes: BODY_BYTES });
  copyFileSync(file, pathsIn(folder).ledger);
  return folder;
}
