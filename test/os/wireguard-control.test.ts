// The control socket of wireguard-go, against a stand-in that answers as its protocol says: what is
// read of it, what is written, and that no key is left in what was read.

import { mkdtempSync } from 'node:fs';
import { type Server, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type Control, controlOver } from '../../src/os/wireguard-control.ts';

const HEX = 'ab'.repeat(32);
const BASE64 = Buffer.from(HEX, 'hex').toString('base64');
const STATE = `private_key=${'cd'.repeat(32)}\nlisten_port=7447\npublic_key=${HEX}\npreshared_key=${'ef'.repeat(32)}\nrx_bytes=92\ntx_bytes=1\nerrno=0\n\n`;

let server: Server | null = null;
let control: Control | null = null;
afterEach(() => {
  control?.close();
  server?.close();
});

/** Answers each request in pieces, as a busy program does. */
async function standIn(answers: readonly string[]): Promise<string[]> {
  const path = join(mkdtempSync(join(tmpdir(), 'kith-control-')), 'x.sock');
  const heard: string[] = [];
  server = createServer((socket) => {
    let rest = '';
    socket.on('data', (bytes) => {
      rest += bytes.toString();
      if (!rest.endsWith('\n\n')) return;
      heard.push(rest);
      rest = '';
      const answer = answers[heard.length - 1];
      if (answer === undefined) return socket.end();
      socket.write(answer.slice(0, 20));
      setImmediate(() => socket.write(answer.slice(20)));
    });
  });
  await new Promise<void>((resolve) => void server?.listen(path, resolve));
  const socket = connect(path);
  await new Promise((resolve) => void socket.once('connect', resolve));
  control = controlOver('kith00', socket);
  return heard;
}

describe('the control socket', () => {
  test('tells what came in under each key', async () => {
    const heard = await standIn([STATE]);
    expect([...((await control?.received()) ?? [])]).toEqual([[BASE64, 92]]);
    expect(heard).toEqual(['get=1\n\n']);
  });

  test('moves prefixes to a peer that is there, and makes none', async () => {
    const heard = await standIn(['errno=0\n\n']);
    await control?.giveAllowed(BASE64, ['fd00:1::/96', '10.73.0.7/32']);
    expect(heard).toEqual([
      `set=1\npublic_key=${HEX}\nupdate_only=true\nreplace_allowed_ips=true\n` +
        'allowed_ip=fd00:1::/96\nallowed_ip=10.73.0.7/32\n\n',
    ]);
  });

  test('answers one after the other, and fails with what it was told', async () => {
    await standIn([STATE, 'errno=-22\n\n']);
    const [read, written] = await Promise.allSettled([
      control?.received(),
      control?.giveAllowed(BASE64, []),
    ]);
    expect([read?.status, written?.status]).toEqual(['fulfilled', 'rejected']);
    await expect(control?.received()).rejects.toThrow(/closed its control socket/);
  });
});
