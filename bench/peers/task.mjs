// Runs one task of one peer in a process of its own: node task.mjs PEER TASK PAYLOADS DIR.
// A peer is a module with tasks `append`, `groups`, `ingest`, `open` and `merge`; each takes
// (payloads, dir), prepares untimed, does the work through the library's public functions, checks
// that all of it was done, and answers the milliseconds of the work alone, with the count of
// records where it was not all of them. A task that a library does not have is a string that says
// why. The last line on stdout is the result as JSON.

import { readFileSync } from 'node:fs';

const [peerName, taskName, payloadFile, dir] = process.argv.slice(2);
const payloads = readFileSync(payloadFile, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line));

const peer = await import(`./${peerName}.mjs`);
const task = peer[taskName];
const result = typeof task === 'string' ? { why: task } : await measured();
process.stdout.write(`\n${JSON.stringify(result)}\n`, () => process.exit(0));

async function measured() {
  const outcome = await task(payloads, dir);
  return typeof outcome === 'number' ? { ms: outcome, records: payloads.length } : outcome;
}
