// The whole schema of a spec of work, for jobs and VMs: every field with its shape, what stands
// there if nobody says anything, and an example. Names end in their unit; where a person would
// rather write `8GiB`, the same name without the unit takes that. docs/work.md is written from it.

import * as form from './forms.ts';
import {
  CPU_MILLI_MAX,
  CPU_MILLI_MIN,
  DISK_MIB_MAX,
  GENERATION_MAX,
  GPUS_MAX,
  LIST_MAX,
  LOG_BYTES_MAX,
  LONG_LIST_MAX,
  LOST_AFTER_S_MIN,
  MEM_MIB_MAX,
  MEM_MIB_MIN,
  NOFILE_MAX,
  PIDS_MAX,
  SECONDS_MAX,
  USER_MAX,
} from './limits.ts';
import { type Field, type Fields, type Shape, choice, flag, integer, object } from './shape.ts';

const list = (item: Shape, max: number = LIST_MAX): Shape => ({ is: 'list', item, max });
const set = (item: Shape): Shape => ({ is: 'list', item, max: LIST_MAX, sorted: true });
const REQUIRED = 'required';
const ABSENT = 'absent';
const NONE = { is: [] } as const;
const EMPTY = { is: {} } as const;

function seconds(
  name: string,
  least: number,
  said: string,
): Required<Pick<Field, 'amount'>> & {
  readonly shape: Shape;
} {
  const shape = integer(least, SECONDS_MAX);
  return { shape, amount: { name, unit: 'seconds', example: said } };
}

function mib(name: string, least: number, most: number, said: string): ReturnType<typeof seconds> {
  return { shape: integer(least, most), amount: { name, unit: 'mib', example: said } };
}

const GPU: Fields = {
  count: { shape: integer(1, GPUS_MAX), unless: { is: 1 }, example: 1, what: 'whole cards' },
  minVramMiB: {
    ...mib('minVram', 1, MEM_MIB_MAX, '24GiB'),
    ...{ unless: ABSENT, example: 24_576, what: 'memory of each card, at least' },
  },
  vendor: {
    ...{ shape: choice('nvidia', 'amd', 'intel'), unless: ABSENT, example: 'nvidia' },
    what: 'who makes the card; kith finds NVIDIA cards only',
  },
  model: {
    ...{ shape: form.model, unless: ABSENT, example: 'H200' },
    what: 'a part of the name of the card, in any case',
  },
};

const RESOURCES: Fields = {
  cpuMilli: {
    shape: integer(CPU_MILLI_MIN, CPU_MILLI_MAX),
    amount: { name: 'cpu', unit: 'milli', example: '500m' },
    ...{ unless: { is: 2_000 }, example: 2_000, what: 'thousandths of a core' },
  },
  memMiB: {
    ...mib('memory', MEM_MIB_MIN, MEM_MIB_MAX, '8GiB'),
    ...{ unless: { is: 8_192 }, example: 8_192, what: 'memory' },
  },
  memMinMiB: {
    ...mib('memoryMin', MEM_MIB_MIN, MEM_MIB_MAX, '2GiB'),
    ...{ unless: ABSENT, example: 2_048, what: 'as much it always keeps; absent: all of it' },
  },
  diskMiB: {
    ...mib('disk', 0, DISK_MIB_MAX, '10GiB'),
    ...{ unless: { is: 1_024 }, example: 10_240, what: 'room on the disk' },
  },
  gpu: { shape: object(GPU), unless: ABSENT, example: { count: 1 }, what: 'absent: no card' },
};

const CONSTRAINTS: Fields = {
  arch: {
    ...{ shape: choice('amd64', 'arm64'), unless: ABSENT, example: 'arm64' },
    what: 'the processor; a node says its own by the label arch-amd64 or arch-arm64',
  },
  need: { shape: set(form.label), unless: NONE, example: ['ssd'], what: 'labels it must have' },
  nodes: {
    ...{ shape: list(form.node), unless: ABSENT, example: ['attic', 'barn'] },
    what: 'only these; with the policy pin, in this order',
  },
  avoid: { shape: set(form.node), unless: NONE, example: ['lamp'], what: 'none of these' },
  spreadBy: {
    ...{ shape: form.label, unless: ABSENT, example: 'rack' },
    what: 'copies of one name go where the label that begins so differs',
  },
  policy: {
    ...{ shape: choice('two', 'mostFree', 'pack', 'pin'), unless: ABSENT, example: 'pack' },
    what: 'how to choose; absent: mostFree among few nodes, two among many',
  },
};

const PORT = integer(1, 65_535);
const PUBLISH: Fields = {
  port: { shape: PORT, unless: REQUIRED, example: 80, what: 'inside' },
  hostPort: {
    shape: PORT,
    unless: ABSENT,
    example: 8_080,
    what: 'with egress: of the host; absent: any',
  },
  protocol: { shape: choice('tcp', 'udp'), unless: { is: 'tcp' }, example: 'udp', what: 'of both' },
};

