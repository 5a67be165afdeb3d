// Starting the daemon of this machine, from every screen that has little to say without one.

import { hasDaemon } from '../model.ts';
import type { Binding } from '../screen.ts';
import { begin } from '../starting.ts';

export function startDaemonBinding(key: string): Binding {
  return {
    ...{ key, label: 'start the daemon', command: ['up'] },
    when: (model) => !hasDaemon(model),
    act: (model) =>
      begin(model, { words: ['up'], purpose: 'daemon', title: 'starting the daemon' }),
  };
}
