// The rows of the benchmark, in the order of the table.

import type { Row } from './bench.ts';
import { appendRow } from './append.ts';
import { findRow } from './find.ts';
import { openRow } from './open.ts';
import { peersRow } from './peer-row.ts';
import { refuseRow } from './refuse.ts';
import { verifyRow } from './verify.ts';

export const ROWS: ReadonlyMap<string, Row> = new Map([
  ['verify', verifyRow],
  ['append', appendRow],
  ['open', openRow],
  ['find', findRow],
  ['refuse', refuseRow],
  ['peers', peersRow],
]);
