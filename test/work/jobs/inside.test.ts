// Looking at a process that ends meanwhile: all of it is seen, or nothing.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { look } from '../../../src/work/jobs/inside.ts';

test('of what ends while it is looked at nothing is seen', async () => {
  let [whole, gone] = [0, 0];
  for (let round = 0; round < 20; round++) {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    await once(child, 'spawn');
    const pid = child.pid as number;
    // Until the shell of it is another program it looks like this one.
    await expect.poll(() => look(pid, /^none$/, () => true) !== null).toBe(true);
    // It is gone at some moment of the looks that follow: none of them waits for anything.
    spawn('sh', ['-c', `sleep 0.00${round % 10}; kill -9 ${pid}`], { stdio: 'ignore' });
    const until = performance.now() + 100;
    for (let seen = look(pid, /^none$/, () => true); performance.now() < until; ) {
      if (seen === null) break;
      whole += 1;
      const { netDev, mountinfo } = seen.texts;
      expect([seen.cardNodes, netDev === null, mountinfo === '']).toEqual([[], false, false]);
      seen = look(pid, /^none$/, () => true);
    }
    if (look(pid, /^none$/, () => true) === null) gone += 1;
    child.kill('SIGKILL');
  }
  expect(whole).toBeGreaterThan(20);
  expect(gone).toBeGreaterThan(10);
});
