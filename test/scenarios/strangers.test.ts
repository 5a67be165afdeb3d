import type { ChildProcess } from 'node:child_process';
import { sign } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { bodyOf, packetOf, signedBytes } from '../../beat/packet.ts';
import { plainAddress } from '../../src/beat/wire.ts';
import { MESH_PORT } from '../../src/beat/limits.ts';
import { keyHost } from '../../src/home/host.ts';
import { openIdentity } from '../../src/keys/identity.ts';
import { type PeerIdentity, certificateOf } from '../../src/peer/certificate.ts';
import { UNPROVEN_PER_ADDRESS_MAX } from '../../src/peer/limits.ts';
import { newIdentity } from '../kit/peers.ts';
import { PLAIN } from '../beat/beats.ts';
import type { Host } from '../lab/host.ts';
import type { Machine } from '../lab/machine.ts';
import { DOOR_PORT, type Network, commit, network } from '../lab/network.ts';
import { laboratory } from '../lab/suite.ts';
import { until } from '../lab/until.ts';
import { agreed, heard, linkTo, linked, meshOf, nodesOf, pinged } from './watch.ts';

const SCRIPT = readFileSync(join(import.meta.dirname, 'outsider.mjs'), 'utf8');
const NODE = [process.execPath, '--input-type=module', '--eval', SCRIPT, '--'];
// Another user of the machine, in a folder that it may be in.
const LOCAL_USER = ['env', '-C', '/', 'setpriv', '--reuid', '65534', '--regid', '65534'];
const AS_LOCAL_USER = [...LOCAL_USER, '--clear-groups', '--'];

interface Came {
  readonly connected: boolean;
  readonly closed: boolean;
  readonly error: string | null;
  readonly received: string;
}
interface Answered {
  readonly answers: readonly string[];
  readonly error: string | null;
}
interface Place {
  readonly host: string;
  readonly port: number;
  readonly localAddress?: string;
}

async function does<What = Came>(
  machine: Machine,
  deed: Readonly<Record<string, unknown>>,
  as: readonly string[] = [],
): Promise<What> {
  const out = await machine.must([...as, ...NODE], {
    input: JSON.stringify(deed),
    limitMs: 90_000,
  });
  return JSON.parse(out) as What;
}

// Who is let in gets the first record of the ledger.
const ASK = Buffer.from(
  'POST /v1/genesis HTTP/1.1\r\nhost: kith\r\nconnection: close\r\ncontent-length: 0\r\n\r\n',
).toString('base64');
const LET_IN = /^HTTP\/1\.1 200 /;

const viaTls = (to: Place, who: PeerIdentity): Record<string, unknown> => ({
  ...{ deed: 'tls', to, bytes: ASK, cert: certificateOf(who) },
  key: who.privateKey.export({ format: 'pem', type: 'pkcs8' }),
});

/** Neither by TCP nor by TLS with a key of its own is anything of HTTP to be had there. */
async function turnedAway(machine: Machine, to: Place, as: readonly string[] = []): Promise<void> {
  const plain = await does(machine, { deed: 'tcp', to, bytes: ASK }, as);
  expect(plain).toMatchObject({ connected: true, closed: true });
  expect(plain.received).not.toContain('HTTP');
  const own = await does(machine, viaTls(to, newIdentity()), as);
  expect(own).toMatchObject({ connected: true, closed: true, received: '' });
}

const metricsOf = ({ folder }: Host): Record<string, unknown> => ({
  ...{ deed: 'path', path: join(folder, 'kith.sock') },
  bytes: Buffer.from('GET /metrics HTTP/1.0\r\n\r\n').toString('base64'),
});
const METRICS_WORK = 'kith_mesh_up 1';

async function refusedBeats(on: Host, why: string): Promise<number> {
  const { received } = await does(on.machine, metricsOf(on));
  expect(received).toContain(METRICS_WORK);
  const found = new RegExp(`kith_heartbeats_refused_total\\{why="${why}"\\} (\\d+)`).exec(received);
  return Number(found?.[1] ?? 0);
}

