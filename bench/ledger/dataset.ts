// The large ledger as a file, made once per run: rows that need it find it made. What it was made
// like stands beside it, with a sample by the same code, so that --keep never serves a stale one.

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import type { Bench } from './bench.ts';
import { grouped } from './finding.ts';
import { networkLines } from './network.ts';

export interface LedgerShape {
  readonly records: number;
  readonly nodes: number;
  /** Of an update's body: 200 makes a line of 550 bytes. */
  readonly bodyBytes: number;
}

export interface LedgerFile {
  readonly file: string;
  readonly bytes: number;
}

const CHUNK_CHARS = 1024 * 1024;
const SAY_EVERY = 100_000;

/** The shape of the large ledger: each node far from its quota. */
export function largeShape(records: number): LedgerShape {
  return { records, nodes: 1000, bodyBytes: 200 };
}

/** The file of a ledger of this shape. Copy it before anything may write to it. */
export function ledgerFile(bench: Bench, shape: LedgerShape): LedgerFile {
  const folder = join(bench.dir, `ledger-${shape.records}-${shape.nodes}-${shape.bodyBytes}`);
  const file = join(folder, 'nodes.jsonl');
  const stamp = join(folder, 'made-like');
  const like = sample(shape);
  if (!fs.existsSync(stamp) || fs.readFileSync(stamp, 'utf8') !== like) {
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder, { recursive: true });
    writeLedger(file, shape, bench.say);
    fs.writeFileSync(stamp, like);
  }
  return { file, bytes: fs.statSync(file).size };
}

function sample(shape: LedgerShape): string {
  const hash = createHash('sha256').update(JSON.stringify(shape));
  for (const line of networkLines(20, 5, shape.bodyBytes)) hash.update(line);
  return hash.digest('hex');
}

function writeLedger(file: string, shape: LedgerShape, say: (line: string) => void): void {
  const fd = fs.openSync(file, 'w', 0o600);
  let chunk = '';
  let made = 0;
  for (const line of networkLines(shape.records, shape.nodes, shape.bodyBytes)) {
    chunk += `${line}\n`;
    if (chunk.length > CHUNK_CHARS) {
      fs.writeSync(fd, chunk);
      chunk = '';
    }
    made++;
    if (made % SAY_EVERY === 0) say(`making the ledger: ${grouped(made)} records signed`);
  }
  fs.writeSync(fd, chunk);
  fs.fsyncSync(fd);
  fs.closeSync(fd);
}
