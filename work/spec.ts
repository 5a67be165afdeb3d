// A spec of work: what somebody wants run, whole and closed. Any value is read into one or refused;
// its canonical text is its only spelling, and the SHA-256 of that names it. Spec: docs/work.md.

import { toBase64url, utf8 } from '../proto/bytes.ts';
import type { Digest, Key, RecordId } from '../proto/ids.ts';
import { type Json, canonical } from '../proto/json.ts';
import type { Platform } from '../proto/platform.ts';
import { type Result, ok, refuse } from '../proto/result.ts';
import { conflictIn } from './conflicts.ts';
import { SPEC_BYTES_MAX } from './limits.ts';
import { readBy } from './reading.ts';
import type { SpecCode } from './refusals.ts';
import { SPEC } from './schema.ts';
import { object } from './shape.ts';

export type Kind = 'job' | 'vm';
export type Policy = 'two' | 'mostFree' | 'pack' | 'pin';

export interface Spec {
  readonly v: 1;
  readonly id?: string;
  readonly generation: number;
  readonly kind: Kind;
  readonly name: string;
  readonly labels: readonly string[];
  readonly owner?: Key;
  readonly capability?: RecordId;
  readonly resources: {
    readonly cpuMilli: number;
    readonly memMiB: number;
    readonly memMinMiB?: number;
    readonly diskMiB: number;
    readonly gpu?: GpuWish;
  };
  readonly constraints: {
    readonly arch?: 'amd64' | 'arm64';
    readonly need: readonly string[];
    readonly nodes?: readonly string[];
    readonly avoid: readonly string[];
    readonly spreadBy?: string;
    readonly policy?: Policy;
  };
  readonly network: {
    readonly mode: 'none' | 'mesh' | 'egress';
    readonly publish: readonly Published[];
  };
  readonly mounts: readonly Mount[];
  readonly env: Readonly<Record<string, string | { readonly secret: string }>>;
  readonly limits: {
    readonly maxRuntimeS?: number;
    readonly startBy?: string;
    readonly idleS?: number;
    readonly pids: number;
    readonly logBytes: number;
    readonly nofile: number;
  };
  readonly lifecycle: {
    readonly restart: 'never' | 'onFailure' | 'always';
    readonly maxRestarts?: number;
    readonly onHostLoss: 'wait' | 'replace';
    readonly lostAfterS: number;
    readonly stopGraceS: number;
    readonly expiresAt?: string;
  };
  readonly health?: Health;
  readonly proof: 'none' | 'hash' | 'verify';
  readonly job?: Job;
  readonly vm?: Vm;
}

export interface GpuWish {
  readonly count: number;
  readonly minVramMiB?: number;
  readonly vendor?: 'nvidia' | 'amd' | 'intel';
  readonly model?: string;
}

interface Published {
  readonly port: number;
  readonly hostPort?: number;
  readonly protocol: 'tcp' | 'udp';
}

interface Mount {
  readonly volume: string;
  readonly target: string;
  readonly readOnly: boolean;
}

interface Health {
  readonly tcp?: number;
  readonly command?: readonly string[];
  readonly everyS: number;
  readonly timeoutS: number;
  readonly failures: number;
  readonly startS?: number;
}

interface Job {
  readonly image: string;
  readonly command: readonly string[];
  readonly workdir?: string;
  readonly user: number;
  readonly readOnlyRoot: boolean;
  readonly tmpMiB: number;
  readonly outputs: readonly string[];
}

interface Vm {
  readonly image?: string;
  readonly kernel?: string;
  readonly initrd?: string;
  readonly cmdline?: string;
  readonly firmware: 'bios' | 'uefi';
  readonly userData?: readonly string[];
  readonly balloon: boolean;
}

/** Of a job that says nothing; a VM runs until somebody stops it. */
const JOB_RUNTIME_S = 300;

/** The spec that a value says, with everything that it leaves out. */
export function readSpec(value: unknown): Result<Spec, SpecCode> {
  const read = readBy(object(SPEC), value, '');
  if (!read.ok) return read;
  // The schema has the fields of the type, and a test goes through all of them.
  const said = read.value as unknown as Omit<Spec, 'kind'> & { readonly kind?: Kind };
  const kind: Kind = said.kind ?? (said.vm === undefined ? 'job' : 'vm');
  const spec: Spec = { ...said, kind, limits: limitsOf(kind, said.limits) };
  const conflict = conflictIn(spec);
  if (conflict !== null) return refuse('spec-conflict', conflict);
  const size = utf8(specText(spec)).length;
  return size <= SPEC_BYTES_MAX ? ok(spec) : refuse('spec-too-large', `${size} bytes`);
}

function limitsOf(kind: Kind, limits: Spec['limits']): Spec['limits'] {
  if (kind === 'vm' || limits.maxRuntimeS !== undefined) return limits;
  return { ...limits, maxRuntimeS: JOB_RUNTIME_S };
}

/** The one text of a spec: reading it gives the same spec. */
export function specText(spec: Spec): string {
  return canonical(spec as unknown as Json);
}

/** Names a spec, whatever the order and the spelling it was written in. */
export function specDigest(spec: Spec, platform: Platform): Digest {
  return toBase64url(platform.sha256(utf8(`kith-spec-v1\n${specText(spec)}`))) as Digest;
}
