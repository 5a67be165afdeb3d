// A job that reaches out, by a podman in a network of its own: its bridges and rules are nobody
// else's.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { containerDriver, NVIDIA } from '../../../src/work/jobs/containers.ts';
import { boxArchive } from '../../kit/box.ts';
import { engineMissing, jobSpec, need, ordered, ownEngine, shell } from '../../kit/engines.ts';
import { until } from '../../lab/until.ts';

const PLUGINS = ['/usr/lib/cni/bridge', '/usr/lib/podman/netavark'];

test('a job with egress has a network of the engine, and not that of the host', async (context) => {
  const missing = engineMissing('podman');
  if (missing !== null) context.skip(missing);
  if (!PLUGINS.some((file) => fs.existsSync(file))) {
    context.skip('podman has nothing to make networks with (Debian: containernetworking-plugins)');
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kith-jobs-'));
  const own = await ownEngine('podman', true);
  const parts = { state: folder, home: 'one', sockets: [own.socket], cards: NVIDIA, mesh: null };
  const driver = containerDriver('podman', parts);
  try {
    const spec = jobSpec(shell('ls /sys/class/net; sleep 1000'), { network: { mode: 'egress' } });
    const { order, text } = ordered(folder, spec, await boxArchive(folder));
    need(await driver.prepare(order, () => undefined, new AbortController().signal));
    const running = need(await driver.start(order, () => undefined));
    expect(need(await running.verify())).toMatchObject({ network: 'own', capabilities: 'none' });
    await until('it looks', () => text('out').includes('eth0'));
    await running.kill();
    await running.ended;
    await driver.destroy(order.tag);
  } finally {
    await driver.close();
    await own.close();
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
