// Asking for an admission that was accepted and not seen, now and then, as long as there is one: by
// the daemon of such a machine, and by its window while a code is shown. Quick at first and after
// news, then slower and slower. Spec: docs/daemon.md, "Not seen yet".

import { RETRY_MS_MAX, SYNC_EVERY_MS } from '../daemon/limits.ts';
import { jittered } from '../daemon/rounds.ts';
import { randomSeed } from '../os/clock.ts';
import type { Pledged } from './pledged.ts';

export interface SeekingParts {
  /** Before the first round. */
  readonly firstMs: number;
  /** What to ask for just now; null: nothing. */
  readonly pledged: () => Pledged | null;
  /** Hears of another promise, or of other addresses. */
  readonly news?: (pledged: Pledged) => void;
  /** One round, whatever comes of it. */
  readonly ask: (pledged: Pledged, signal: AbortSignal) => Promise<void>;
  readonly failed: (error: Error) => void;
}

export interface Seeking {
  /** Breaks off the round that is under way, and returns when it is over. */
  pause(): Promise<void>;
  stop(): Promise<void>;
}

export function startSeeking({ firstMs, pledged, news, ask, failed }: SeekingParts): Seeking {
  let aborted = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let work: Promise<void> = Promise.resolve();
  let failures = 0;
  let said = '';
  let isOver = false;

  async function round(): Promise<void> {
    const now = pledged();
    if (now === null) {
      failures = 0;
      return;
    }
    const text = `${now.network} ${now.doors.join(' ')}`;
    // It is worth a line, and to be quick again.
    if (text !== said) {
      news?.(now);
      [said, failures] = [text, 0];
    }
    failures += 1;
    await ask(now, aborted.signal);
  }

  function go(): void {
    work = round()
      .catch(failed)
      .then(() => {
        const waitMs = Math.min(RETRY_MS_MAX, SYNC_EVERY_MS * 2 ** Math.max(0, failures - 1));
        wait(jittered(waitMs, randomSeed() / 2 ** 32));
      });
  }

  function wait(ms: number): void {
    if (!isOver) timer = setTimeout(go, ms);
  }

  async function pause(): Promise<void> {
    aborted.abort();
    await work;
    aborted = new AbortController();
  }

  wait(firstMs);
  return {
    pause,
    async stop() {
      isOver = true;
      clearTimeout(timer);
      await pause();
    },
  };
}
