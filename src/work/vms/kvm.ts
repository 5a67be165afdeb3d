// Whether machines can run here, and how fast: QEMU is there and runs as a user without rights, and
// KVM is proven by a guest that ends in time. A proof is kept with its age; after another start of
// the machine, or with another QEMU, it is none. Spec: docs/machines.md, "KVM".

import { spawn } from 'node:child_process';
import { chmodSync, closeSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROBE_STATUS, probeArgs, probeGuest } from '../../../work/probe-guest.ts';
import type { Accel } from '../../../work/qemu.ts';
import { monotonicMs, nowMs } from '../../os/clock.ts';
import { bootId } from '../../os/machine.ts';
import { runTool } from '../../os/tools.ts';
import { type Identity, QEMU, asUser, pathOf } from './launch.ts';
import {
  COMPLAINT_BYTES_MAX,
  KVM_PROBE_MS,
  KVM_PROBE_TIMES,
  PROOF_BYTES_MAX,
  PROOF_MS,
  TCG_PROBE_MS,
} from './limits.ts';

export interface Proof {
  /** Null: not even without KVM does a guest run. */
  readonly accel: Accel | null;
  /** Why there is no KVM, or no guest at all; empty: there is. */
  readonly why: string;
  readonly qemu: string;
  readonly boot: string;
  readonly provedAtMs: number;
}

export interface ProofParts {
  readonly folder: string;
  /** Who machines run as; its groups are added to. */
  readonly identity: Identity;
  readonly device?: string;
}

const DEVICE = '/dev/kvm';
const NOTE = 'kvm.json';
const GUEST = 'probe-guest';

/** The proof that is kept, where it still holds, or a new one. */
export async function proven(parts: ProofParts): Promise<Proof> {
  const qemu = await versionOf();
  const kept = readProof(join(parts.folder, NOTE));
  const age = kept === null ? -1 : nowMs() - kept.provedAtMs;
  const holds = kept !== null && kept.qemu === qemu && kept.boot === bootId();
  if (holds && age >= 0 && age < PROOF_MS && kept.accel !== null) return kept;
  const { accel, why } = await prove(parts);
  const proof: Proof = { accel, why, qemu, boot: bootId(), provedAtMs: nowMs() };
  writeFileSync(join(parts.folder, NOTE), `${JSON.stringify(proof)}\n`, { mode: 0o600 });
  return proof;
}

/** "7.2.22", from the first line that it prints; the whole line where it prints another. */
async function versionOf(): Promise<string> {
  const { stdout, said } = await runTool([QEMU, '--version']);
  const line = stdout.toString('utf8').split('\n', 1)[0] ?? '';
  return /version (\S+)/.exec(line)?.[1] ?? (line.trim() || said);
}

function readProof(file: string): Proof | null {
  try {
    const bytes = readFileSync(file);
    if (bytes.length > PROOF_BYTES_MAX) return null;
    const proof = JSON.parse(bytes.toString('utf8')) as Proof;
    const isWhole =
      [null, 'kvm', 'tcg'].includes(proof.accel) &&
      [proof.why, proof.qemu, proof.boot].every((text) => typeof text === 'string') &&
      Number.isSafeInteger(proof.provedAtMs);
    return isWhole ? proof : null;
  } catch {
    return null;
  }
}

async function prove(parts: ProofParts): Promise<Pick<Proof, 'accel' | 'why'>> {
  const { device = DEVICE } = parts;
  const slow = await runGuest(parts, 'tcg', TCG_PROBE_MS);
  if (slow.why !== null) return { accel: null, why: slow.why };
  const groups = groupsFor(device);
  if (typeof groups === 'string') return { accel: 'tcg', why: groups };
  // What takes longer with it than without is emulated itself, and hangs sooner or later.
  const limitMs = KVM_PROBE_MS + KVM_PROBE_TIMES * slow.tookMs;
  const fast = await runGuest(parts, 'kvm', limitMs);
  return fast.why === null ? { accel: 'kvm', why: '' } : { accel: 'tcg', why: fast.why };
}

/** The groups that a user needs to open the device, or why it cannot. */
export function groupsFor(device: string = DEVICE): readonly number[] | string {
  try {
    const { mode, gid } = statSync(device);
    if ((mode & 0o006) === 0o006) return [];
    if ((mode & 0o060) === 0o060 && gid !== 0) return [gid];
    return `${device} is open to root alone`;
  } catch {
    return `there is no ${device}`;
  }
}

interface Guest {
  /** Null: it ended as it should. */
  readonly why: string | null;
  readonly tookMs: number;
}

function runGuest(parts: ProofParts, accel: Accel, limitMs: number): Promise<Guest> {
  const file = join(parts.folder, GUEST);
  writeFileSync(file, probeGuest());
  // QEMU opens it anew, as another user; what a new file gets is this process's own mask.
  chmodSync(file, 0o444);
  const fd = openSync(file, 'r');
  const beganMs = monotonicMs();
  const groups = accel === 'kvm' ? groupsFor(parts.device) : [];
  const identity = { ...parts.identity, groups: typeof groups === 'string' ? [] : groups };
  const [program = '', ...args] = [...asUser(identity), QEMU, ...probeArgs(accel, 3)];
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env: { PATH: pathOf(), LC_ALL: 'C' },
      stdio: ['ignore', 'ignore', 'pipe', fd],
      detached: true,
    });
    closeSync(fd);
    let said = '';
    let isLate = false;
    child.stderr?.on('data', (bytes: Buffer) => {
      if (said.length < COMPLAINT_BYTES_MAX) said += bytes.toString('utf8');
    });
    const timer = setTimeout(() => {
      isLate = true;
      // The group, and no longer waited for: one that hangs in the kernel cannot be killed.
      if (child.pid !== undefined) endGroup(child.pid);
      child.stderr?.destroy();
      child.unref();
      done(null);
    }, limitMs);
    const done = (status: number | null): void => {
      clearTimeout(timer);
      const late = `a guest with ${accel} did not end within ${Math.round(limitMs)} ms`;
      const wrong = `a guest with ${accel} ended with ${status}: ${said.trim()}`;
      const why = isLate ? late : status === PROBE_STATUS ? null : wrong;
      resolve({ why, tookMs: monotonicMs() - beganMs });
    };
    child.on('error', (error) => {
      said ||= error.message;
      done(null);
    });
    child.on('close', (status) => done(status));
  });
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
