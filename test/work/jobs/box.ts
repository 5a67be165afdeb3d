// A small image for tests, in its archive: a static busybox under the names that tests call, a few
// folders, and a name that the archive claims for itself.

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { findTool, needTool } from '../../../src/os/tools.ts';

const APPLETS =
  'sh cat dd echo env head id kill ln ls mkdir nc printf seq sleep tail test touch wc yes';

/** The name that the archive claims: an engine gives it to whatever is loaded last. */
export const CLAIMED = 'localhost/claimed:1';

export function boxMissing(): string | null {
  return findTool('busybox') === null ? 'no static busybox (Debian: busybox-static)' : null;
}

/** Writes `box.tar` into the folder, as `docker save` would. */
export async function boxArchive(folder: string): Promise<string> {
  const root = path.join(folder, 'root');
  for (const name of ['bin', 'tmp', 'etc', 'proc', 'sys', 'dev', 'data']) {
    fs.mkdirSync(path.join(root, name), { recursive: true });
  }
  fs.chmodSync(path.join(root, 'data'), 0o777);
  fs.copyFileSync(findTool('busybox') as string, path.join(root, 'bin/busybox'));
  fs.chmodSync(path.join(root, 'bin/busybox'), 0o755);
  for (const name of APPLETS.split(' ')) fs.symlinkSync('busybox', path.join(root, 'bin', name));
  const archive = path.join(folder, 'archive');
  fs.mkdirSync(path.join(archive, 'layer'), { recursive: true });
  const layer = path.join(archive, 'layer/layer.tar');
  await needTool(['tar', '--owner=0', '--group=0', '-C', root, '-cf', layer, '.']);
  const config = JSON.stringify({
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: { Cmd: ['/bin/echo', 'by itself'], Env: ['PATH=/bin', 'NVIDIA_VISIBLE_DEVICES=all'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(fs.readFileSync(layer))}`] },
  });
  const name = `${sha256(config)}.json`;
  fs.writeFileSync(path.join(archive, name), config);
  const manifest = [{ Config: name, RepoTags: [CLAIMED], Layers: ['layer/layer.tar'] }];
  fs.writeFileSync(path.join(archive, 'manifest.json'), JSON.stringify(manifest));
  const file = path.join(folder, 'box.tar');
  await needTool(['tar', '-C', archive, '-cf', file, name, 'layer/layer.tar', 'manifest.json']);
  return file;
}

function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
