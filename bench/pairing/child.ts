// One side of a ceremony in a process of its own: node child.js ROLE HEARD. It rehearses as the two
// commands do before the code is typed. Its first time after that is the cold one; then a hundred
// more, of which the second half counts as warm.

import type { Role } from '../../pairing/confirm.ts';
import { rehearse } from '../../src/genesis/rehearsal.ts';
import { median } from '../ledger/measure.ts';
import { sideMs } from './crypto.ts';

const TIMES = 100;

const [role, heard] = process.argv.slice(2) as [Role, string];
rehearse();
const cold = sideMs(role, heard);
const again = Array.from({ length: TIMES }, () => sideMs(role, heard));
process.stdout.write(JSON.stringify({ cold, warm: median(again.slice(TIMES / 2)) }));
