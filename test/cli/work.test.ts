// The commands of work against a daemon without a mesh: what they say where nothing runs, what of
// their options is refused, and draining by hand. With work: test/scenarios/running.test.ts.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { founded, up } from '../daemon/daemons.ts';
import { kithInside } from './inside.ts';
import { kith, scratch } from './ledgers.ts';

const folder = scratch('work');
const attic = join(folder, 'attic');
const nowhere = join(folder, 'nowhere');

describe('without a daemon', () => {
  test.each<[string, string[], number, RegExp]>([
    ['run: no image', ['run'], 2, /needs IMAGE/],
    ['run: no amount', ['run', 'box', '--mem', '8GB'], 3, /resources\.memory/],
    ['run: no number of cards', ['run', 'box', '--gpus', 'all'], 2, /--gpus is no such number/],
    ['run: no memory of a card', ['run', 'box', '--min-vram', '8'], 3, /resources\.gpu\.minVram/],
    ['run: no such policy', ['run', 'box', '--policy', 'best'], 3, /constraints\.policy/],
    ['run: no such restart', ['run', 'box', '--restart', 'often'], 3, /lifecycle\.restart/],
    ['run: no label', ['run', 'box', '--need', 'S S D'], 3, /constraints\.need/],
    ['run: a dry run', ['run', 'box', '--dry-run'], 1, /no daemon runs/],
    ['vm: no seed', ['vm', 'debian', '--dry-run', '--seed', 'x'], 2, /--seed is no such number/],
    ['vm: no firmware', ['vm', 'debian', '--firmware', 'efi'], 3, /vm\.firmware/],
    ['run: no port', ['run', 'box', '--publish', 'http'], 2, /--publish is no port/],
    ['run: a port without a network', ['run', 'box', '--publish', '80'], 3, /network\.publish/],
    ['run: no variable', ['run', 'box', '--env', 'LANG'], 2, /--env is no NAME=VALUE/],
    ['run: no network', ['run', 'box', '--network', 'host'], 3, /network\.mode/],
    ['run', ['run', 'box', '--', 'ls', '-l'], 1, /no daemon runs/],
    ['vm: nothing to boot', ['vm'], 2, /what is to run/],
    ['vm: words for no kernel', ['vm', 'debian', '--cmdline', 'quiet'], 3, /vm\./],
    ['work', ['work'], 1, /no daemon runs/],
    ['work show', ['work', 'show', '01J'], 1, /no daemon runs/],
    ['work with a word', ['work', 'shwo'], 2, /takes no further word/],
    ['stop', ['stop'], 2, /needs ID/],
    ['drain: nobody', ['drain'], 2, /NODE or --here is needed/],
    ['drain: two', ['drain', 'attic', '--here'], 2, /NODE or --here is needed/],
    ['receipt show', ['receipt', 'show', 'x'], 1, /no daemon runs/],
  ])('%s', async (_, words, code, said) => {
    const ran = await kithInside([...words, '--dir', nowhere]);
    expect([ran.code, ran.out]).toEqual([code, '']);
    expect(ran.err).toMatch(/^error: [^\n]+\nhint: [^\n]+\n$/);
    expect(ran.err).toMatch(said);
  });
});

describe('with a daemon that is alone', () => {
  beforeAll(async () => {
    expect((await kith(['version'])).code).toBe(0);
    await founded(attic, 'attic');
    await up(attic);
  }, 60_000);

  const at = (words: readonly string[]): ReturnType<typeof kith> =>
    kith([...words, '--dir', attic]);

  test('there is no work, and none by any name', async () => {
    expect((await at(['work'])).out).toBe('no work\n');
    expect(JSON.parse((await at(['work', '--json'])).out)).toMatchObject({
      ...{ owned: [], at: [], silent: [] },
    });
    for (const words of [
      ['work', 'show', 'films'],
      ['stop', 'films'],
      ['kill', '01JE2'],
    ]) {
      const { code, err } = await at(words);
      expect([code, err]).toEqual([
        1,
        expect.stringMatching(/no such work is known here.*\((films|01JE2)\)/),
      ]);
    }
  });

  test('no node fits: each says why, nothing is owned, and the exit is 6', async () => {
    const words = ['run', '--mem', '60TiB', '--disk', '0MiB', 'pictures.example/films:4'];
    // A daemon that has just started first looks at its room.
    await expect.poll(async () => (await at(words)).err).not.toMatch(/not ready|does not know/);
    const ran = await at(words);
    expect(ran.code).toBe(6);
    expect(ran.err).toMatch(/^not attic: .*needs 60 TiB of memory/m);
    expect(ran.err).toMatch(/^error: no node can take this work$/m);
    const json = await at([...words, '--json']);
    expect(json.code).toBe(6);
    expect(JSON.parse(json.out)).toMatchObject({
      ...{ work: null, order: [], error: { code: 'no-node-fits' } },
      spec: { name: 'films', kind: 'job', job: { image: 'pictures.example/films:4' } },
      nodes: [{ name: 'attic' }],
    });
    const dry = await at([
      'vm',
      '--mem',
      '60TiB',
      '--avoid',
      'attic',
      '--dry-run',
      '--seed',
      '7',
      'mail',
      '--json',
    ]);
    expect(dry.code).toBe(6);
    expect(JSON.parse(dry.out)).toMatchObject({
      ...{ dryRun: true, seed: 7, order: [], error: { code: 'no-node-fits' } },
      spec: { kind: 'vm', constraints: { avoid: ['attic'] } },
      nodes: [{ name: 'attic', here: true, says: expect.stringMatching(/60 TiB of memory/) }],
    });
    expect((await at(['work', '--all'])).out).toBe('no work\n');
  });

  test('drained by hand: kept on the disk, and taken back', async () => {
    expect((await at(['drain', '--here', '--json'])).out).toBe('{"drained":true}\n');
    expect(existsSync(join(attic, 'work/drained'))).toBe(true);
    const { err } = await at(['run', '--mem', '60TiB', 'box']);
    expect(err).toMatch(/not attic: .*drained: it takes no new work/);
    await at(['resume', '--here']);
    expect(existsSync(join(attic, 'work/drained'))).toBe(false);
    expect((await at(['run', '--mem', '60TiB', 'box'])).err).not.toMatch(/drained/);
  });

  test('drained by an operator: staged, and said twice is said once', async () => {
    const { out } = await at(['drain', 'attic']);
    expect(out).toMatch(/drained\/attic/);
    const again = await at(['resume', 'attic']);
    expect([again.code, again.err]).toEqual([1, expect.stringMatching(/^error: /)]);
  });
});
