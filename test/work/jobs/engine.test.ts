// Finding an engine: where sockets are, and one that takes connections and says nothing.

import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { containerDriver, NVIDIA } from '../../../src/work/jobs/containers.ts';
import { findEngine, socketsOf } from '../../../src/work/jobs/engine.ts';
import { jobSpec, ordered, shell } from '../../kit/engines.ts';

const FOLDER = fs.mkdtempSync(path.join(os.tmpdir(), 'kith-engine-'));
const SOCKET = path.join(FOLDER, 'silent.sock');
const taken: net.Socket[] = [];
const silent = net.createServer((socket) => void taken.push(socket));

afterAll(() => {
  for (const socket of taken) socket.destroy();
  silent.close();
  fs.rmSync(FOLDER, { recursive: true, force: true });
});

test('sockets that somebody names come first, and only those of this machine', () => {
  const env = { DOCKER_HOST: 'tcp://10.0.0.1:2375', CONTAINER_HOST: 'unix:///a/b.sock' };
  const found = socketsOf({ ...env, XDG_RUNTIME_DIR: '/run/user/7' });
  expect(found[0]).toBe('/a/b.sock');
  expect(found).toContain('/run/user/7/podman/podman.sock');
  expect(found.every((socket) => socket.startsWith('/'))).toBe(true);
});

test('a place that cannot be looked at holds no engine', async () => {
  const loop = path.join(FOLDER, 'loop.sock');
  fs.symlinkSync(loop, loop);
  const found = await findEngine('podman', [loop, path.join(FOLDER, 'nowhere.sock')]);
  expect(found).toMatchObject({ ok: false, code: 'no-engine' });
});

test('an engine that hangs is said to be silent, and holds nobody up', async () => {
  await new Promise<void>((resolve) => void silent.listen(SOCKET, resolve));
  expect(await findEngine('podman', [SOCKET])).toMatchObject({ ok: false, code: 'engine-silent' });
  const parts = { state: FOLDER, home: 'one', sockets: [SOCKET], cards: NVIDIA, mesh: null };
  const driver = containerDriver('docker', parts);
  expect(await driver.probe()).toMatchObject({
    usable: false,
    what: `${SOCKET} takes connections and does not answer`,
  });
  const { order } = ordered(FOLDER, jobSpec(shell('exit 0')), '');
  const prepared = await driver.prepare(order, () => undefined, new AbortController().signal);
  expect(prepared).toMatchObject({ ok: false, code: 'engine-silent' });
  await driver.close();
});
