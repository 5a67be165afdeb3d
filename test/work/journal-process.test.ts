// The journal of work with real processes and a real disk: killed with no warning, and a tmpfs that
// somebody else has filled up.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { realDisk } from '../../src/store/disk.ts';
import { StoreFault } from '../../src/store/faults.ts';
import { openWorkJournal } from '../../src/work/journal.ts';
import { compileChild, startChild } from '../kit/child.ts';
import { scratchFolder, seededPick } from '../kit/store-world.ts';

let compiled: ReturnType<typeof compileChild>;
let scratch: ReturnType<typeof scratchFolder>;
beforeAll(() => {
  compiled = compileChild('test/kit/journal-child.ts');
});
afterAll(() => compiled.remove());
beforeEach(() => {
  scratch = scratchFolder();
});
afterEach(() => scratch.remove());

test('kill -9 at any moment: all that was acknowledged is there, in order', async () => {
  const folder = join(scratch.folder, 'work');
  const pick = seededPick(3);
  let acknowledged = 0;
  for (let round = 0; round < 8; round++) {
    const child = startChild(compiled.script, [folder]);
    await new Promise((resolve) => child.process.stdout?.once('data', resolve));
    await new Promise((resolve) => setTimeout(resolve, pick(60)));
    child.process.kill('SIGKILL');
    for (const line of (await child.output).split('\n')) {
      if (line.startsWith('stored ')) acknowledged = Number(line.slice(7)) + 1;
      if (line.startsWith('open ')) expect(line).toBe('open 0');
    }
    const { found, close } = await openWorkJournal(realDisk, folder);
    await close();
    const numbers = found.texts.map((text) => (JSON.parse(text) as { number: number }).number);
    expect(numbers.length).toBeGreaterThanOrEqual(acknowledged);
    expect(numbers).toEqual(numbers.map((_, at) => at));
    // What was written and not acknowledged counts from now on.
    acknowledged = numbers.length;
  }
  expect(acknowledged).toBeGreaterThan(50);
});

test('a file system that is really full refuses with its code, and heals', async (context) => {
  const mount = join(scratch.folder, 'small');
  fs.mkdirSync(mount);
  const args = ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mount];
  const mounted = spawnSync('mount', args, { encoding: 'utf8' });
  if (mounted.status !== 0) return context.skip(`no tmpfs can be mounted: ${mounted.stderr}`);
  try {
    const journal = await openWorkJournal(realDisk, join(mount, 'work'));
    const text = JSON.stringify({ said: 'x'.repeat(10_000) });
    await journal.append([text]);
    const filler = join(mount, 'filler');
    fs.writeFileSync(filler, '');
    const block = Buffer.alloc(4_096, 1);
    const { bavail } = fs.statfsSync(mount);
    for (let left = bavail; left > 0; left--) fs.appendFileSync(filler, block);
    const fault: unknown = await journal.append([text, text]).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(StoreFault);
    expect(fault).toMatchObject({ code: 'disk-full' });
    // A daemon that starts now reads what was promised all the same.
    const other = await openWorkJournal(realDisk, join(mount, 'work'));
    expect(other.found).toEqual({ texts: [text], tornBytes: 0, lost: 0 });
    await other.close();
    fs.rmSync(filler);
    await journal.append(['"room"']);
    await journal.close();
    const { found, close } = await openWorkJournal(realDisk, join(mount, 'work'));
    await close();
    expect(found.texts).toEqual([text, '"room"']);
  } finally {
    spawnSync('umount', [mount]);
  }
});
