// The journal of work on a disk that fails as disks do: what was acknowledged is found again, what
// was not leaves no trace, and what has rotted is put aside and counted.

import { beforeEach, describe, expect, test } from 'vitest';
import { StoreFault } from '../../src/store/faults.ts';
import { type WorkJournal, openWorkJournal } from '../../src/work/journal.ts';
import { lineBytes } from '../../src/work/journal-lines.ts';
import { type FaultyDisk, faultyDisk } from '../kit/faulty-disk.ts';
import { seededPick } from '../kit/store-world.ts';

const FILE = '/w/journal.jsonl';
let disk: FaultyDisk;
const open = (): Promise<WorkJournal> => openWorkJournal(disk, '/w');
const found = async (): Promise<readonly string[]> => (await open()).found.texts;
const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const end = await work.catch((error: unknown) => error);
  return end instanceof StoreFault ? end.code : String(end);
};
const words = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, at) => `{"entry":${from + at}}`);

beforeEach(() => {
  disk = faultyDisk();
});

describe('what was acknowledged', () => {
  test('is found again in its order, after a power cut too', async () => {
    const journal = await open();
    await journal.append(words(3));
    await journal.append(words(2, 3));
    disk.cutPower('lost', seededPick(1));
    expect(await found()).toEqual(words(5));
  });

  test('shares one sync with what came while another was on its way', async () => {
    const journal = await open();
    let syncs = 0;
    disk.onStep = (what) => void (syncs += Number(what === 'sync'));
    await Promise.all(words(200).map((text) => journal.append([text])));
    expect(syncs).toBe(1);
    expect(await found()).toEqual(words(200));
  });

  test('is the same after it was written anew, and goes on from there', async () => {
    const journal = await open();
    await journal.append(words(50));
    await Promise.all([
      journal.append(['before']),
      journal.replace(['all of it']),
      journal.append(['after']),
    ]);
    await journal.append(['later']);
    expect(await found()).toEqual(['all of it', 'after', 'later']);
    await journal.close();
    expect(await codeOf(journal.append(['too late']))).toBe('closed');
  });

  test('survives a cut at every single step of writing it anew', async () => {
    for (let at = 0; ; at++) {
      disk = faultyDisk();
      const journal = await open();
      await journal.append(words(4));
      const { steps } = disk;
      disk.stopAt = steps + at;
      const isDone = (await codeOf(journal.replace(['new']))) === 'undefined';
      disk.cutPower('torn', seededPick(at));
      expect([['new'], words(4)]).toContainEqual(await found());
      if (!isDone) continue;
      expect(at).toBeGreaterThan(3);
      return;
    }
  });
});

describe('what was not acknowledged', () => {
  test.each(['lost', 'kept', 'torn', 'holes'] as const)(
    'is there whole or not at all after a power cut: %s',
    async (cut) => {
      for (let seed = 0; seed < 40; seed++) {
        disk = faultyDisk();
        const journal = await open();
        await journal.append(words(3));
        disk.onStep = (what) => {
          if (what === 'sync') throw new Error('the power goes');
        };
        journal.append(words(30, 3)).catch(() => undefined);
        await new Promise(setImmediate);
        disk.cutPower(cut, seededPick(seed));
        const texts = await found();
        expect(texts.slice(0, 3)).toEqual(words(3));
        for (const text of texts) expect(words(33)).toContain(text);
        // And the file is whole again.
        expect((await open()).found).toEqual({ texts, tornBytes: 0, lost: 0 });
      }
    },
  );

  test('is taken back where the sync fails, and the journal goes on', async () => {
    const journal = await open();
    await journal.append(words(1));
    disk.failSyncs(FILE, 1);
    expect(await codeOf(journal.append(['never']))).toBe('write-failed');
    await journal.append(['later']);
    expect(await found()).toEqual([...words(1), 'later']);
  });

  test('is refused for good where it cannot be taken back', async () => {
    const journal = await open();
    await journal.append(words(1));
    disk.failSyncs(FILE, 5);
    expect(await codeOf(journal.append(['never']))).toBe('sync-failed');
    expect(await codeOf(journal.append(['neither']))).toBe('sync-failed');
    disk.cutPower('lost', seededPick(1));
    expect(await found()).toEqual(words(1));
  });

  test('a full disk refuses it with its code, loses nothing, and heals', async () => {
    const journal = await open();
    await journal.append(words(3));
    disk.capacityBytes = disk.read(FILE).length + 60;
    expect(await codeOf(journal.append(words(9, 3)))).toBe('disk-full');
    expect(await codeOf(journal.replace(words(9)))).toBe('disk-full');
    expect(disk.exists(`${FILE}.new`)).toBe(false);
    disk.capacityBytes = Number.POSITIVE_INFINITY;
    await journal.append(['room again']);
    expect(await found()).toEqual([...words(3), 'room again']);
  });
});

