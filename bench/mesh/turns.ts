// What the rows of the mesh have in common: waiting for the first answer to a ping.

import type { Machine } from '../../test/lab/machine.ts';

/** One that gets no answer within it is sent again. */
const PATIENCE_S = 0.3;

/** Pings again and again from now on; when the first answer came, by `performance.now()`. */
export function firstAnswer(from: Machine, address: string): Promise<number> {
  const once = `ping -n -c 1 -W ${PATIENCE_S} ${address} >/dev/null 2>&1`;
  const loop = from.start(['sh', '-c', `until ${once}; do sleep 0.01; done; echo there`]);
  return new Promise((resolve, reject) => {
    loop.stdout?.once('data', () => resolve(performance.now()));
    loop.once('error', reject);
    loop.once('close', (code) => reject(new Error(`the ping ended with ${code}`)));
    setTimeout(() => loop.kill('SIGKILL'), LIMIT_MS).unref();
  });
}

const LIMIT_MS = 120_000;
