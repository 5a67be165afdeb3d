// A registry of images on the loopback, for as long as a test needs it.

import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { findTool } from '../../../src/os/tools.ts';
import { until } from '../../lab/until.ts';

export function registryMissing(): string | null {
  return findTool('docker-registry') === null ? 'no docker-registry' : null;
}

export async function ownRegistry(
  folder: string,
): Promise<{ readonly depot: ChildProcess; readonly address: string }> {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const config = path.join(folder, 'depot.yml');
  const storage = `storage:\n  filesystem:\n    rootdirectory: ${folder}/registry\n`;
  fs.writeFileSync(config, `version: 0.1\n${storage}http:\n  addr: ${address}\n`);
  const file = findTool('docker-registry') ?? '';
  const depot = spawn(file, ['serve', config], { stdio: 'ignore' });
  await until('the registry answers', async () => (await fetch(`http://${address}/v2/`)).ok);
  return { depot, address };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
