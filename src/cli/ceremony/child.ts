// The entry of the process that a ceremony runs in: it knows the code, and on the admitting side
// the operator's key, and it ends with the ceremony. Its words are those of the command that
// started it, without the code. If that command is gone, so is this.

import type { Command } from '../command.ts';
import { main } from '../run.ts';

process.on('disconnect', () => process.exit(1));
// What the starter says is waited for only where it is asked for.
process.channel?.unref();

void main(process.argv.slice(2), ({ path: [first] }: Command) =>
  first === 'join' ? import('./window.ts') : import('./admit.ts'),
);
