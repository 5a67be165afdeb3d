// A process that appends forged records to a store as fast as it can, and says on its output which
// are acknowledged. Meant to be killed. Arguments: the folder, and how many records at most.

import fs from 'node:fs';
import type { Verified } from '../../ledger/verify.ts';
import { StoreFault } from '../../src/store/faults.ts';
import { CHILD_SPEC, forge } from './forge.ts';
import { add, checkpoint, openFolder } from './store-world.ts';

const [folder = '', most = '0'] = process.argv.slice(2);
// One system call a line: what was said is in the pipe, whatever happens next.
const say = (line: string): void => void fs.writeSync(1, `${line}\n`);

try {
  const reading = await openFolder(folder);
  say(`open ${reading.store.records}`);
  let next: Verified[] = [];
  let told = 0;
  for (const record of forge(CHILD_SPEC)) {
    if (reading.store.find(record.id) !== null) continue;
    next.push(record);
    // Alone, in groups of a few, and several appends at once.
    if (next.length <= told % 4) continue;
    const halves = [next.slice(0, 2), next.slice(2)].filter((half) => half.length > 0);
    await Promise.all(halves.map((half) => add(reading, half)));
    for (const { id } of next) say(`stored ${id}`);
    told += next.length;
    next = [];
    if (told % 64 === 0) await checkpoint(reading);
    if (told >= Number(most)) break;
  }
  await reading.store.close();
} catch (error) {
  if (!(error instanceof StoreFault)) throw error;
  say(`fault ${error.code} ${error.detail}`);
}
