// The client side of a TLS 1.3 handshake (RFC 8446), small and without any check of its own, so
// that a test can present a certificate and sign the handshake with whatever key it likes: OpenSSL
// would refuse to start with a certificate and a key that do not belong together. One suite:
// X25519, AES-128-GCM with SHA-256, Ed25519.

import {
  type KeyObject,
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
  sign,
} from 'node:crypto';
import { type Socket, connect } from 'node:net';

const HANDSHAKE = 22;
const ALERT = 21;
const APPLICATION = 23;

export interface Presented {
  /** DER. */
  readonly certificate: Uint8Array;
  /** What signs the handshake. */
  readonly signer: KeyObject;
}

/** Shakes hands, sends the text, and gives what comes back until the connection closes. */
export async function talkTls13(
  port: number,
  presented: Presented,
  text: string,
): Promise<{ readonly received: string; readonly alert: number | null }> {
  const socket = connect(port, '127.0.0.1');
  const records = recordsOf(socket);
  const transcript: Buffer[] = [];
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  const hello = clientHello(rawOf(publicKey));
  transcript.push(hello);
  socket.write(record(HANDSHAKE, hello));

  const serverHello = (await records.next()).value?.body as Buffer;
  transcript.push(serverHello);
  const secret = diffieHellman({ privateKey, publicKey: x25519(keyShareIn(serverHello)) });
  const handshake = extract(derive(extract(EMPTY, EMPTY), 'derived', sha(EMPTY)), secret);
  const clientSecret = derive(handshake, 'c hs traffic', sha(...transcript));
  const inbound = opener(derive(handshake, 's hs traffic', sha(...transcript)));
  const outbound = sealer(clientSecret);

  const main = extract(derive(handshake, 'derived', sha(EMPTY)), EMPTY);
  let flight = Buffer.alloc(0);
  while (!hasFinished(flight)) {
    const { value } = await records.next();
    if (value === undefined) return { received: '', alert: null };
    if (value.type === APPLICATION) flight = Buffer.concat([flight, inbound(value).body]);
  }
  transcript.push(flight);
  const applicationAt = sha(...transcript);
  const answer = clientFlight(transcript, presented, clientSecret);
  socket.write(outbound(HANDSHAKE, answer));
  socket.write(
    sealer(derive(main, 'c ap traffic', applicationAt))(APPLICATION, Buffer.from(text, 'latin1')),
  );

  const received: Buffer[] = [];
  let alert: number | null = null;
  const open = opener(derive(main, 's ap traffic', applicationAt));
  for await (const value of records) {
    if (value.type !== APPLICATION) continue;
    const { type, body } = open(value);
    if (type === APPLICATION) received.push(body);
    if (type === ALERT) alert = body[1] ?? null;
  }
  socket.destroy();
  return { received: Buffer.concat(received).toString('latin1'), alert };
}

const EMPTY = Buffer.alloc(0);

function sha(...parts: Uint8Array[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest();
}

function extract(salt: Uint8Array, input: Uint8Array): Buffer {
  const from = input.length === 0 ? Buffer.alloc(32) : input;
  return createHmac('sha256', salt.length === 0 ? Buffer.alloc(32) : salt)
    .update(from)
    .digest();
}

function expand(secret: Uint8Array, label: string, context: Uint8Array, size: number): Buffer {
  const info = Buffer.concat([
    u16(size),
    sized(1, Buffer.from(`tls13 ${label}`)),
    sized(1, context),
  ]);
  // HKDF-Expand alone, by hand: Node's hkdf would extract first.
  const block = createHmac('sha256', secret).update(info).update(Buffer.of(1)).digest();
  return block.subarray(0, size);
}

function derive(secret: Uint8Array, label: string, hash: Uint8Array): Buffer {
  return expand(secret, label, hash, 32);
}

function u16(n: number): Buffer {
  return Buffer.of(n >> 8, n & 255);
}

/** A vector with its length before it, in so many bytes. */
function sized(lengthBytes: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(body.length, 0, lengthBytes);
  return Buffer.concat([length, body]);
}

function message(type: number, ...parts: Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.of(type), sized(3, ...parts)]);
}

function record(type: number, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(type, 3, 3), sized(2, body)]);
}

function extension(type: number, body: Uint8Array): Buffer {
  return Buffer.concat([u16(type), sized(2, body)]);
}

function rawOf(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(-32);
}

function x25519(raw: Uint8Array): KeyObject {
  const x = Buffer.from(raw).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
}

