// The child of terminal.test.ts: asks for two hidden lines at its terminal and says on stdout what
// it got, as hex.

import { openTerminal } from '../../src/keys/terminal.ts';

const terminal = openTerminal();
if (terminal === null) process.stdout.write('no terminal\n');
else {
  const first = await terminal.askHidden('First: ');
  const second = first === null ? null : await terminal.askHidden('Second: ');
  terminal.close();
  const hex = (line: Uint8Array | null): string =>
    line === null ? 'gave up' : Buffer.from(line).toString('hex');
  process.stdout.write(`got ${hex(first)} ${hex(second)}\n`);
}
