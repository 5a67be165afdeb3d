// The daemon of a new machine believes nobody's checks but its own: so it is shown the lines of the
// ledger while they come, and has checked their signatures when they are handed in. Where there is
// no daemon, or one that does not know of this, nothing is lost. Spec: docs/daemon.md.

import { textOf } from '../../proto/bytes.ts';
import { askDaemon } from '../daemon/client.ts';
import { REQUEST_LINES_MAX } from '../daemon/limits.ts';
import { LINE_BYTES_MAX } from '../../ledger/limits.ts';
import { REMEMBERED_CHECKS_MAX } from '../store/limits.ts';
import { CHECKS_AHEAD_MAX } from './limits.ts';

/** Shows it a page, and waits for nothing. */
export function checksAhead(folder: string): (page: Uint8Array) => void {
  /** It remembers no more than this. */
  let room = REMEMBERED_CHECKS_MAX;
  let underWay = 0;
  let isAlone = false;
  const show = async (lines: readonly string[]): Promise<void> => {
    underWay++;
    try {
      await askDaemon(folder, 'check', { lines });
    } catch {
      isAlone = true;
    }
    underWay--;
  };
  return (page) => {
    if (isAlone || underWay >= CHECKS_AHEAD_MAX || room <= 0) return;
    const lines = linesOf(page);
    room -= lines.length;
    if (lines.length > 0) void show(lines);
  };
}

function linesOf(page: Uint8Array): string[] {
  const lines = (textOf(page) ?? '').split('\n');
  const fitting = lines.filter((line) => line !== '' && line.length <= LINE_BYTES_MAX);
  return fitting.length > REQUEST_LINES_MAX ? [] : fitting;
}
