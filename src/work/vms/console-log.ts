// What a guest says on its console, from the file that QEMU writes to the log of the work: begun
// again where the log ends, and taken off the disk once the log has it, by making a hole at the
// front, so that the place in the file is the place in the stream. Spec: docs/machines.md, "The
// console".

import { type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { runTool } from '../../os/tools.ts';
import type { LogSink } from '../driver.ts';
import { CONSOLE_KEPT_BYTES, CONSOLE_POLL_MS, CONSOLE_READ_BYTES } from './limits.ts';

export interface ConsoleLog {
  /** Reads what there is, and nothing after it: for a guest that has ended. */
  finish(): Promise<void>;
  /** Stops where it is; a later one goes on there. */
  close(): Promise<void>;
}

export function followConsole(file: string, log: LogSink): ConsoleLog {
  let wake: () => void = () => undefined;
  let watcher: FSWatcher | null = null;
  try {
    watcher = watch(file, () => wake());
    watcher.on('error', () => undefined);
    watcher.unref();
  } catch {
    // Too many are watched on this machine: looking now and then does as well.
  }
  const wish = { isOver: false, isLast: false };
  const sleep = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, CONSOLE_POLL_MS);
      timer.unref();
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const run = async (): Promise<void> => {
    const handle = await open(file, 'r').catch(() => null);
    if (handle === null) return;
    try {
      let hole = 0;
      while (!wish.isOver) {
        const { isLast } = wish;
        const asleep = sleep();
        const at = await copied(handle, log, () => wish.isOver);
        if (at - hole >= CONSOLE_KEPT_BYTES) {
          await runTool(['fallocate', '--punch-hole', '--offset', '0', '--length', `${at}`, file]);
          hole = at;
        }
        if (isLast) return;
        await asleep;
      }
    } finally {
      await handle.close();
    }
  };
  const done = run().catch(() => undefined);
  const ended = async (): Promise<void> => {
    wake();
    await done;
    watcher?.close();
  };
  return {
    finish() {
      wish.isLast = true;
      return ended();
    },
    close() {
      wish.isOver = true;
      return ended();
    },
  };
}

/** Copies up to the end of the file; answers where that is. */
async function copied(handle: FileHandle, log: LogSink, isOver: () => boolean): Promise<number> {
  for (;;) {
    const at = log.written('console');
    const bytes = Buffer.alloc(CONSOLE_READ_BYTES);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, at);
    if (bytesRead === 0 || isOver()) return at;
    await log.write('console', bytes.subarray(0, bytesRead));
  }
}
