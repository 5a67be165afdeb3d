// A thread that checks signatures and does nothing else: a block of jobs in, a byte of verdict each
// out. It asks the same rule as everybody (proto/ed25519.ts). Its first word is that it is ready.

import { parentPort } from 'node:worker_threads';
import { verdictsOn } from './verify-jobs.ts';

parentPort?.on('message', (block: Uint8Array) => {
  const answer = verdictsOn(block);
  parentPort?.postMessage(answer, [answer.buffer]);
});
parentPort?.postMessage(null, []);
