// What somebody must look at: told once when it begins, shown for as long as it lasts.

import type { Tell } from '../daemon/events.ts';
import { ALARMS_MAX } from './limits.ts';

export interface Alarms {
  /** `of` tells one alarm from another; the same one twice is one. */
  raise(of: string, what: string): void;
  end(of: string): void;
  list(): readonly string[];
}

export function createAlarms(tell: Tell): Alarms {
  const open = new Map<string, string>();
  return {
    raise(of, what) {
      const isNew = open.get(of) !== what;
      open.delete(of);
      open.set(of, what);
      const [oldest] = open.keys();
      if (open.size > ALARMS_MAX && oldest !== undefined) open.delete(oldest);
      if (isNew) tell({ event: 'alarm', what });
    },
    end: (of) => void open.delete(of),
    list: () => [...open.values()],
  };
}