function clientHello(share: Uint8Array): Buffer {
  const extensions = [
    extension(43, sized(1, u16(0x0304))),
    extension(10, sized(2, u16(0x001d))),
    extension(13, sized(2, u16(0x0807))),
    extension(51, sized(2, u16(0x001d), sized(2, share))),
  ];
  const suites = sized(2, u16(0x1301));
  const compression = sized(1, Buffer.of(0));
  const head = [u16(0x0303), randomBytes(32), sized(1), suites, compression];
  return message(1, ...head, sized(2, ...extensions));
}

function keyShareIn(hello: Buffer): Buffer {
  let at = 4 + 2 + 32;
  at += 1 + (hello[at] as number) + 2 + 1 + 2;
  while (at < hello.length) {
    const type = hello.readUInt16BE(at);
    const size = hello.readUInt16BE(at + 2);
    if (type === 51) return hello.subarray(at + 8, at + 4 + size);
    at += 4 + size;
  }
  throw new Error('a ServerHello without a key');
}

function hasFinished(flight: Buffer): boolean {
  for (let at = 0; at + 4 <= flight.length; at += 4 + flight.readUIntBE(at + 1, 3)) {
    const whole = at + 4 + flight.readUIntBE(at + 1, 3) <= flight.length;
    if (flight[at] === 20 && whole) return true;
  }
  return false;
}

/** Certificate, CertificateVerify and Finished. */
function clientFlight(
  before: readonly Buffer[],
  { certificate, signer }: Presented,
  secret: Buffer,
): Buffer {
  const shown = message(11, sized(1), sized(3, sized(3, certificate), sized(2)));
  const context = Buffer.concat([
    Buffer.alloc(64, 32),
    Buffer.from('TLS 1.3, client CertificateVerify\0'),
    sha(...before, shown),
  ]);
  const verify = message(15, u16(0x0807), sized(2, sign(null, context, signer)));
  const finishedKey = expand(secret, 'finished', EMPTY, 32);
  const mac = createHmac('sha256', finishedKey)
    .update(sha(...before, shown, verify))
    .digest();
  return Buffer.concat([shown, verify, message(20, mac)]);
}

function keysOf(secret: Uint8Array): { key: Buffer; nonce: (count: number) => Buffer } {
  const iv = expand(secret, 'iv', EMPTY, 12);
  const nonce = (count: number): Buffer => {
    const it = Buffer.from(iv);
    it.writeUInt32BE((it.readUInt32BE(8) ^ count) >>> 0, 8);
    return it;
  };
  return { key: expand(secret, 'key', EMPTY, 16), nonce };
}

function sealer(secret: Uint8Array): (type: number, body: Uint8Array) => Buffer {
  const { key, nonce } = keysOf(secret);
  let count = 0;
  return (type, body) => {
    const head = Buffer.concat([Buffer.of(APPLICATION, 3, 3), u16(body.length + 1 + 16)]);
    const cipher = createCipheriv('aes-128-gcm', key, nonce(count++)).setAAD(head);
    const sealed = Buffer.concat([
      cipher.update(body),
      cipher.update(Buffer.of(type)),
      cipher.final(),
    ]);
    return Buffer.concat([head, sealed, cipher.getAuthTag()]);
  };
}

interface TlsRecord {
  readonly type: number;
  readonly head: Buffer;
  readonly body: Buffer;
}

function opener(secret: Uint8Array): (record: TlsRecord) => { type: number; body: Buffer } {
  const { key, nonce } = keysOf(secret);
  let count = 0;
  return ({ head, body }) => {
    const cipher = createDecipheriv('aes-128-gcm', key, nonce(count++)).setAAD(head);
    cipher.setAuthTag(body.subarray(-16));
    const plain = Buffer.concat([cipher.update(body.subarray(0, -16)), cipher.final()]);
    return { type: plain.at(-1) as number, body: plain.subarray(0, -1) };
  };
}

async function* recordsOf(socket: Socket): AsyncGenerator<TlsRecord, void, void> {
  let held = Buffer.alloc(0);
  try {
    for await (const chunk of socket) {
      held = Buffer.concat([held, chunk as Buffer]);
      while (held.length >= 5 && held.length >= 5 + held.readUInt16BE(3)) {
        const end = 5 + held.readUInt16BE(3);
        yield { type: held[0] as number, head: held.subarray(0, 5), body: held.subarray(5, end) };
        held = held.subarray(end);
      }
    }
  } catch {
    // Reset: closed all the same.
  }
}
