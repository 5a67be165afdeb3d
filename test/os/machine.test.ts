// Which processes run: one that has ended and whose parent has not asked for it yet does not.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test, vi } from 'vitest';
import { isRunning, processStart } from '../../src/os/machine.ts';

test('a process that has ended runs no more, though its parent never asks how', async () => {
  // Its child ends at a word, and the program that takes the shell's place never asks for it.
  const shell = spawn('sh', ['-c', 'head -c 1 <&3 & echo $!; exec sleep 1000'], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  });
  try {
    const [line] = (await once(shell.stdout as NonNullable<typeof shell.stdout>, 'data')) as [
      Buffer,
    ];
    const pid = Number(line.toString());
    expect([isRunning(pid), isRunning(shell.pid as number)]).toEqual([true, true]);
    const start = processStart(pid);
    (shell.stdio[3] as NodeJS.WritableStream).end('x');
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false));
    // It is in the table all the same.
    expect(processStart(pid)).toBe(start);
    expect(isRunning(shell.pid as number)).toBe(true);
  } finally {
    shell.kill('SIGKILL');
  }
});
