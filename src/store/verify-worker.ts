// A thread that checks signatures and does nothing else: a block of jobs in, a byte of verdict each
// out. It asks the same rule as everybody (proto/ed25519.ts).

import { parentPort } from 'node:worker_threads';
import { verdict } from '../../proto/ed25519.ts';
import { nodePlatform } from '../platform.ts';
import { unpackJobs } from './verify-jobs.ts';

parentPort?.on('message', (block: Uint8Array) => {
  const verdicts: number[] = [];
  for (const { key, message, signature } of unpackJobs(block))
    verdicts.push(verdict(nodePlatform, key, message, signature) ? 1 : 0);
  const answer = Uint8Array.from(verdicts);
  parentPort?.postMessage(answer, [answer.buffer]);
});