describe('what cannot be read', () => {
  const damage = async (offset: (text: string) => number): Promise<WorkJournal> => {
    const journal = await open();
    await journal.append(words(5));
    const text = Buffer.from(disk.read(FILE)).toString();
    disk.flip(FILE, offset(text), 1);
    return open();
  };
  const asides = (): string[] =>
    [...disk.copy().keys()].filter((path) => path.startsWith('/w/quarantine/'));

  test('a flipped byte costs its own line, which is put aside and counted', async () => {
    const journal = await damage((text) => text.indexOf('"entry":2'));
    const [first, second, , fourth, fifth] = words(5);
    expect(journal.found).toEqual({ texts: [first, second, fourth, fifth], tornBytes: 0, lost: 1 });
    expect(asides()).toHaveLength(1);
    await journal.append(['next']);
    expect((await open()).found).toEqual({
      texts: [first, second, fourth, fifth, 'next'],
      tornBytes: 0,
      lost: 0,
    });
  });

  test('a newline that is none any more costs the two lines that it divided', async () => {
    const journal = await damage((text) => text.indexOf('\n', text.indexOf('"entry":1')));
    expect(journal.found.texts).toEqual([words(5)[0], words(5)[3], words(5)[4]]);
    expect(journal.found.lost).toBe(2);
  });

  test('the rest of a write that broke off is cut, also where there is no room for a copy', async () => {
    for (const capacity of [Number.POSITIVE_INFINITY, 0]) {
      disk = faultyDisk();
      const whole = lineBytes(0, words(2));
      disk.put(FILE, Buffer.concat([whole, lineBytes(2, ['torn']).subarray(0, 20)]));
      disk.capacityBytes = capacity;
      expect((await open()).found).toEqual({ texts: words(2), tornBytes: 20, lost: 0 });
      expect(disk.read(FILE)).toEqual(new Uint8Array(whole));
      expect(asides()).toHaveLength(capacity === 0 ? 0 : 1);
    }
  });

  test('lines that were moved, doubled or taken out are seen', async () => {
    const [a, b, c] = [lineBytes(7, ['a']), lineBytes(8, ['b']), lineBytes(9, ['c'])];
    disk.put(FILE, Buffer.concat([a, c]));
    expect((await open()).found).toMatchObject({ texts: ['a', 'c'], lost: 1 });
    disk.put(FILE, Buffer.concat([a, a, b]));
    expect((await open()).found).toMatchObject({ texts: ['a', 'b'], lost: 1 });
  });

  test('whatever the bytes are, opening answers and appending works', async () => {
    const pick = seededPick(5);
    for (let round = 0; round < 200; round++) {
      disk = faultyDisk();
      const bytes = Uint8Array.from({ length: pick(300) }, () => pick(256));
      disk.put(FILE, Buffer.concat([lineBytes(pick(9), words(2)), bytes]));
      const journal = await open();
      expect(journal.found.texts).toEqual(words(2));
      await journal.append(['more']);
      expect((await open()).found).toMatchObject({ texts: [...words(2), 'more'], lost: 0 });
    }
  });
});
