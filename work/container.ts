// A container as the two engines want it described: what a spec asks for, with the defaults that no
// spec can loosen. Both bodies say the same; the kernel is asked afterwards whether it holds
// (`granted.ts`). Secrets stand in the environment of the body alone. Spec: docs/jobs.md.

import { isDigest, isKey, type Digest, type Key } from '../proto/ids.ts';
import type { Json, JsonObject } from '../proto/json.ts';
import { CPU_PERIOD_US, ENGINE_LOG_BYTES, ENGINE_LOG_FILES } from './limits.ts';
import type { Spec } from './spec.ts';

/** What a container is known by; `home` is the node that started it: others share the engine. */
export interface Mark {
  readonly home: string;
  readonly id: string;
  readonly generation: number;
  readonly digest: Digest;
  readonly owner: Key;
}

export interface Bind {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface Container {
  readonly mark: Mark;
  readonly spec: Spec;
  /** As the engine knows it. */
  readonly image: string;
  readonly env: Readonly<Record<string, string>>;
  readonly binds: readonly Bind[];
  /** The cards that are its own, by their CDI names. */
  readonly cards: readonly string[];
  /** How many processes a user may have: an engine without CAP_SYS_RESOURCE cannot set more. */
  readonly nproc: number;
  /** On the mesh; absent: it has none. */
  readonly address?: string;
}

const LABEL = 'kith.';
const MIB = 1024 * 1024;

/** Finds everything that a node has started. */
export function homeLabel(home: string): string {
  return `${LABEL}home=${home}`;
}

/**
 * Where a container is on the mesh, and what may be opened there: found again by a later daemon.
 */
export interface MeshMark {
  readonly address: string;
  readonly ports: readonly { readonly port: number; readonly protocol: 'tcp' | 'udp' }[];
}

const MESH_LABEL = `${LABEL}mesh`;

function meshLabel({ address, spec: { network } }: Container): Record<string, string> {
  if (address === undefined) return {};
  const ports = network.publish.map(({ port, protocol }) => `${port}/${protocol}`);
  return { [MESH_LABEL]: [address, ...ports].join(' ') };
}

export function meshMarkOf(labels: Readonly<Record<string, string>>): MeshMark | null {
  const [address = '', ...words] = (labels[MESH_LABEL] ?? '').split(' ');
  if (!/^[0-9a-f:]+$/.test(address)) return null;
  const ports = words.flatMap((word) => {
    const [, port, protocol] = /^(\d{1,5})\/(tcp|udp)$/.exec(word) ?? [];
    return port === undefined ? [] : [{ port: Number(port), protocol: protocol as 'tcp' | 'udp' }];
  });
  return { address, ports };
}

export function labelsOf(mark: Mark): Record<string, string> {
  return {
    [`${LABEL}home`]: mark.home,
    [`${LABEL}id`]: mark.id,
    [`${LABEL}generation`]: String(mark.generation),
    [`${LABEL}digest`]: mark.digest,
    [`${LABEL}owner`]: mark.owner,
  };
}

/** Null: it is not ours, or somebody wrote labels that we would not. */
export function markOf(labels: Readonly<Record<string, string>>): Mark | null {
  const of = (name: string): string => labels[`${LABEL}${name}`] ?? '';
  const generation = Number(of('generation'));
  const [digest, owner] = [of('digest'), of('owner')];
  if (!/^[0-9A-HJKMNP-TV-Z]{26}$/.test(of('id')) || of('home') === '') return null;
  if (!Number.isSafeInteger(generation) || generation < 1) return null;
  if (!isDigest(digest) || !isKey(owner)) return null;
  return { home: of('home'), id: of('id'), generation, digest, owner };
}

export function containerName({ id, generation }: Mark): string {
  return `kith-${id.toLowerCase()}-${generation}`;
}

/** Images out of kith's store are known to the engine by this name, and by no other. */
export const OWN_IMAGES = 'localhost/kith';

export function ownImage(id: Digest): string {
  return `${OWN_IMAGES}:i${id}`;
}

/**
 * The environment: the cards last, so that no spec and no image opens others. An image made for
 * NVIDIA's own runtime asks for all of them by itself.
 */
function environmentOf({ env, cards, address }: Container): Record<string, string> {
  const own = address === undefined ? {} : { KITH_ADDRESS: address };
  return { ...own, ...env, NVIDIA_VISIBLE_DEVICES: cards.length === 0 ? '' : 'void' };
}

/** Folders for outputs that the container could not write otherwise, each once. */
export function outputFolders(spec: Spec): readonly string[] {
  const { outputs = [], readOnlyRoot = true } = spec.job ?? {};
  const folders = outputs.map((file) => file.slice(0, file.lastIndexOf('/')));
  const own = folders.filter((folder) => folder !== '' && (readOnlyRoot || isTemporary(folder)));
  return [...new Set(own)].toSorted();
}

function isTemporary(folder: string): boolean {
  return folder === '/tmp' || folder.startsWith('/tmp/');
}

function hasTmp({ spec, binds }: Container): boolean {
  return (spec.job?.tmpMiB ?? 0) > 0 && binds.every(({ target }) => target !== '/tmp');
}

export function cpuQuotaUs(spec: Spec): number {
  return Math.round((spec.resources.cpuMilli * CPU_PERIOD_US) / 1000);
}

function userOf(spec: Spec): string {
  const user = spec.job?.user ?? 0;
  return `${user}:${user}`;
}

/** For Docker's `POST /containers/create`. */
export function dockerBody(container: Container): JsonObject {
  const { mark, spec, image, binds, cards } = container;
  const { command = [], workdir, readOnlyRoot = true, tmpMiB = 0 } = spec.job ?? {};
  return {
    Image: image,
    ...(command.length === 0 ? {} : { Cmd: [...command], Entrypoint: [] }),
    ...(workdir === undefined ? {} : { WorkingDir: workdir }),
    Labels: { ...labelsOf(mark), ...meshLabel(container) },
    User: userOf(spec),
    Env: Object.entries(environmentOf(container)).map(([name, value]) => `${name}=${value}`),
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      NetworkMode: spec.network.mode === 'egress' ? 'bridge' : 'none',
      Memory: spec.resources.memMiB * MIB,
      MemorySwap: spec.resources.memMiB * MIB,
      CpuPeriod: CPU_PERIOD_US,
      CpuQuota: cpuQuotaUs(spec),
      PidsLimit: spec.limits.pids,
      ReadonlyRootfs: readOnlyRoot,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Privileged: false,
      IpcMode: 'private',
      Ulimits: [{ Name: 'nofile', Soft: spec.limits.nofile, Hard: spec.limits.nofile }],
      Mounts: binds.map(dockerMount),
      ...(hasTmp(container)
        ? { Tmpfs: { '/tmp': `rw,nosuid,nodev,size=${tmpMiB}m,mode=1777` } }
        : {}),
      ...(cards.length === 0 ? {} : { DeviceRequests: [{ Driver: 'cdi', DeviceIDs: [...cards] }] }),
      LogConfig: {
        // The one driver that keeps bytes as they are: json-file replaces what is not UTF-8.
        Type: 'local',
        Config: {
          'max-size': String(ENGINE_LOG_BYTES / ENGINE_LOG_FILES),
          'max-file': String(ENGINE_LOG_FILES),
          compress: 'false',
        },
      },
      RestartPolicy: { Name: 'no' },
    },
  };
}

