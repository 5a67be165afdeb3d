// A new machine on a link that has IPv6 and nothing else: no server gave it an address. It is found
// by its announcements and dialled at its link-local address. In a network namespace of its own.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { hostAndPort, textOfAddress, urlIn } from '../../src/peer/address.ts';
import { ROOT, type Ran } from '../cli/ledgers.ts';
import { founded } from './machines.ts';

test('an address may name its link, and is written as it was read', () => {
  for (const text of ['[fe80::1%eth0]:7448', '[2001:db8::1]:1', '192.0.2.1:65535', 'a.example:2']) {
    const address = hostAndPort(text);
    expect(address === null ? null : textOfAddress(address)).toBe(text);
    expect(urlIn(text)).toBe(`https://${text}`);
  }
  for (const text of ['[fe80::1%]:1', '[fe80::1%a b]:1', '[192.0.2.1%eth0]:1', '[%eth0]:1']) {
    expect(hostAndPort(text)).toBe(null);
  }
});

// Two ends of one wire, in one namespace: what is said on one is heard on the other.
const LINK = [
  'ip link set lo up',
  'ip link add eth8 type veth peer name eth9',
  'ip link set eth8 up',
  'ip link set eth9 up',
  // Until the addresses are known to be nobody else's.
  'for i in $(seq 100); do ip -6 addr show tentative | grep -q inet6 || break; sleep 0.1; done',
].join(' && ');
const NAMESPACE = ['-Urn', 'sh', '-c'];

function whyNoLink(): string | null {
  const tried = spawnSync('unshare', [...NAMESPACE, `${LINK} && ip -6 addr show dev eth8`]);
  const isThere = tried.status === 0 && String(tried.stdout).includes('fe80:');
  return isThere ? null : 'this machine gives no network namespace with IPv6 (unshare -Urn, ip)';
}

const holders = new Set<ChildProcess>();
afterAll(() => {
  for (const holder of holders) holder.kill('SIGKILL');
});

/** A namespace with a link, kept by a process that waits. */
async function linked(): Promise<number> {
  const holder = spawn('unshare', [...NAMESPACE, `${LINK} && echo up && exec sleep 1000`]);
  holders.add(holder);
  await new Promise<void>((up, fail) => {
    holder.stdout.once('data', () => up());
    holder.once('exit', () => fail(new Error('no namespace')));
  });
  return holder.pid as number;
}

interface Inside {
  readonly ended: Promise<Ran>;
  /** The first line that it prints. */
  readonly first: Promise<string>;
}

function inside(pid: number, words: readonly string[], input = ''): Inside {
  const enter = ['-t', String(pid), '-U', '-n', '--preserve-credentials', join(ROOT, 'kith')];
  const child = spawn('nsenter', [...enter, ...words]);
  holders.add(child);
  child.stdin.on('error', () => undefined).end(input);
  let [out, err] = ['', ''];
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = new Promise<Ran>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, out, err }));
  });
  const first = new Promise<string>((found, fail) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (out.includes('\n')) found(out.split('\n', 1)[0] as string);
    });
    void ended.then(() => fail(new Error(`${words.join(' ')}: ${out}${err}`)));
  });
  first.catch(() => undefined);
  return { ended, first };
}

test('is found and admitted where there is no IPv4 at all', async (context) => {
  const why = whyNoLink();
  if (why !== null) return context.skip(why);
  const attic = await founded('links');
  const pid = await linked();
  const machine = inside(pid, [
    'join',
    '--name',
    'lamp',
    '--dir',
    join(attic, '..', 'lamp'),
    '--json',
  ]);
  const { code } = JSON.parse(await machine.first) as { code: string };
  const look = async (): Promise<{ name: string; address: string; addresses: string[] }[]> =>
    JSON.parse((await inside(pid, ['candidates', '--json']).ended).out).candidates;
  // It looks for two seconds, in which a busy machine may not have come to say a word.
  let candidates = await look();
  while (candidates.length === 0) candidates = await look();
  // Heard on both ends of the wire, and one machine.
  expect(candidates.map(({ name }) => name)).toEqual(['lamp']);
  const { address, addresses } = candidates[0] as (typeof candidates)[number];
  expect(addresses[0]).toBe(address);
  for (const one of addresses) expect(one).toMatch(/^\[fe80:[0-9a-f:]+%eth[89]\]:\d+$/);
  const words = ['admit', 'lamp', '--yes', '--json', '--dir', attic];
  let admit = await inside(pid, words, `${code}\n`).ended;
  while (admit.out.includes('"no-such-candidate"')) {
    admit = await inside(pid, words, `${code}\n`).ended;
  }
  expect([admit.code, admit.err]).toEqual([0, '']);
  expect((await machine.ended).code).toBe(0);
  return undefined;
});
