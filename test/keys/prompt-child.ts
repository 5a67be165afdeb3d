// The child of terminal.test.ts: asks for two hidden lines at its terminal and says on stdout what
// it got, as hex, and how the terminal stands between the questions; with `shown` for one that is
// seen.

import { spawnSync } from 'node:child_process';
import { openTerminal } from '../../src/keys/terminal.ts';

const terminal = openTerminal();
if (terminal === null) process.stdout.write('no terminal\n');
else if (process.argv[2] === 'shown') {
  const line = await terminal.askShown('Code: ');
  terminal.close();
  process.stdout.write(line === null ? 'gave up\n' : `got <${Buffer.from(line).toString()}>\n`);
} else {
  const first = await terminal.askHidden('First: ');
  const between = spawnSync('stty', ['-a'], { stdio: ['inherit', 'pipe', 'inherit'] });
  const second = first === null ? null : await terminal.askHidden('Second: ');
  terminal.close();
  const hex = (line: Uint8Array | null): string =>
    line === null ? 'gave up' : Buffer.from(line).toString('hex');
  const mode = between.stdout.toString().match(/[-a-z]*icanon/)?.[0];
  process.stdout.write(`between ${mode}\n`);
  process.stdout.write(`got ${hex(first)} ${hex(second)}\n`);
}
