// The logs of all work on this host: opened when something is written or read, by whoever is first,
// and let go of when the work has ended. Spec: docs/logs.md.

import { utf8 } from '../../proto/bytes.ts';
import type { Digest } from '../../proto/ids.ts';
import type { Lease, Tag } from '../../work/lease.ts';
import type { LogSink } from './driver.ts';
import { type Folders, nameOf } from './folders.ts';
import { READ_WAIT_MS_MAX } from './limits.ts';
import { type Page, readLog } from './log-reader.ts';
import { type Log, openLog } from './logs.ts';

type Named = Pick<Tag, 'id' | 'generation'>;

export interface WorkLogs {
  sinkOf(lease: Pick<Lease, 'id' | 'generation' | 'spec'>): LogSink;
  /** A line of the host itself, into the log of work that is known here. */
  say(tag: Named, text: string): void;
  /**
   * Frames from a seq on. Where there is none yet and more may come, it waits for so long; null:
   * there is no such log.
   */
  read(tag: Named, from: ReadFrom, signal?: AbortSignal): Promise<Page | null>;
  /** Nothing is written any more; the hash of all that ever was. */
  end(lease: Pick<Lease, 'id' | 'generation' | 'spec'>): Promise<Digest>;
  close(): Promise<void>;
}

export interface ReadFrom {
  readonly seq: number;
  readonly bytesMax: number;
  readonly waitMs: number;
}

export function workLogs(folders: Folders): WorkLogs {
  const open = new Map<string, Log>();
  const logOf = ({ id, generation, spec }: Pick<Lease, 'id' | 'generation' | 'spec'>): Log => {
    const tag = { id, generation };
    const known = open.get(nameOf(tag));
    if (known !== undefined) return known;
    const log = openLog(folders.logOf(tag), { keepBytes: spec.limits.logBytes });
    open.set(nameOf(tag), log);
    return log;
  };
  return {
    sinkOf(lease) {
      const log = logOf(lease);
      return {
        // What a driver still says behind the end of its work is nobody's any more.
        async write(stream, bytes) {
          if (open.get(nameOf(lease)) === log) await log.write(stream, bytes);
        },
        written: log.written,
      };
    },
    say(tag, text) {
      const log = open.get(nameOf(tag));
      if (log === undefined || log.facts().ended) return;
      void log.write('kith', utf8(`${text}\n`)).catch(() => undefined);
    },
    async read(tag, { seq, bytesMax, waitMs }, signal) {
      const log = open.get(nameOf(tag));
      if (log === undefined) return readLog(folders.logOf(tag))?.read(seq, bytesMax) ?? null;
      const page = log.read(seq, bytesMax);
      if (page.next > page.from.seq || page.ended || waitMs <= 0) return page;
      await waited(log, seq, Math.min(waitMs, READ_WAIT_MS_MAX), signal);
      return log.read(seq, bytesMax);
    },
    async end(lease) {
      const tag = { id: lease.id, generation: lease.generation };
      const before = open.get(nameOf(tag)) === undefined ? readLog(folders.logOf(tag)) : null;
      // It was ended by a daemon before this one.
      if (before?.facts().ended === true) return before.facts().hash;
      const log = logOf(lease);
      await log.close(true);
      open.delete(nameOf(tag));
      return log.hash();
    },
    async close() {
      const all = [...open.values()];
      open.clear();
      await Promise.all(all.map((log) => log.close(false)));
    },
  };
}

/** For a new frame, for so long at most, or until whoever asked is gone. */
async function waited(
  log: Log,
  seq: number,
  waitMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const late = AbortSignal.timeout(waitMs);
  await log.follow(seq, signal === undefined ? late : AbortSignal.any([late, signal]));
}
