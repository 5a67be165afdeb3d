// What an engine is asked for, and what is read back out of it: bodies, labels, output folders.

import { describe, expect, test } from 'vitest';
import type { Digest, Key } from '../../proto/ids.ts';
import {
  type Container,
  containerName,
  dockerBody,
  labelsOf,
  type Mark,
  markOf,
  meshMarkOf,
  outputFolders,
  podmanBody,
} from '../../work/container.ts';
import { specOf } from './specs.ts';

const MARK: Mark = {
  home: 'one',
  id: '01JE2HZ6Q3M8Y5T0V7XW9KB4CD',
  generation: 3,
  digest: `B${'b'.repeat(41)}A` as Digest,
  owner: 'A'.repeat(43) as Key,
};

const SPEC = specOf({
  name: 'films',
  resources: { cpu: '1.5', memory: '1GiB' },
  network: {
    mode: 'egress',
    publish: [
      { port: 80, hostPort: 8080 },
      { port: 53, protocol: 'udp' },
    ],
  },
  env: { TOKEN: { secret: 'token' } },
  job: { image: 'films:4', command: ['/bin/convert'], user: 1000, workdir: '/data' },
});

const CONTAINER: Container = {
  mark: MARK,
  spec: SPEC,
  image: 'localhost/kith:i1',
  env: { TOKEN: 'hush', NVIDIA_VISIBLE_DEVICES: 'all' },
  binds: [{ source: '/state/volumes/films', target: '/films', readOnly: true }],
  cards: [],
  nproc: 100,
};

describe('a container', () => {
  test.each([
    ['podman', podmanBody],
    ['docker', dockerBody],
  ])('for %s holds a secret in its environment alone, and opens no card', (_, bodyOf) => {
    const body = bodyOf(CONTAINER);
    const { env, Env, ...others } = body;
    expect(JSON.stringify(env ?? Env)).toContain('hush');
    expect(JSON.stringify(others)).not.toContain('hush');
    expect(JSON.stringify(env ?? Env)).toMatch(/NVIDIA_VISIBLE_DEVICES(=|":")"/);
    expect(JSON.stringify(bodyOf({ ...CONTAINER, cards: ['nvidia.com/gpu=GPU-1'] }))).toMatch(
      /NVIDIA_VISIBLE_DEVICES(=|":")void/,
    );
  });

  test('says the same to both engines', () => {
    expect(dockerBody(CONTAINER)).toMatchObject({
      ...{ User: '1000:1000', Cmd: ['/bin/convert'], Entrypoint: [], WorkingDir: '/data' },
      HostConfig: {
        ...{ NetworkMode: 'bridge', Memory: 1 << 30, MemorySwap: 1 << 30, CpuQuota: 150_000 },
        ...{ CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'], ReadonlyRootfs: true },
      },
    });
    expect(podmanBody(CONTAINER)).toMatchObject({
      ...{ user: '1000:1000', command: ['/bin/convert'], entrypoint: [], work_dir: '/data' },
      ...{ netns: { nsmode: 'bridge' }, cap_drop: ['all'], no_new_privileges: true },
      ...{ read_only_filesystem: true, httpproxy: false },
      resource_limits: { memory: { limit: 1 << 30, swap: 1 << 30 }, cpu: { quota: 150_000 } },
    });
  });

  test('on the mesh knows its address, and so does a later daemon', () => {
    const spec = specOf({
      ...{
        name: 'a',
        network: { mode: 'mesh', publish: [{ port: 80 }, { port: 53, protocol: 'udp' }] },
      },
      job: { image: 'b' },
    });
    const address = 'fd5e:9c1f:77aa:4b0e:8d31:22f0:0:5';
    const body = podmanBody({ ...CONTAINER, spec, address });
    expect(body['env']).toMatchObject({ KITH_ADDRESS: address });
    const labels = body['labels'] as Record<string, string>;
    expect(dockerBody({ ...CONTAINER, spec, address })['Labels']).toEqual(labels);
    expect(markOf(labels)).toEqual(MARK);
    const ports = [
      { port: 80, protocol: 'tcp' },
      { port: 53, protocol: 'udp' },
    ];
    expect(meshMarkOf(labels)).toEqual({ address, ports });
    expect(meshMarkOf({ 'kith.mesh': 'nowhere 80/tcp' })).toBeNull();
    expect(meshMarkOf(labelsOf(MARK))).toBeNull();
  });

  test('opens no port of its engine', () => {
    for (const body of [podmanBody(CONTAINER), dockerBody(CONTAINER)])
      expect(JSON.stringify(body)).not.toMatch(/8080|portmappings|PortBindings/);
  });

  test('has no network where the spec says none, and on the mesh none of the engine', () => {
    for (const mode of ['none', 'mesh']) {
      const spec = specOf({ name: 'a', network: { mode }, job: { image: 'b' } });
      expect(podmanBody({ ...CONTAINER, spec })).toMatchObject({ netns: { nsmode: 'none' } });
      expect(dockerBody({ ...CONTAINER, spec })).toMatchObject({
        HostConfig: { NetworkMode: 'none' },
      });
    }
  });

  test('is named by its work, and is known again by its labels', () => {
    expect(containerName(MARK)).toBe('kith-01je2hz6q3m8y5t0v7xw9kb4cd-3');
    expect(markOf(labelsOf(MARK))).toEqual(MARK);
  });

  test.each([
    ['none', {}],
    ['no ULID', { ...labelsOf(MARK), 'kith.id': 'a' }],
    ['no home', { ...labelsOf(MARK), 'kith.home': '' }],
    ['generation 0', { ...labelsOf(MARK), 'kith.generation': '0' }],
    ['half a generation', { ...labelsOf(MARK), 'kith.generation': '1.5' }],
    ['no digest', { ...labelsOf(MARK), 'kith.digest': 'x' }],
    ['no owner', { ...labelsOf(MARK), 'kith.owner': '' }],
  ])('is not ours with wrong labels: %s', (_, labels) => {
    expect(markOf(labels)).toBeNull();
  });

  test('gets a folder for outputs where it could not write, and each once', () => {
    const outputs = ['/out/a', '/out/b', '/out/sub/c', '/tmp/d', '/e'];
    const of = (readOnlyRoot: boolean): readonly string[] =>
      outputFolders(specOf({ name: 'a', job: { image: 'b', outputs, readOnlyRoot } }));
    expect(of(true)).toEqual(['/out', '/out/sub', '/tmp']);
    expect(of(false)).toEqual(['/tmp']);
  });
});
