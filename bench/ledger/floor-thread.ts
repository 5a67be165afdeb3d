// A thread of the floor `bareVerifyThreads`: prepares its lines, says so, and at each message
// checks them all and answers.

import { parentPort, workerData } from 'node:worker_threads';
import { bareVerify } from './floors.ts';

const check = bareVerify(workerData as readonly string[]);
parentPort?.on('message', () => {
  check();
  parentPort?.postMessage('done', []);
});
parentPort?.postMessage('ready', []);
