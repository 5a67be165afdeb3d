// How the daemon keeps its heap small. It lives for months and allocates little, and V8 would
// rather save processor time than memory: it lets a small heap double before it collects for the
// first time. What each of these gains: docs/daemon.md, "Memory".

import { Session } from 'node:inspector';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import {
  HEAP_FIRST_LOOK_MS,
  HEAP_GROWTH_PERCENT,
  HEAP_LOOK_MS,
  HEAP_SMALL_BYTES,
  HEAP_SPARE_PERCENT,
} from './limits.ts';

/** After the work of a start all that it needed goes, and then whatever has gathered. */
export function keepHeapSmall(
  afterMs: number = HEAP_FIRST_LOOK_MS,
  everyMs: number = HEAP_LOOK_MS,
): void {
  let leftBytes = 0;
  const look = (): void => {
    if (isWorthCollecting(inUse(), leftBytes)) collect(() => (leftBytes = inUse()));
  };
  setTimeout(() => {
    setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
    look();
    setInterval(look, everyMs).unref();
  }, afterMs).unref();
}

/** `leftBytes`: what was in use after the last collection; 0 before the first. */
export function isWorthCollecting(usedBytes: number, leftBytes: number): boolean {
  return leftBytes < HEAP_SMALL_BYTES && usedBytes > leftBytes * (1 + HEAP_SPARE_PERCENT / 100);
}

function inUse(): number {
  return getHeapStatistics().used_heap_size;
}

/** By the one way that is documented: it collects all there is, and gives the pages back. */
function collect(done: () => void): void {
  const session = new Session();
  session.connect();
  session.post('HeapProfiler.collectGarbage', () => {
    // Not from within the answer: there it waits for itself, for ever.
    setImmediate(() => {
      session.disconnect();
      done();
    });
  });
}