function dockerMount({ source, target, readOnly }: Bind): Json {
  return {
    Type: 'bind',
    Source: source,
    Target: target,
    ReadOnly: readOnly,
    BindOptions: { Propagation: 'rprivate' },
  };
}

/** For podman's own `POST /libpod/containers/create`: its Docker API cannot name CDI devices. */
export function podmanBody(container: Container): JsonObject {
  const { mark, spec, image, binds, cards, nproc } = container;
  const { command = [], workdir, readOnlyRoot = true, tmpMiB = 0 } = spec.job ?? {};
  const { nofile, pids } = spec.limits;
  const bytes = spec.resources.memMiB * MIB;
  const tmp = ['rw', 'nosuid', 'nodev', `size=${tmpMiB}m`, 'mode=1777', 'notmpcopyup'];
  return {
    name: containerName(mark),
    image,
    ...(command.length === 0 ? {} : { command: [...command], entrypoint: [] }),
    ...(workdir === undefined ? {} : { work_dir: workdir }),
    labels: { ...labelsOf(mark), ...meshLabel(container) },
    user: userOf(spec),
    env: environmentOf(container),
    httpproxy: false,
    systemd: 'false',
    image_volume_mode: readOnlyRoot ? 'ignore' : 'tmpfs',
    cap_drop: ['all'],
    no_new_privileges: true,
    read_only_filesystem: readOnlyRoot,
    ipcns: { nsmode: 'private' },
    netns: { nsmode: spec.network.mode === 'egress' ? 'bridge' : 'none' },
    mounts: [
      ...binds.map(({ source, target, readOnly }) => ({
        destination: target,
        source,
        type: 'bind',
        options: ['rbind', 'rprivate', 'nosuid', 'nodev', readOnly ? 'ro' : 'rw'],
      })),
      ...(hasTmp(container)
        ? [{ destination: '/tmp', source: 'tmpfs', type: 'tmpfs', options: tmp }]
        : []),
    ],
    devices: cards.map((path) => ({ path })),
    resource_limits: {
      memory: { limit: bytes, swap: bytes },
      cpu: { quota: cpuQuotaUs(spec), period: CPU_PERIOD_US },
      pids: { limit: pids },
    },
    r_limits: [
      { type: 'nofile', soft: nofile, hard: nofile },
      { type: 'nproc', soft: nproc, hard: nproc },
    ],
    log_configuration: { driver: 'k8s-file', size: ENGINE_LOG_BYTES },
    restart_policy: 'no',
  };
}
