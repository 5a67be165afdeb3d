// How much room this host has, out of /proc and by one call of the file system, so that the idle
// daemon loads no library for it. Read in the background and kept; asking never waits, and what
// could not be read is null. Spec: docs/heartbeat.md, "Headroom".

import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { Headroom } from '../../proto/status.ts';
import { monotonicMs } from '../os/clock.ts';
import { type CardSource, type Cards, NO_CARDS, askCards } from './gpu.ts';
import { DISK_ASK_MS_MAX, FACTS_MS, GPU_MS } from './limits.ts';

const MIB = 1024 * 1024;

export interface Facts {
  /** The last that is known; null before anything is. Reads anew in the background. */
  headroom(): Headroom | null;
  /** The cards with all that is known of them, for people. */
  cards(): Cards;
  /** Resolves when everything was read once. */
  ready(): Promise<void>;
}

export interface FactsParts {
  /** Whose disk counts: where the data and the work lie. */
  readonly folder: string;
  readonly cards: CardSource;
  /** The folder of the kernel's figures: `/proc`. */
  readonly proc?: string;
}

interface Usage {
  readonly busyTicks: number;
  readonly allTicks: number;
}

export function createFacts({ folder, cards, proc = '/proc' }: FactsParts): Facts {
  const cores = availableParallelism();
  let known: Headroom | null = null;
  let found: Cards = NO_CARDS;
  let asked = false;
  let usage: Usage | null = null;
  let readMs = Number.NEGATIVE_INFINITY;
  let cardsMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | null = null;
  let asking: Promise<void> | null = null;

  const read = async (): Promise<void> => {
    const [stat, memory, load, disk] = await Promise.all([
      textOf(`${proc}/stat`),
      textOf(`${proc}/meminfo`),
      textOf(`${proc}/loadavg`),
      diskOf(folder),
    ]);
    const now = stat === null ? null : usageOf(stat);
    const idle = usage === null || now === null ? null : idleShare(usage, now);
    usage = now;
    known = {
      cpuMilli: cores * 1_000,
      cpuFreeMilli: idle === null ? null : Math.round(idle * cores * 1_000),
      ramMib: memory === null ? null : kibOf(memory, 'MemTotal'),
      ramFreeMib: memory === null ? null : kibOf(memory, 'MemAvailable'),
      diskMib: disk?.totalMib ?? null,
      diskFreeMib: disk?.freeMib ?? null,
      loadCenti: load === null ? null : loadOf(load),
      gpuCount: asked ? found.count : null,
      gpus: found.cards,
    };
  };
  const refresh = (): void => {
    const now = monotonicMs();
    if (asking === null && now - cardsMs >= GPU_MS) {
      cardsMs = now;
      asking = askCards(cards, found)
        .then((answer) => {
          found = answer;
          asked = true;
          if (known !== null) known = { ...known, gpuCount: answer.count, gpus: answer.cards };
        })
        .finally(() => (asking = null));
    }
    if (reading === null && now - readMs >= FACTS_MS) {
      readMs = now;
      reading = read().finally(() => (reading = null));
    }
  };
  return {
    headroom() {
      refresh();
      return known;
    },
    cards: () => found,
    async ready() {
      refresh();
      await Promise.all([reading, asking]);
    },
  };
}

async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return null;
  }
}

/** The processor's time since boot, as busy and as all of it; waiting for a disk is not busy. */
export function usageOf(stat: string): Usage | null {
  const found = /^cpu +(\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)/m.exec(stat);
  if (found === null) return null;
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0, steal = 0] = found
    .slice(1)
    .map(Number);
  const busyTicks = user + nice + system + irq + soft + steal;
  return { busyTicks, allTicks: busyTicks + idle + wait };
}

/** Between 0 and 1; null where no time has passed, or a counter went back. */
export function idleShare(before: Usage, now: Usage): number | null {
  const all = now.allTicks - before.allTicks;
  const busy = now.busyTicks - before.busyTicks;
  return all <= 0 || busy < 0 || busy > all ? null : 1 - busy / all;
}

/** A line of /proc/meminfo, which counts in KiB, as MiB. */
export function kibOf(memory: string, name: string): number | null {
  const kib = new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(memory)?.[1];
  return kib === undefined ? null : Math.floor(Number(kib) / 1_024);
}

/** The load average of a minute, times 100. */
export function loadOf(text: string): number | null {
  const first = /^(\d+\.\d+) /.exec(text)?.[1];
  return first === undefined ? null : Math.round(Number(first) * 100);
}

// A file system over a network that is gone answers never: then its room is unknown.
async function diskOf(folder: string): Promise<{ totalMib: number; freeMib: number } | null> {
  let late: NodeJS.Timeout | undefined;
  const timeout = new Promise<null>((resolve) => {
    late = setTimeout(resolve, DISK_ASK_MS_MAX, null);
    late.unref();
  });
  const answer = statfs(folder).then(
    ({ blocks, bavail, bsize }) => ({
      totalMib: Math.floor((blocks * bsize) / MIB),
      freeMib: Math.floor((bavail * bsize) / MIB),
    }),
    () => null,
  );
  const disk = await Promise.race([answer, timeout]);
  clearTimeout(late);
  return disk;
}
