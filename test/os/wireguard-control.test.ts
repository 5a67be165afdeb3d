// The control socket of wireguard-go, against a stand-in that answers as its protocol says: what is
// read of it, what is written, and that no key is left in what was read.

import { createPrivateKey, createPublicKey } from 'node:crypto';
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

  test('tells what the interface holds, as a dump of `wg` does', async () => {
    const none = '0'.repeat(64);
    const other = '01'.repeat(32);
    const peers =
      `endpoint=[2001:db8::1]:7447\nlast_handshake_time_sec=17\nlast_handshake_time_nsec=5\n` +
      `persistent_keepalive_interval=25\nallowed_ip=fd00:1::/96\nallowed_ip=10.73.0.7/32\n` +
      `public_key=${other}\npreshared_key=${none}\nprotocol_version=1\nerrno=0\n\n`;
    await standIn([STATE.replace('errno=0\n\n', peers)]);
    // RFC 7748 6.1 has no key of these bytes; Node's own function is the judge of the public half.
    const secret = Buffer.from(`302e020100300506032b656e04220420${'cd'.repeat(32)}`, 'hex');
    const key = createPublicKey(createPrivateKey({ key: secret, format: 'der', type: 'pkcs8' }));
    const publicKey = Buffer.from(key.export({ format: 'jwk' }).x as string, 'base64url');
    const zeros = { handshakeS: 0, rxBytes: 0, txBytes: 0, keepaliveS: 0 };
    expect(await control?.dump()).toEqual({
      publicKey: publicKey.toString('base64'),
      listenPort: 7447,
      peers: new Map([
        [
          BASE64,
          {
            ...{ publicKey: BASE64, preshared: true, endpoint: '[2001:db8::1]:7447' },
            ...{ allowed: ['fd00:1::/96', '10.73.0.7/32'], handshakeS: 17, keepaliveS: 25 },
            ...{ rxBytes: 92, txBytes: 1 },
          },
        ],
        [
          Buffer.from(other, 'hex').toString('base64'),
          {
            publicKey: Buffer.from(other, 'hex').toString('base64'),
            ...{ preshared: false, endpoint: null, allowed: [], ...zeros },
          },
        ],
      ]),
    });
  });

  test('is not believed where it is cut off or no number stands where one belongs', async () => {
    await standIn([STATE.replace('errno=0', 'errno=-5'), STATE.replace('=92', '=many')]);
    await expect(control?.dump()).rejects.toThrow(/cut off, or refused/);
    await expect(control?.dump()).rejects.toThrow(/a number that is none/);
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
