// An engine of containers in a host of the laboratory: podman with a store of its own beside the
// data folder, behind its usual socket, with one small image in it. It goes with the host's power,
// and its store stays.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findTool } from '../../src/os/tools.ts';
import type { Host } from './host.ts';
import { until } from './until.ts';
import { CLAIMED, boxArchive, boxMissing } from '../kit/box.ts';
import { CONTAINERS_CONF } from '../kit/engines.ts';

const TOOLS = ['podman', 'conmon', 'runc', 'unshare'];

/** Why no host here can have one, or null. */
export function podmanMissing(): string | null {
  if (process.geteuid?.() !== 0) return 'podman in a host needs root';
  const missing = TOOLS.filter((name) => findTool(name) === null);
  return missing.length === 0 ? boxMissing() : `no ${missing.join(', ')} (Debian: podman runc)`;
}

export const IMAGE = CLAIMED;
const SOCKET = 'unix:///run/podman/podman.sock';

/** What runs in the containers of a host, looked at from outside of kith. */
export async function containersIn(own: Host): Promise<readonly string[]> {
  const { podman, env } = engineOf(own);
  const out = await own.machine.must([...podman, 'ps', '--format', '{{.Names}}'], { env });
  return out.split('\n').filter((line) => line !== '');
}

/** Each of them with the moment of its start: another one after a restart. */
export async function startsIn(own: Host): Promise<readonly string[]> {
  const { podman, env } = engineOf(own);
  const format = '{{.Names}} {{.ID}} {{.StartedAt}}';
  const out = await own.machine.must([...podman, 'ps', '--format', format], { env });
  return out
    .split('\n')
    .filter((line) => line !== '')
    .toSorted();
}

interface Own {
  readonly folder: string;
  readonly podman: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

function engineOf(own: Host): Own {
  const folder = join(own.folder, '../podman');
  const places = ['--root', `${folder}/root`, '--runroot', '/run/pod', '--tmpdir', '/run/podtmp'];
  const env = { CONTAINERS_CONF: join(folder, 'containers.conf') };
  return { folder, podman: ['podman', ...places], env };
}

export async function withPodman(own: Host): Promise<void> {
  const { folder, podman, env } = engineOf(own);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'containers.conf'), CONTAINERS_CONF);
  await own.machine.must(['mkdir', '-p', '/run/podman', '/var/lib/cni']);
  // What its networks remember of addresses: the file system is otherwise that of the maker.
  await own.machine.must(['mount', '-t', 'tmpfs', 'none', '/var/lib/cni']);
  // In its own folder, where its monitors leave a file for whatever is killed for its memory.
  own.machine.start(['env', '-C', folder, ...podman, 'system', 'service', '--time=0', SOCKET], env);
  await until(`${own.name} has an engine`, async () => {
    const { code } = await own.machine.run(['test', '-S', '/run/podman/podman.sock']);
    return code === 0;
  });
  const { code } = await own.machine.run([...podman, 'image', 'exists', IMAGE], { env });
  if (code === 0) return;
  const archive = await boxArchive(folder);
  await own.machine.must([...podman, 'load', '-i', archive], { env });
}
