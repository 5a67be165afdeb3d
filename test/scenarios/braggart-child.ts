// The child of trouble.test.ts, in a machine of the laboratory: the daemon of the folder FOLDER,
// whose heartbeats offer all the room of its machine, and which has none when it is asked for some.

import { refuse } from '../../proto/result.ts';
import { startDaemon } from '../../src/daemon/daemon.ts';
import type { Driver } from '../../src/work/driver.ts';

/** A pebibyte, beside what the spec wants. */
const CHARGED_MIB = 1024 * 1024 * 1024;

const braggart: Driver = {
  ...{ kind: 'job', name: 'podman' },
  probe: async () => ({ usable: true, what: 'a boast', checkedAtMs: 0 }),
  // What it charges beside a wish it tells in its heartbeats, too: there it says nothing.
  estimate: ({ resources: { memMiB, diskMiB } }) => ({
    memMiB: memMiB === 0 ? 0 : memMiB + CHARGED_MIB,
    diskMiB,
  }),
  prepare: async () => refuse('no-engine', 'it was a boast'),
  start: async () => refuse('no-engine', 'it was a boast'),
  recover: async () => [],
  destroy: async () => undefined,
  close: async () => undefined,
};

const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
const daemon = await startDaemon({
  ...{ folder: process.argv[2] as string, version: '0.0.0', moved: false, lobby: false },
  ...{ told: [], named: [], mesh: { relay: false, lobby: false } },
  place: { host: null, port: null, shared: true },
  drivers: () => [braggart],
  log: (event) => say(event.event === 'running' ? 'ready' : event),
});
// Ends with its maker.
process.stdin.on('end', () => daemon.stop('its maker is gone')).resume();
