// A guard beside work that may be started elsewhere: a shell that outlives the daemon and ends the
// work when its time is over and nobody has renewed it, so that two copies never run where a daemon
// is dead and its machine lives. It knows the work by a mark that its driver leaves before the
// start, asks no engine, and counts by the clock that goes on while the machine sleeps. Spec:
// docs/running.md, "Silence".

import { spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Order } from './driver.ts';
import { GUARD_LOOK_S } from './limits.ts';

/**
 * FOLDER SECONDS: `until` there holds seconds since the start of the machine; marks lie in `own`.
 * What bears one is looked for in /proc: in its control group, or among its words. The monitor of a
 * container stays, so that the engine knows how it ended.
 */
const GUARD = `folder=$1 every=$2
cd "$folder" || exit 0
echo $$ >guard.new && mv guard.new guard
cd /
end() {
  while IFS=/ read -r _ _ pid _; do kill -9 "$pid"; done
}
while read -r until <"$folder/until" && read -r own <"$folder/guard" && [ "$own" = $$ ]; do
  read -r up rest </proc/uptime
  if [ "\${up%.*}" -ge "$until" ]; then
    mark=$folder/own/mark
    [ ! -s "$mark.cgroup" ] || grep -lsFf "$mark.cgroup" /proc/[0-9]*/cgroup |
      xargs -r grep -LsF libpod-conmon | end
    [ ! -s "$mark.cmdline" ] || grep -lsaFf "$mark.cmdline" /proc/[0-9]*/cmdline | end
  fi
  sleep "$every"
done 2>/dev/null
`;

/** As many digits whenever it is written: it is written over in place, also on a full disk. */
const DIGITS = 12;
/** A mark is a digest, or a name with a ULID in it; a shorter one could be anybody's. */
const MARK_CHARS_MIN = 24;

/** How work is known: a part of the path of its control group, or one of its words. */
export function leaveMark(
  { spec, folder }: Pick<Order, 'spec' | 'folder'>,
  where: 'cgroup' | 'cmdline',
  mark: string,
): void {
  if (spec.lifecycle.onHostLoss !== 'replace') return;
  if (mark.length < MARK_CHARS_MIN || mark.includes('\n')) throw new Error(`no mark: ${mark}`);
  // Whole or not at all: a part of it would be in the words of others.
  const draft = join(folder, 'mark.new');
  writeFileSync(draft, mark, { mode: 0o600 });
  renameSync(draft, join(folder, `mark.${where}`));
}

/**
 * From now on, and until it is said anew, what runs by this folder ends at that moment, by the
 * clock of bootMs. Begins a guard where none is there. Throws where the disk refuses.
 */
export function guardUntil(
  folder: string,
  untilMs: number,
  failed: (why: string) => void,
  everyS: number = GUARD_LOOK_S,
): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fd = openSync(join(folder, 'until'), constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    writeSync(fd, `${String(Math.floor(untilMs / 1_000)).padStart(DIGITS, '0')}\n`, 0);
  } finally {
    closeSync(fd);
  }
  if (isGuarded(folder)) return;
  const child = spawn('/bin/sh', ['-c', GUARD, 'sh', folder, String(everyS)], {
    ...{ cwd: '/', stdio: 'ignore', detached: true },
    env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`, LC_ALL: 'C' },
  });
  child.on('error', ({ message }) => failed(message));
  child.unref();
}

/** By its words: a number alone is somebody else's later. */
function isGuarded(folder: string): boolean {
  try {
    const pid = Number(readFileSync(join(folder, 'guard'), 'utf8'));
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(folder);
  } catch {
    return false;
  }
}
