// Rows: what a daemon with fifty peers costs while nothing happens. Beside it, in the same run, a
// Node that does nothing, and one that has loaded the packages that kith has.

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { askDaemon } from '../../src/daemon/client.ts';
import type { Host } from '../../test/lab/host.ts';
import { type Lab, lab } from '../../test/lab/lab.ts';
import { network } from '../../test/lab/network.ts';
import { until } from '../../test/lab/until.ts';
import type { Finding } from '../ledger/finding.ts';
import { median } from '../ledger/measure.ts';
import type { Told } from './child.ts';
import { TICKS, processIn, ticksOf } from './processes.ts';
import { raiseSwarm } from './swarm.ts';

const PEERS = 50;
const MEMORY_MOST_MB = 80;
const CORE_MOST_PERCENT = 1;
const CHILD = fileURLToPath(new URL('./child.js', import.meta.url));
const PACKAGES = ['fastify', 'level', 'protobufjs/minimal.js']
  .concat(['@noble/curves/ed25519.js', '@noble/hashes/sha2.js', '@scure/base', 'sodium-native'])
  .concat(['@peculiar/asn1-schema', '@peculiar/asn1-x509']);

export async function idleFindings(isQuick: boolean): Promise<Finding[]> {
  // For five minutes V8 still compiles what is run often, and garbage has yet to gather.
  const [settleS, watchS] = isQuick ? [20, 20] : [300, 60];
  const net = await lab();
  try {
    const attic = await raised(net);
    await over(settleS);
    const bare = await residentOf('');
    const loaded = await residentOf(PACKAGES.map((name) => `import '${name}';`).join(''));
    const used = await watched(attic, watchS);
    return findingsOf(used, { bare, loaded }, { settleS, watchS });
  } catch (error) {
    process.stderr.write(`${net.log()}\n`);
    throw error;
  } finally {
    await net.close();
  }
}

/** One daemon that hears fifty members. */
async function raised(net: Lab): Promise<Host> {
  const lan = await net.lan();
  const attic = await net.host('attic', lan);
  const swarm = await net.host('swarm', lan);
  const absent = Array.from({ length: PEERS }, (_, i) => {
    const name = `peer-${i}`;
    return { name, folder: join(net.folder, name) };
  });
  const { ledger } = await network([attic], { endpoints: false, absent });
  const file = await raiseSwarm(swarm.machine, absent, attic, ledger);
  const told = join(net.folder, 'swarm.json');
  writeFileSync(told, JSON.stringify(file));
  await attic.up();
  const child = swarm.machine.start([process.execPath, CHILD, told]);
  child.stderr?.pipe(process.stderr);
  await tellRoots(attic, child);
  // Its last record before it has nothing to say any more.
  await attic.daemon?.until('endpoints');
  await until('the daemon hears all of them, and they agree', async () => {
    await tellRoots(attic, child);
    const { nodes } = await askDaemon(attic.folder, 'nodes', undefined);
    const { mesh } = await askDaemon(attic.folder, 'status', undefined);
    const same = nodes.filter(({ agrees }) => agrees === true).length;
    await over(1);
    if (same >= PEERS && mesh.links.up >= PEERS) return true;
    throw new Error(`${same} agree, ${mesh.links.up} linked`);
  });
  return attic;
}

/** They hold what it holds: there is nothing to sync. */
async function tellRoots({ folder }: Host, child: ChildProcess): Promise<void> {
  const { frontierRoot, stateRoot, records, rules } = await askDaemon(folder, 'ledger', undefined);
  const { version } = await askDaemon(folder, 'status', undefined);
  const told: Told = { frontierRoot, stateRoot, count: records, rules, version };
  child.stdin?.write(`${JSON.stringify(told)}\n`);
}

interface Used {
  /** Resident, in MB of 2^20 bytes: in the middle of the watch, and at most. */
  readonly medianMb: number;
  readonly mostMb: number;
  readonly ownPercent: number;
  /** Of the tools that it runs. */
  readonly toolsPercent: number;
  readonly tunnelMb: number;
  readonly tunnelPercent: number;
}

async function watched(attic: Host, watchS: number): Promise<Used> {
  const daemon = processIn(attic, (words) => words.includes('up'));
  const tunnel = processIn(attic, (words) => words[0]?.endsWith('wireguard-go') === true);
  const before = [ticksOf(daemon), ticksOf(tunnel)] as const;
  const beganMs = performance.now();
  const resident: number[] = [];
  while (performance.now() - beganMs < watchS * 1_000) {
    await over(1);
    resident.push(residentMb(daemon));
  }
  const elapsed = ((performance.now() - beganMs) / 1_000) * (TICKS / 100);
  const after = [ticksOf(daemon), ticksOf(tunnel)] as const;
  return {
    medianMb: median(resident),
    mostMb: Math.max(...resident),
    ownPercent: (after[0].own - before[0].own) / elapsed,
    toolsPercent: (after[0].children - before[0].children) / elapsed,
    tunnelMb: residentMb(tunnel),
    tunnelPercent: (after[1].own - before[1].own) / elapsed,
  };
}

function findingsOf(
  used: Used,
  { bare, loaded }: { readonly bare: number; readonly loaded: number },
  { settleS, watchS }: { readonly settleS: number; readonly watchS: number },
): Finding[] {
  const how =
    `A daemon with its mesh in a machine of the laboratory, and ${PEERS} members that are admitted ` +
    'in its ledger: each has a wireguard-go, key, address and handshakes of its own in one other ' +
    'machine, and one process there sends the signed heartbeat of each every 10 s and answers when ' +
    'it is asked. No daemon is behind them: they listen on no TCP port, watch nobody, tell of no ' +
    `paths. After ${settleS} s with all of them, for ${watchS} s; /proc says it, once a second.`;
  const row = (what: string, value: number, unit: 'MB' | '%', most?: number): Finding => ({
    ...{ row: 'idle', what, measured: { value, unit }, how },
    ...(most === undefined ? {} : { goal: { of: 'measured', most } }),
  });
  const idle = `daemon with ${PEERS} peers, idle`;
  return [
    {
      ...row(`${idle}: resident, the median`, used.medianMb, 'MB', MEMORY_MOST_MB),
      beside: { value: bare, unit: 'MB', what: 'bare Node' },
    },
    {
      ...row(`${idle}: resident, at most`, used.mostMb, 'MB'),
      beside: { value: loaded, unit: 'MB', what: 'Node with all our packages loaded' },
    },
    row(`${idle}: share of a core`, used.ownPercent, '%', CORE_MOST_PERCENT),
    row(`${idle}: share of a core of the tools that it runs`, used.toolsPercent, '%'),
    row(`its wireguard-go: resident`, used.tunnelMb, 'MB'),
    row(`its wireguard-go: share of a core`, used.tunnelPercent, '%'),
  ];
}

/** A Node that has run this and waits, three times; the median. */
async function residentOf(code: string): Promise<number> {
  const all: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    const script = `${code}process.stdout.write('here');setInterval(() => undefined, 1e6);`;
    const words = ['--input-type=module', '--eval', script];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((here, fail) => {
      child.stdout.once('data', here);
      child.once('close', (status) =>
        fail(new Error(`a Node to compare with ended with ${status}`)),
      );
    });
    await over(1);
    all.push(residentMb(child.pid as number));
    child.kill('SIGKILL');
  }
  return median(all);
}

function residentMb(pid: number): number {
  const [, kib] = /^VmRSS:\s*([0-9]+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1_024;
}

function over(seconds: number): Promise<void> {
  return new Promise((done) => void setTimeout(done, seconds * 1_000));
}
