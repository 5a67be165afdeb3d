// The process behind fifty members (swarm.ts): sends the heartbeat of each from its own address
// every ten seconds, signed by its own key, and one more where it is asked. Reads the ledger's
// roots, a line of JSON each, from standard input, and says `ready` once it sends.

import { sign } from 'node:crypto';
import { type Socket, createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { INSTANCE_BYTES, INTERVAL_MS } from '../../beat/limits.ts';
import { bodyOf, openPacket, packetOf, signedBytes } from '../../beat/packet.ts';
import { toBase64url } from '../../proto/bytes.ts';
import type { Digest } from '../../proto/ids.ts';
import { MESH_PORT } from '../../src/beat/limits.ts';
import { keyHost } from '../../src/home/host.ts';
import { type Identity, openIdentity } from '../../src/keys/identity.ts';
import type { SwarmFile } from './swarm.ts';

export interface Told {
  readonly frontierRoot: Digest;
  readonly stateRoot: Digest;
  readonly count: number;
  readonly rules: number;
  readonly version: string;
}

const { ledger, to, members } = JSON.parse(
  readFileSync(process.argv[2] ?? '', 'utf8'),
) as SwarmFile;
const incarnation = Math.floor(Date.now() / 1_000);
const HEADROOM = {
  ...{ cpuMilli: 8_000, cpuFreeMilli: 7_250, ramMib: 32_000, ramFreeMib: 21_500 },
  ...{ diskMib: 480_000, diskFreeMib: 210_000, loadCenti: 75, gpuCount: 0, gpus: [] },
};
let told: Told | null = null;

createInterface({ input: process.stdin }).on('line', (line) => {
  const isFirst = told === null;
  told = JSON.parse(line) as Told;
  if (isFirst) void begin();
});
process.stdin.on('end', () => process.exit(0));

async function begin(): Promise<void> {
  const all = members.map(({ folder, address }, i) => {
    const opened = openIdentity(keyHost(), folder);
    if (!opened.ok) throw new Error(opened.code);
    return member(opened.value, address, i);
  });
  await Promise.all(all);
  process.stdout.write('ready\n');
}

async function member(identity: Identity, address: string, number: number): Promise<void> {
  const socket = createSocket('udp6');
  await new Promise<void>((bound) => void socket.bind({ address, port: MESH_PORT }, bound));
  const speak = speaker(identity, number, socket);
  socket.on('message', (bytes) => {
    const opened = openPacket(bytes, ledger);
    if (opened.ok && opened.value.answer) speak();
  });
  // Spread over the interval, as those of machines that were started one by one.
  setTimeout(
    () => {
      speak();
      setInterval(speak, INTERVAL_MS);
    },
    (number * INTERVAL_MS) / members.length,
  );
}

function speaker({ publicKey, privateKey }: Identity, number: number, socket: Socket): () => void {
  const instance = toBase64url(new Uint8Array(INSTANCE_BYTES).fill(number + 1));
  let sequence = 0;
  return () => {
    if (told === null) return;
    sequence += 1;
    const body = bodyOf({
      ...{ ...told, subject: publicKey, ledger, incarnation, sequence, instance },
      ...{
        clockMs: Date.now(),
        relay: false,
        lobby: false,
        headroom: HEADROOM,
        offer: null,
        work: null,
      },
      ...{ acks: [], rotations: [], doubts: [], observations: [] },
    });
    const signature = new Uint8Array(sign(null, signedBytes(body), privateKey));
    socket.send(packetOf(body, signature), MESH_PORT, to);
  };
}
