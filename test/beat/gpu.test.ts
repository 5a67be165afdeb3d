// Cards as nvidia-smi tells of them, in all the ways in which it does not.

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type CardSource,
  type Cards,
  NO_CARDS,
  askCards,
  cardOf,
  nvidia,
} from '../../src/beat/gpu.ts';

const fixture = (name: string): string =>
  readFileSync(join(import.meta.dirname, `../../fixtures/gpu/${name}.txt`), 'utf8');

/** A tool that prints this, beside a driver that knows of so many cards. */
function source(
  stdout: string,
  status: number | null = 0,
  count: number | null = null,
): CardSource {
  return {
    hasTool: () => true,
    run: () => Promise.resolve({ status, stdout: Buffer.from(stdout), said: '' }),
    driverCount: () => count,
  };
}

const EIGHT = await askCards(source(fixture('eight')), NO_CARDS);

describe('what nvidia-smi prints', () => {
  test('of one card', async () => {
    expect(await askCards(source(fixture('one')), NO_CARDS)).toEqual({
      count: 1,
      trouble: null,
      cards: [
        {
          index: 0,
          uuid: 'GPU-3f2a1c00-9b1d-4c62-8a77-0d5e6f7a8b9c',
          name: 'NVIDIA GeForce RTX 4090',
          vramMib: 24_564,
          vramFreeMib: 23_532,
          loadPercent: 37,
          temperatureC: 52,
          powerW: 98.41,
          driver: '550.54.15',
          state: 'fit',
        },
      ],
    });
  });

  test('of several: each with its own figures', () => {
    expect(EIGHT.count).toBe(8);
    expect(EIGHT.cards.map(({ loadPercent }) => loadPercent)).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7].map((n) => 12 * n),
    );
    expect(new Set(EIGHT.cards.map(({ uuid }) => uuid)).size).toBe(8);
  });

  test('of a split card: its memory is nobody’s as a whole', async () => {
    const { cards } = await askCards(source(fixture('mig')), NO_CARDS);
    expect(cards.map(({ state, vramFreeMib }) => [state, vramFreeMib])).toEqual([
      ['split', null],
      ['fit', 81_916],
    ]);
    expect(cards[0]?.loadPercent).toBeNull();
  });

  test('of a card in a fault state: it is there, and unhealthy', async () => {
    const { cards, count } = await askCards(source(fixture('reset')), NO_CARDS);
    expect(count).toBe(2);
    expect(cards.map(({ state }) => state)).toEqual(['unhealthy', 'fit']);
  });

  test.each(['unified', 'virtual'])(
    'of a card without figures of memory (%s): unknown',
    async (name) => {
      const { cards } = await askCards(source(fixture(name)), NO_CARDS);
      expect(cards).toHaveLength(1);
      expect(cards[0]).toMatchObject({ state: 'unhealthy', vramFreeMib: null });
    },
  );

  test('by an old driver: it is asked again without MIG', async () => {
    const asked: string[] = [];
    const old: CardSource = {
      ...source(''),
      run: (argv) => {
        asked.push(argv.join(' '));
        const knows = !argv.join(' ').includes('mig');
        const text = knows
          ? fixture('old')
          : 'Field "mig.mode.current" is not a valid field to query.\n';
        return Promise.resolve({ status: knows ? 0 : 2, stdout: Buffer.from(text), said: '' });
      },
    };
    const { cards } = await askCards(old, NO_CARDS);
    expect(asked).toHaveLength(2);
    expect(cards[0]).toMatchObject({ name: 'GeForce GTX 960M', state: 'fit', powerW: null });
  });

  test('is never read as a figure that it is not', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 10, maxLength: 10 }), (cells) => {
        const card = cardOf(['0', ...cells.slice(1)].join(','));
        if (card === null) return;
        for (const value of [card.vramMib, card.vramFreeMib, card.loadPercent]) {
          expect(value === null || (Number.isSafeInteger(value) && value >= 0)).toBe(true);
        }
      }),
    );
    expect(cardOf('')).toBeNull();
    expect(cardOf('Warning: something, and more')).toBeNull();
  });
});

describe('cards that do not answer', () => {
  const silent = (cards: Cards): string[] => cards.cards.map(({ state }) => state);

  test('are unhealthy and not absent, by the names that they had', async () => {
    const after = await askCards(source(fixture('lost'), 15, 8), EIGHT);
    expect(after.count).toBe(8);
    expect(silent(after)).toEqual(Array.from({ length: 8 }, () => 'unhealthy'));
    expect(after.cards[3]).toMatchObject({ name: 'NVIDIA H100 80GB HBM3', vramFreeMib: null });
    expect(after.trouble).toContain('GPU is lost');
  });

  test('one of eight: seven are fit', async () => {
    const seven = fixture('eight').split('\n').slice(1).join('\n');
    const after = await askCards(source(seven, 0, 8), EIGHT);
    expect(after.count).toBe(8);
    expect(silent(after).filter((state) => state === 'fit')).toHaveLength(7);
    expect(after.cards.find(({ state }) => state === 'unhealthy')?.uuid).toBe(EIGHT.cards[0]?.uuid);
  });

  test('before they were ever heard of: counted by the driver, or unknown', async () => {
    const counted = await askCards(source('', null, 2), NO_CARDS);
    expect([counted.count, silent(counted)]).toEqual([2, ['unhealthy', 'unhealthy']]);
    expect(await askCards(source('', null), NO_CARDS)).toMatchObject({ count: null, cards: [] });
  });

  test('come back when they answer again', async () => {
    const lost = await askCards(source('', null, 8), EIGHT);
    expect(await askCards(source(fixture('eight'), 0, 8), lost)).toEqual(EIGHT);
  });

  test('are none where there is no tool and no driver, or the tool finds none', async () => {
    const none = { ...source(''), hasTool: () => false };
    expect(await askCards(none, NO_CARDS)).toEqual(NO_CARDS);
    expect(await askCards(source('No devices were found\n', 6), NO_CARDS)).toEqual(NO_CARDS);
    const driver = await askCards({ ...none, driverCount: () => 1 }, NO_CARDS);
    expect([driver.count, silent(driver)]).toEqual([1, ['unhealthy']]);
  });
});

describe('the real tool, played by a script on PATH', () => {
  const before = process.env['PATH'];
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kith-gpu-'));
    process.env['PATH'] = `${folder}:${before}`;
  });
  afterEach(() => {
    process.env['PATH'] = before;
    rmSync(folder, { recursive: true });
  });
  const play = (script: string): void => {
    writeFileSync(join(folder, 'nvidia-smi'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, 'nvidia-smi'), 0o755);
  };
  const played = { ...nvidia, driverCount: () => null };

  test('is asked once, with the fields that are read', async () => {
    writeFileSync(join(folder, 'answer'), fixture('eight'));
    play(`echo "$@" >> ${folder}/asked; cat ${folder}/answer`);
    expect(await askCards(played, NO_CARDS)).toEqual(EIGHT);
    expect(readFileSync(join(folder, 'asked'), 'utf8')).toMatch(
      /^--query-gpu=index,uuid,\S+ --format=csv,noheader,nounits\n$/,
    );
  });

  test('that hangs is ended, and its cards are unhealthy', async () => {
    play('sleep 600');
    const after = await askCards(played, EIGHT);
    expect(after.count).toBe(8);
    expect(after.cards.every(({ state }) => state === 'unhealthy')).toBe(true);
    expect(after.trouble).toContain('longer than');
  });
});
