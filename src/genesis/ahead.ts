// The daemon of a new machine believes nobody's checks but its own: so it is shown the lines of the
// ledger while they come, and has checked their signatures when they are handed in. The process of
// the ceremony takes its word for it, since it is this daemon that will hold the ledger; where
// there is none, or one that does not vouch for all of a page, that page is checked here. Spec:
// docs/daemon.md.

import { textOf } from '../../proto/bytes.ts';
import { askDaemon } from '../daemon/client.ts';
import { REQUEST_LINES_MAX } from '../daemon/limits.ts';
import { LINE_BYTES_MAX } from '../../ledger/limits.ts';
import { REMEMBERED_CHECKS_MAX } from '../store/limits.ts';
import { CHECKS_AHEAD_MAX } from './limits.ts';

/** Shows it a page: true once it vouches for each line of it. */
export function checksAhead(folder: string): (page: Uint8Array) => Promise<boolean> {
  /** It remembers no more than this. */
  let room = REMEMBERED_CHECKS_MAX;
  let underWay = 0;
  let isAlone = false;
  return async (page) => {
    if (isAlone || underWay >= CHECKS_AHEAD_MAX || room <= 0) return false;
    const lines = linesOf(page);
    if (lines.length === 0) return false;
    room -= lines.length;
    underWay++;
    try {
      return (await askDaemon(folder, 'check', { lines })).checked === lines.length;
    } catch {
      isAlone = true;
      return false;
    } finally {
      underWay--;
    }
  };
}

/** All of them; none where the page is no page of lines that a request carries. */
function linesOf(page: Uint8Array): string[] {
  const lines = (textOf(page) ?? '').split('\n').filter((line) => line !== '');
  const isFit = lines.length <= REQUEST_LINES_MAX;
  return isFit && lines.every((line) => line.length <= LINE_BYTES_MAX) ? lines : [];
}
