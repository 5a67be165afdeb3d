// A daemon as a process of its own, without a mesh, that runs jobs as plain processes. Meant to be
// killed. Arguments: its folder, and where its driver keeps what it has started.

import fs from 'node:fs';
import { startDaemon } from '../../src/daemon/daemon.ts';
import { processDriver } from './process-driver.ts';

const [folder = '', processes = ''] = process.argv.slice(2);

const daemon = await startDaemon({
  ...{ folder, version: '0.0.0', moved: false, told: [], lobby: false, named: [], mesh: null },
  place: { host: '127.0.0.1', port: 0, shared: false },
  drivers: () => [processDriver(processes)],
  log: (event) => void fs.writeSync(1, `${JSON.stringify(event)}\n`),
});
process.once('SIGTERM', () => daemon.stop('SIGTERM'));
await daemon.stopped;
process.exit(0);