const NETWORK: Fields = {
  mode: {
    ...{ shape: choice('none', 'mesh', 'egress'), unless: { is: 'none' }, example: 'mesh' },
    what: 'none; an address on the mesh; or out to the network of the host',
  },
  publish: {
    ...{ shape: list(object(PUBLISH)), unless: NONE, example: [{ port: 80, hostPort: 8_080 }] },
    what: 'ports that can be reached from outside',
  },
};

const MOUNT: Fields = {
  volume: { shape: form.name, unless: REQUIRED, example: 'films', what: 'a volume of the host' },
  target: { shape: form.path, unless: REQUIRED, example: '/films', what: 'where it is seen' },
  readOnly: { shape: flag, unless: { is: true }, example: false, what: 'cannot be written' },
};

const SECRET: Fields = {
  secret: { shape: form.name, unless: REQUIRED, example: 'token', what: 'its name on the host' },
};

const LIMITS: Fields = {
  maxRuntimeS: {
    ...seconds('maxRuntime', 1, '5m'),
    ...{
      unless: ABSENT,
      example: 300,
      what: 'then it is stopped; absent: 300 for a job, none for a VM',
    },
  },
  startBy: {
    ...{ shape: form.moment, unless: ABSENT, example: '2026-12-01T08:00:00Z' },
    what: 'not started later than this',
  },
  idleS: {
    ...seconds('idle', 1, '1h'),
    ...{ unless: ABSENT, example: 3_600, what: 'stopped after so long without work' },
  },
  pids: { shape: integer(1, PIDS_MAX), unless: { is: 256 }, example: 256, what: 'processes' },
  logBytes: {
    shape: integer(0, LOG_BYTES_MAX),
    amount: { name: 'log', unit: 'bytes', example: '1MiB' },
    ...{ unless: { is: 10_000 }, example: 1_048_576, what: 'as much of its output is kept' },
  },
  nofile: {
    shape: integer(16, NOFILE_MAX),
    unless: { is: 4_096 },
    example: 4_096,
    what: 'open files',
  },
};

const LIFECYCLE: Fields = {
  restart: {
    shape: choice('never', 'onFailure', 'always'),
    ...{ unless: { is: 'never' }, example: 'onFailure', what: 'on the same host' },
  },
  maxRestarts: {
    ...{ shape: integer(1, 1_000_000), unless: ABSENT, example: 5, what: 'absent: no end' },
  },
  onHostLoss: {
    ...{ shape: choice('wait', 'replace'), unless: { is: 'wait' }, example: 'replace' },
    what: 'wait for a person, or start on another host',
  },
  lostAfterS: {
    ...seconds('lostAfter', LOST_AFTER_S_MIN, '10m'),
    ...{ unless: { is: 300 }, example: 600, what: 'silence of the host until it counts as lost' },
  },
  stopGraceS: {
    ...seconds('stopGrace', 0, '10s'),
    ...{ unless: { is: 10 }, example: 10, what: 'from the wish to stop to the kill' },
  },
  expiresAt: {
    ...{ shape: form.moment, unless: ABSENT, example: '2027-01-01T00:00:00Z' },
    what: 'stopped and forgotten then',
  },
};

const HEALTH: Fields = {
  tcp: { shape: PORT, unless: ABSENT, example: 80, what: 'a port that must take a connection' },
  command: {
    ...{ shape: list(form.line), unless: ABSENT, example: ['/bin/check'] },
    what: 'or, in a job: a command that must end with 0',
  },
  everyS: {
    ...seconds('every', 1, '10s'),
    ...{ unless: { is: 10 }, example: 10, what: 'how often' },
  },
  timeoutS: {
    ...seconds('timeout', 1, '3s'),
    ...{ unless: { is: 3 }, example: 3, what: 'how long an answer may take' },
  },
  failures: { shape: integer(1, 100), unless: { is: 3 }, example: 3, what: 'in a row: unhealthy' },
  startS: {
    ...seconds('start', 1, '2m'),
    ...{ unless: ABSENT, example: 120 },
    what: 'so long it may take until it is well once: bad checks do not count before',
  },
};

const JOB: Fields = {
  image: { shape: form.image, unless: REQUIRED, example: 'busybox:1.37', what: 'the container' },
  command: {
    ...{ shape: list(form.line, LONG_LIST_MAX), unless: NONE, example: ['/bin/sh', '-c', 'date'] },
    what: "words, no shell; empty: the image's own",
  },
  workdir: { shape: form.path, unless: ABSENT, example: '/data', what: 'where it runs' },
  user: {
    shape: integer(0, USER_MAX),
    unless: { is: 65_534 },
    example: 1_000,
    what: 'uid and gid',
  },
  readOnlyRoot: { shape: flag, unless: { is: true }, example: false, what: 'of the container' },
  tmpMiB: {
    ...mib('tmp', 0, MEM_MIB_MAX, '64MiB'),
    ...{ unless: { is: 64 }, example: 64, what: '/tmp, in memory; 0: none' },
  },
  outputs: {
    ...{ shape: set(form.path), unless: NONE, example: ['/out/film.mp4'] },
    what: 'files that are kept when it ends',
  },
};

