// What people type at the console of a machine: bytes that come one request after the other go in
// by one view of the console, which is kept a while and given back. What the machine says to that
// is in its log. Spec: docs/machines.md, "The console".

import type { Duplex } from 'node:stream';
import type { Running } from './driver.ts';
import { TYPING_IDLE_MS } from './limits.ts';

export interface Typing {
  /** False: nothing of that name runs, it has no console, or too many are at it. */
  type(key: string, running: Running | null, bytes: Uint8Array): Promise<boolean>;
  close(): void;
}

interface Open {
  readonly console: Duplex;
  readonly of: Running;
  idle: NodeJS.Timeout;
}

export function createTyping(idleMs: number = TYPING_IDLE_MS): Typing {
  const open = new Map<string, Open>();
  const leave = (key: string): void => {
    const it = open.get(key);
    if (it === undefined) return;
    clearTimeout(it.idle);
    open.delete(key);
    it.console.destroy();
  };
  const enter = async (key: string, running: Running): Promise<Duplex | null> => {
    const known = open.get(key);
    if (known !== undefined && known.of === running && !known.console.destroyed) {
      known.idle.refresh();
      return known.console;
    }
    leave(key);
    const made = await running.console();
    if (made === null) return null;
    // Two at once: the second one has its own, which nobody keeps.
    leave(key);
    made.on('error', () => leave(key));
    // What comes out is read from the log.
    made.resume();
    open.set(key, { console: made, of: running, idle: setTimeout(leave, idleMs, key).unref() });
    return made;
  };
  return {
    async type(key, running, bytes) {
      const into = running === null ? null : await enter(key, running);
      if (into === null) return false;
      return new Promise((resolve) => into.write(bytes, (error) => resolve(!error)));
    },
    close() {
      for (const key of [...open.keys()]) leave(key);
    },
  };
}
