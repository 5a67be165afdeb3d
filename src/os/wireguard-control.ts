// The control socket of wireguard-go, for what cannot wait for a process to start, or is asked
// every few seconds: what the interface holds, what came in under each key, and a prefix that
// changes hands during a rotation. All else goes through `wg`. The answer of a read begins with the
// private key, which is overwritten once its public half is known. Spec: docs/mesh.md, "Keys"; the
// protocol is WireGuard's "Configuration Protocol".

import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import net from 'node:net';
import { fromBase64url, fromHex, textOf, toHex } from '../../proto/bytes.ts';
import { parseControl } from '../../wg/control.ts';
import type { Actual } from '../../wg/dump.ts';
import { base64Of } from '../../wg/table.ts';
import { CONTROL_BYTES_MAX, CONTROL_MS } from './limits.ts';
import { ToolFault } from './tools.ts';

export interface Control {
  /** All that the interface holds. */
  dump(): Promise<Actual>;
  /** Bytes received from each peer, by its public key in base64. */
  received(): Promise<ReadonlyMap<string, number>>;
  /** A peer that is there gets exactly these prefixes; one that is not stays away. */
  giveAllowed(publicKey: string, allowed: readonly string[]): Promise<void>;
  close(): void;
}

/** Over a connection that `probe` has found to answer. */
export function controlOver(name: string, socket: net.Socket): Control {
  let queue: Promise<unknown> = Promise.resolve();
  // It changes with a rotation, and is looked at every few seconds: a millisecond each time.
  let own: OwnKey | null = null;

  function ask(text: string): Promise<Buffer> {
    const turn = queue.then(() => exchange(name, socket, text));
    queue = turn.catch(() => undefined);
    return turn;
  }

  return {
    async dump() {
      const answer = await ask('get=1\n\n');
      own = ownKeyIn(answer, own);
      blankKeys(answer);
      const parsed = parseControl(textOf(answer) ?? '', own?.publicKey ?? null);
      if (parsed.ok) return parsed.value;
      throw new ToolFault(['wireguard-go', name], `not understood: ${parsed.detail}`);
    },
    async received() {
      const answer = await ask('get=1\n\n');
      blankKeys(answer);
      return receivedIn(textOf(answer) ?? '');
    },
    async giveAllowed(publicKey, allowed) {
      const lines = [
        'set=1',
        `public_key=${toHex(Buffer.from(publicKey, 'base64'))}`,
        'update_only=true',
        'replace_allowed_ips=true',
        ...allowed.map((prefix) => `allowed_ip=${prefix}`),
      ];
      const answer = textOf(await ask(`${lines.join('\n')}\n\n`)) ?? '';
      if (answer !== 'errno=0\n\n') throw new ToolFault(['wireguard-go', name], answer.trim());
    },
    close: () => socket.destroy(),
  };
}

function exchange(name: string, socket: net.Socket, text: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (act: () => void): void => {
      clearTimeout(timer);
      socket.off('data', hear).off('close', broken);
      act();
    };
    const fail = (why: string): void =>
      end(() => {
        socket.destroy();
        reject(new ToolFault(['wireguard-go', name], why));
      });
    const broken = (): void => fail('it closed its control socket');
    const hear = (chunk: Buffer): void => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > CONTROL_BYTES_MAX) return fail('it said too much');
      const whole = chunks.length === 1 ? chunk : Buffer.concat(chunks);
      if (!whole.subarray(-2).equals(END)) return;
      if (whole !== chunk) for (const one of chunks) one.fill(0);
      end(() => resolve(whole));
    };
    const timer = setTimeout(() => fail('it did not answer in time'), CONTROL_MS);
    socket.on('data', hear).on('close', broken);
    socket.write(text);
  });
}

const END = Buffer.from('\n\n');
const SECRETS = ['private_key=', 'preshared_key='].map((text) => Buffer.from(text));

/** Zeros stay: they say that there is no key. */
function blankKeys(bytes: Buffer): void {
  for (const secret of SECRETS) {
    for (let at = bytes.indexOf(secret); at !== -1; at = bytes.indexOf(secret, at + 1)) {
      const from = at + secret.length;
      const end = bytes.indexOf('\n', at);
      const key = bytes.subarray(from, end === -1 ? bytes.length : end);
      if (key.some((byte) => byte !== ZERO)) key.fill('.');
    }
  }
}

const ZERO = 48;
/** What stands before the 32 bytes in the form of PKCS #8 (RFC 8410). */
const X25519_HEAD = Buffer.from('302e020100300506032b656e04220420', 'hex');

interface OwnKey {
  /** Of the private half, of which nothing is kept. */
  readonly digest: Buffer;
  readonly publicKey: string;
}

/** The public half of the key that the answer begins with; null where the interface has none. */
function ownKeyIn(bytes: Buffer, last: OwnKey | null): OwnKey | null {
  const [head] = SECRETS as [Buffer];
  if (!bytes.subarray(0, head.length).equals(head)) return null;
  const der = Buffer.alloc(X25519_HEAD.length + 32);
  X25519_HEAD.copy(der);
  // From byte to byte: a text of it could not be overwritten.
  for (let i = 0; i < 32; i++) {
    const high = nibble(bytes[head.length + 2 * i]);
    der[X25519_HEAD.length + i] = (high << 4) | nibble(bytes[head.length + 2 * i + 1]);
  }
  const digest = createHash('sha256').update(der).digest();
  if (last?.digest.equals(digest) === true) {
    der.fill(0);
    return last;
  }
  const publicKey = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  der.fill(0);
  const { x } = publicKey.export({ format: 'jwk' });
  return { digest, publicKey: base64Of(fromBase64url(x as string) as Uint8Array) };
}

/** Of a digit in hex, small letters. */
function nibble(digit = ZERO): number {
  return digit <= 57 ? digit - ZERO : digit - 87;
}

function receivedIn(text: string): Map<string, number> {
  const received = new Map<string, number>();
  let publicKey = '';
  for (const line of text.split('\n')) {
    const [name, value = ''] = line.split('=');
    if (name === 'public_key') publicKey = base64Of(fromHex(value) ?? new Uint8Array());
    else if (name === 'rx_bytes') received.set(publicKey, Number(value));
  }
  return received;
}