laboratory('who is no member', (net, prepare) => {
  let [attic, barn, eve]: Host[] = [];
  let members: Host[] = [];
  let made: Network;
  const meshAt: Record<string, string> = {};
  let identity: PeerIdentity;

  prepare(async () => {
    const lan = await net().lan();
    attic = await net().host('attic', lan);
    barn = await net().host('barn', lan);
    eve = await net().host('eve', lan);
    members = [attic, barn];
    made = await network(members);
    for (const one of members) await one.up();
    await linked(members);
    await heard(members);
    for (const one of members) {
      meshAt[one.name] = plainAddress(String((await meshOf(one)).address));
    }
    const opened = openIdentity(keyHost(), attic.folder);
    if (!opened.ok) throw new Error(opened.code);
    identity = opened.value;
  });

  /** A heartbeat that says it is of attic's next start, by this key; it would be believed. */
  function beatBy(key: PeerIdentity, version: string): string {
    const file = join((attic as Host).folder, 'beat.json');
    const before = JSON.parse(readFileSync(file, 'utf8')).incarnation as number;
    const subject = identity.publicKey;
    const incarnation = before + 1;
    const body = bodyOf({
      ...{ ...PLAIN, subject, ledger: made.ledger, incarnation, version, clockMs: Date.now() },
    });
    const signature = new Uint8Array(sign(null, signedBytes(body), key.privateKey));
    return Buffer.from(packetOf(body, signature)).toString('base64');
  }

  const kept: { readonly child: ChildProcess; readonly ended: Promise<unknown> }[] = [];
  afterEach(async () => {
    const ended = kept.splice(0).map(({ child, ended: its }) => {
      child.kill('SIGKILL');
      return its;
    });
    await Promise.all(ended);
    if (attic !== undefined) await net().heal(attic);
  });

  /** What eve does until the test is over: all that was said of it so far. */
  function keeps(deed: Readonly<Record<string, unknown>>): () => string {
    const child = (eve as Host).machine.start([...NODE, 'lasting', JSON.stringify(deed)]);
    kept.push({ child, ended: once(child, 'close') });
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text));
    return () => said;
  }

  const versionAtBarn = async (): Promise<string | null | undefined> =>
    (await nodesOf(barn as Host)).find(({ key }) => key === identity.publicKey)?.version;
  const doorOf = (one: Host): Place => ({ host: one.address, port: DOOR_PORT });
  const meshApiOf = (one: Host): Place => ({ host: meshAt[one.name] as string, port: MESH_PORT });
  const turnedAwayAt = (on: Host, address: string): Promise<unknown> =>
    (on.daemon as NonNullable<Host['daemon']>).until(
      'turned-away',
      (event) => String(event['address']).replace('::ffff:', '') === address,
    );

  test('a local user cannot use the socket, and is a stranger at each door', async ({ skip }) => {
    const { machine, folder, address } = attic as Host;
    const can = await machine.run([...AS_LOCAL_USER, process.execPath, '--eval', '']);
    if (can.code !== 0) skip(`there is no other user here: ${can.err.trim()}`);
    // As if everybody could look into the folders above it: the socket is closed by itself.
    const above = [net().folder, dirname(folder), folder];
    const modes = above.map((path) => statSync(path).mode);
    for (const path of above) chmodSync(path, 0o711);
    try {
      const local = await does(machine, metricsOf(attic as Host), AS_LOCAL_USER);
      expect(local).toMatchObject({ connected: false, error: 'EACCES', received: '' });
      expect((await does(machine, metricsOf(attic as Host))).received).toContain(METRICS_WORK);
    } finally {
      for (const [i, path] of above.entries()) chmodSync(path, modes[i] as number);
    }
    const own = meshAt['attic'] as string;
    for (const [on, to] of [
      [attic, doorOf(attic as Host)],
      [barn, doorOf(barn as Host)],
      [attic, { ...meshApiOf(attic as Host), localAddress: own }],
      [barn, { ...meshApiOf(barn as Host), localAddress: own }],
    ] as [Host, Place][]) {
      await turnedAway(machine, to, AS_LOCAL_USER);
      await turnedAwayAt(on, to.localAddress ?? address);
      const member = await does(machine, viaTls(to, identity), AS_LOCAL_USER);
      expect(member.received).toMatch(LET_IN);
    }
  });

  test('a heartbeat that its subject has not signed is refused, and changes nothing', async () => {
    const to = meshApiOf(barn as Host);
    const before = await refusedBeats(barn as Host, 'forged');
    const bytes = beatBy(newIdentity(), '6.6.6');
    const deed = { deed: 'udp', to, from: meshAt['attic'], bytes, times: 1 };
    await until('it is refused', async () => {
      await does((attic as Host).machine, deed);
      return (await refusedBeats(barn as Host, 'forged')) > before;
    });
    expect(await versionAtBarn()).not.toBe('6.6.6');
  });

  test('a guest in the /96 of a member is no member, though it had a signed packet', async () => {
    const { machine } = attic as Host;
    const guest = (meshAt['attic'] as string).replace(/:1$/, ':2');
    expect(guest).not.toBe(meshAt['attic']);
    // Beside the interface, so that nobody takes it away.
    await machine.must(['ip', '-6', 'address', 'replace', `${guest}/128`, 'dev', 'lo', 'nodad']);
    const to = { ...meshApiOf(barn as Host), localAddress: guest };
    await turnedAway(machine, to);
    await turnedAwayAt(barn as Host, guest);
    // It is the key that is asked for, and the guest's packets do arrive.
    expect((await does(machine, viaTls(to, identity))).received).toMatch(LET_IN);
    const before = await refusedBeats(barn as Host, 'not-its-address');
    const bytes = beatBy(identity, '7.7.7');
    const beat = { deed: 'udp', to: meshApiOf(barn as Host), bytes, times: 1 };
    await until('it is refused', async () => {
      await does(machine, { ...beat, from: guest });
      return (await refusedBeats(barn as Host, 'not-its-address')) > before;
    });
    expect(await versionAtBarn()).not.toBe('7.7.7');
    // Such a packet from where it belongs is believed.
    await until('it is believed', async () => {
      const its = { bytes: beatBy(identity, '7.7.7'), from: meshAt['attic'] };
      await does(machine, { ...beat, ...its });
      return (await versionAtBarn()) === '7.7.7';
    });
    await attic?.daemon?.stop();
    await attic?.up();
    await linked(members);
    await heard(members);
  });

  test('a stranger on the local network gets no answer, at no door', async () => {
    const { machine } = eve as Host;
    for (const one of members) {
      await turnedAway(machine, doorOf(one));
      await turnedAwayAt(one, (eve as Host).address);
      // One that knows a member's key is let in from there.
      expect((await does(machine, viaTls(doorOf(one), identity))).received).toMatch(LET_IN);
      const knock = (port: number): Promise<Answered> => {
        // The head of a handshake of WireGuard, and nothing right in it.
        const bytes = Buffer.concat([Buffer.of(1, 0, 0, 0), Buffer.alloc(144, 7)]);
        const deed = { deed: 'udp', to: { host: one.address, port }, from: (eve as Host).address };
        return does<Answered>(machine, { ...deed, bytes: bytes.toString('base64'), times: 20 });
      };
      expect(await knock(DOOR_PORT)).toEqual({ answers: [], error: null });
      expect(await knock(9)).toMatchObject({ error: 'ECONNREFUSED' });
    }
  });

  test('200 connections to a door do not keep the members from theirs', async () => {
    const said = keeps({ deed: 'flood', to: doorOf(barn as Host), count: 200 });
    await until('all are there', () => said().includes('{"held":200,'));
    // A few may wait there and show who they are.
    await until('most are sent away', () => {
      const closed = Number(/"closed":(\d+)/.exec(said().trimEnd().split('\n').at(-1) ?? '')?.[1]);
      return closed >= 200 - UNPROVEN_PER_ADDRESS_MAX;
    });
    await turnedAwayAt(barn as Host, (eve as Host).address);
    const door = await does((attic as Host).machine, viaTls(doorOf(barn as Host), identity));
    expect(door.received).toMatch(LET_IN);
    await commit(attic as Host, 'heating.mode', 'flood');
    await agreed(members);
    await heard(members);
  });

  test('beacons that somebody says again elsewhere take no link away', async () => {
    const { machine, address } = eve as Host;
    const broadcast = address.replace(/\d+$/, '255');
    const said = keeps({ deed: 'echo', broadcast, port: DOOR_PORT });
    await until('it has heard one of each', () => /"beacons":([2-9]|\d\d)/.test(said()));
    // Who looks for a member that is gone believes them enough to ask there.
    await net().cut(attic as Host);
    const barnAsks = `{"visitor":"${barn?.address}"`;
    await until('barn asks at the wrong place', () => said().includes(barnAsks));
    await net().heal(attic as Host);
    await linked(members);
    await pinged(members);
    const { endpoint } = await linkTo(barn as Host, attic as Host);
    const its = await machine.must(['ip', '-o', 'address', 'show', 'dev', 'eth0']);
    const wrong = [...its.matchAll(/inet6? ([^/ ]+)/g)].map(([, one = '']) => one);
    expect(wrong).toContain(address);
    expect(wrong.filter((one) => (endpoint ?? one).includes(one))).toEqual([]);
    await commit(attic as Host, 'heating.mode', 'echo');
    await agreed(members);
  });
});
