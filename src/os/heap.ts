// How the daemon keeps its heap small. It lives for months and allocates little, and V8 would
// rather save processor time than memory: it lets a small heap double before it collects for the
// first time. What each of these gains: docs/daemon.md, "Memory".

import { Session } from 'node:inspector';
import { setFlagsFromString } from 'node:v8';
import { HEAP_FIRST_LOOK_MS, HEAP_GROWTH_PERCENT } from './limits.ts';

/** After the work of a start all that it needed goes, and then whatever grows a little. */
export function keepHeapSmall(afterMs: number = HEAP_FIRST_LOOK_MS): void {
  setTimeout(() => {
    setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
    // On a heap that runs already it changes the least growth, which is 2 MB then, and not 8.
    setFlagsFromString('--optimize-for-size');
    // The one way that is documented: it collects all there is, and gives the pages back.
    const session = new Session();
    session.connect();
    // Not from within the answer: there it waits for itself, for ever.
    session.post('HeapProfiler.collectGarbage', () => setImmediate(() => session.disconnect()));
  }, afterMs).unref();
}