const VM: Fields = {
  image: { shape: form.image, unless: ABSENT, example: 'debian-12.qcow2', what: 'its disk' },
  kernel: { shape: form.image, unless: ABSENT, example: 'vmlinuz', what: 'or: what is booted' },
  initrd: { shape: form.image, unless: ABSENT, example: 'initrd.gz', what: 'with a kernel' },
  cmdline: {
    ...{ shape: form.line, unless: ABSENT, example: 'console=ttyS0' },
    what: 'what the kernel is told',
  },
  firmware: {
    shape: choice('bios', 'uefi'),
    unless: { is: 'bios' },
    example: 'uefi',
    what: 'of it',
  },
  userData: {
    shape: { is: 'lines', max: LONG_LIST_MAX },
    ...{ unless: ABSENT, example: ['#cloud-config', 'hostname: films'] },
    what: 'the seed of cloud-init',
  },
  balloon: { shape: flag, unless: { is: true }, example: false, what: 'memory can be taken back' },
};

export const SPEC: Fields = {
  v: { shape: integer(1, 1), unless: { is: 1 }, example: 1, what: 'the version of the schema' },
  id: {
    ...{ shape: form.ulid, unless: ABSENT, example: '01JE2HZ6Q3M8Y5T0V7XW9KB4CD' },
    what: 'names the request: the same id with the same digest is the same work',
  },
  generation: {
    ...{ shape: integer(1, GENERATION_MAX), unless: { is: 1 }, example: 1 },
    what: 'counts the starts of this work, by its owner',
  },
  kind: {
    ...{ shape: choice('job', 'vm'), unless: ABSENT, example: 'job' },
    what: 'may be left out: the one of job and vm that is there',
  },
  name: { shape: form.name, unless: REQUIRED, example: 'films', what: 'what people call it' },
  labels: { shape: set(form.label), unless: NONE, example: ['nightly'], what: 'to find it by' },
  owner: {
    ...{ shape: form.key, unless: ABSENT, example: 'K7dNWlnJ8n2Y1wX0xgq0v2u4mPzBvQk8b1T6aYcFfRE' },
    what: 'the node that answers for it',
  },
  capability: {
    ...{ shape: form.record, unless: ABSENT },
    example: 'Qw3mR1c9b0sVx5Zt7LkYhGfDpAoIuJnE2rT4yWvBxCM',
    what: 'the record of the grant that it is placed by',
  },
  resources: {
    shape: object(RESOURCES),
    unless: EMPTY,
    example: { cpu: 2, memory: '8GiB' },
    what: 'what it needs',
  },
  constraints: {
    shape: object(CONSTRAINTS),
    unless: EMPTY,
    example: { need: ['ssd'] },
    what: 'where it may run',
  },
  network: {
    shape: object(NETWORK),
    unless: EMPTY,
    example: { mode: 'mesh' },
    what: 'whom it reaches',
  },
  mounts: {
    ...{ shape: list(object(MOUNT)), unless: NONE, example: [{ volume: 'films', target: '/f' }] },
    what: 'folders of the host, in a job',
  },
  env: {
    shape: {
      ...{ is: 'map', keys: form.variable, max: LONG_LIST_MAX },
      value: { is: 'textOr', text: form.line, object: object(SECRET) },
    },
    ...{ unless: EMPTY, example: { LANG: 'C.UTF-8', TOKEN: { secret: 'token' } } },
    what: 'variables of a job, or names of secrets',
  },
  limits: {
    shape: object(LIMITS),
    unless: EMPTY,
    example: { maxRuntime: '2h' },
    what: 'what it may not exceed',
  },
  lifecycle: {
    shape: object(LIFECYCLE),
    unless: EMPTY,
    example: { restart: 'always' },
    what: 'how it goes on',
  },
  health: {
    shape: object(HEALTH),
    unless: ABSENT,
    example: { tcp: 80 },
    what: 'how it is found well',
  },
  proof: {
    ...{ shape: choice('none', 'hash', 'verify'), unless: { is: 'none' }, example: 'hash' },
    what: 'hash: the receipt sums up input and output; verify: and another host runs it again',
  },
  job: { shape: object(JOB), unless: ABSENT, example: { image: 'busybox' }, what: 'a container' },
  vm: {
    shape: object(VM),
    unless: ABSENT,
    example: { image: 'debian' },
    what: 'a virtual machine',
  },
};
