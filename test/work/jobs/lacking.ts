// Containers that lack one limit each, made without the driver: what verifies them has to find it.

import type { JsonObject } from '../../../proto/json.ts';
import { ask, type Engine, type Flavour } from '../../../src/work/jobs/engine.ts';
import { type Container, dockerBody, podmanBody } from '../../../work/container.ts';
import { CARD } from '../../kit/engines.ts';

/** A container that lacks a limit, by the part of its description that is changed. */
type Change = (body: JsonObject, host: JsonObject) => JsonObject;

const podmanWithout: Readonly<Record<string, Change>> = {
  memMiB: (body) => ({
    ...body,
    resource_limits: { ...(body['resource_limits'] as object), memory: {} },
  }),
  swapMiB: (body) => ({
    ...body,
    resource_limits: {
      ...(body['resource_limits'] as object),
      memory: { limit: 64 << 20, swap: 80 << 20 },
    },
  }),
  cpuMilli: (body) => ({
    ...body,
    resource_limits: { ...(body['resource_limits'] as object), cpu: {} },
  }),
  pids: (body) => ({
    ...body,
    resource_limits: { ...(body['resource_limits'] as object), pids: { limit: 0 } },
  }),
  nofile: (body) => ({
    ...body,
    r_limits: [
      { type: 'nofile', soft: 200, hard: 200 },
      { type: 'nproc', soft: 4096, hard: 4096 },
    ],
  }),
  user: (body) => ({ ...body, user: '1000:65534' }),
  group: (body) => ({ ...body, user: '65534:1000' }),
  capabilities: (body) => ({ ...body, cap_drop: [] }),
  noNewPrivileges: (body) => ({ ...body, no_new_privileges: false }),
  seccomp: (body) => ({ ...body, seccomp_profile_path: 'unconfined' }),
  readOnlyRoot: (body) => ({ ...body, read_only_filesystem: false }),
  tmpMiB: (body) => ({ ...body, mounts: [] }),
  network: (body) => ({ ...body, netns: { nsmode: 'host' } }),
  cards: (body) => ({ ...body, devices: [{ path: `kith.test/gpu=${CARD}` }] }),
};

const inHost =
  (change: object): Change =>
  (body, host) => ({ ...body, HostConfig: { ...host, ...change } });

const dockerWithout: Readonly<Record<string, Change>> = {
  memMiB: inHost({ Memory: 0, MemorySwap: 0 }),
  swapMiB: inHost({ MemorySwap: 80 << 20 }),
  cpuMilli: inHost({ CpuQuota: 0 }),
  pids: inHost({ PidsLimit: 0 }),
  nofile: inHost({ Ulimits: [{ Name: 'nofile', Soft: 200, Hard: 200 }] }),
  user: (body) => ({ ...body, User: '1000:65534' }),
  group: (body) => ({ ...body, User: '65534:1000' }),
  capabilities: inHost({ CapDrop: [] }),
  noNewPrivileges: inHost({ SecurityOpt: [] }),
  seccomp: inHost({ SecurityOpt: ['no-new-privileges', 'seccomp=unconfined'] }),
  readOnlyRoot: inHost({ ReadonlyRootfs: false }),
  tmpMiB: inHost({ Tmpfs: {} }),
  network: inHost({ NetworkMode: 'host' }),
  cards: inHost({
    Devices: [
      { PathOnHost: '/dev/null', PathInContainer: '/dev/kithgpu0', CgroupPermissions: 'rwm' },
    ],
  }),
};

export const WITHOUT: Readonly<Record<Flavour, Readonly<Record<string, Change>>>> = {
  podman: podmanWithout,
  docker: dockerWithout,
};

/** Makes a container as it is described, but for a change. */
export async function raw(engine: Engine, description: Container, change: Change): Promise<string> {
  if (engine.flavour === 'podman') {
    const body = change(podmanBody(description), {});
    const at = '/v4.0.0/libpod/containers/create';
    return (await ask<{ Id: string }>(engine.docker, { method: 'POST', path: at, body })).Id;
  }
  const plain = dockerBody(description);
  const body = change(plain, plain['HostConfig'] as JsonObject);
  return (await engine.docker.createContainer(body)).id;
}
