// The way to a new machine that may be in several places.

import fs from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Place, reach } from '../../src/genesis/connect.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kith-reach-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** A port of this machine where nobody listens any more. */
async function deserted(): Promise<Place> {
  const server = createServer();
  await new Promise<void>((listens) => server.listen(0, '127.0.0.1', listens));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return { host: '127.0.0.1', port };
}

describe('a machine that is heard in several places', () => {
  test('is reached where it answers, though the first is deserted', async () => {
    const server = createServer((socket) => socket.end('here'));
    await new Promise<void>((listens) => server.listen(0, '127.0.0.1', listens));
    const { port } = server.address() as AddressInfo;
    const reached = await reach(folder, [await deserted(), { host: '127.0.0.1', port }]);
    expect(reached.ok).toBe(true);
    if (!reached.ok) return;
    const said: Buffer[] = [];
    for await (const bytes of reached.value) said.push(bytes as Buffer);
    expect(Buffer.concat(said).toString()).toBe('here');
    await new Promise((closed) => server.close(closed));
  });

  test('is not there where nobody answers, and the likeliest place says why', async () => {
    const [first, second] = [await deserted(), await deserted()];
    const reached = await reach(folder, [first, second]);
    expect(reached).toMatchObject({ ok: false, code: 'no-answer' });
    const { port } = first as { port: number };
    expect(reached).toMatchObject({ detail: expect.stringContaining(`:${port}: ECONNREFUSED`) });
  });
});
