// A process that appends to a journal of work as fast as it can, and says on its output what is
// acknowledged. Meant to be killed. Argument: the folder.

import fs from 'node:fs';
import { realDisk } from '../../src/store/disk.ts';
import { openWorkJournal } from '../../src/work/journal.ts';

const [folder = ''] = process.argv.slice(2);
// One system call a line: what was said is in the pipe, whatever happens next.
const say = (line: string): void => void fs.writeSync(1, `${line}\n`);

const journal = await openWorkJournal(realDisk, folder);
const kept = [...journal.found.texts];
say(`open ${journal.found.lost}`);
for (let next = kept.length; ; next += 3) {
  const texts = [next, next + 1, next + 2].map((number) => JSON.stringify({ number }));
  await Promise.all([journal.append(texts.slice(0, 1)), journal.append(texts.slice(1))]);
  kept.push(...texts);
  say(`stored ${next + 2}`);
  if (next % 30 === 0) await journal.replace(kept);
}
