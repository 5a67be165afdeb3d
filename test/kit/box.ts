// A small image for tests, in its archive: a static busybox under the names that tests call, a few
// folders, and a name that the archive claims for itself.

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { findTool, needTool } from '../../src/os/tools.ts';

const APPLETS =
  'sh cat dd echo env head id kill ln ls mkdir nc printf seq sleep tail test touch wc yes';

/** The name that the archive claims: an engine gives it to whatever is loaded last. */
export const CLAIMED = 'localhost/claimed:1';

export function boxMissing(): string | null {
  return findTool('busybox') === null ? 'no static busybox (Debian: busybox-static)' : null;
}

/** The file of its archive. */
export async function boxArchive(folder: string): Promise<string> {
  const root = path.join(folder, 'root');
  for (const name of ['bin', 'tmp', 'etc', 'proc', 'sys', 'dev', 'data']) {
    fs.mkdirSync(path.join(root, name), { recursive: true });
  }
  fs.chmodSync(path.join(root, 'data'), 0o777);
  // As every image has it: runc gives it to what is mounted there.
  fs.chmodSync(path.join(root, 'tmp'), 0o1777);
  fs.copyFileSync(findTool('busybox') as string, path.join(root, 'bin/busybox'));
  fs.chmodSync(path.join(root, 'bin/busybox'), 0o755);
  for (const name of APPLETS.split(' ')) fs.symlinkSync('busybox', path.join(root, 'bin', name));
  return archiveOf(path.join(folder, 'box'), [{ from: root, names: ['.'] }]);
}

export interface Layer {
  readonly from: string;
  readonly names: readonly string[];
}

/** An image of these layers, as `docker save` writes one. Names that begin so are whiteouts. */
export async function archiveOf(folder: string, layers: readonly Layer[]): Promise<string> {
  const files: string[] = [];
  for (const [at, { from, names }] of layers.entries()) {
    const file = path.join(folder, `${at}`, 'layer.tar');
    fs.mkdirSync(path.dirname(file), { recursive: true });
    for (const name of names.filter((one) => one.includes('.wh.'))) {
      fs.writeFileSync(path.join(from, name), '');
    }
    await needTool(['tar', '--owner=0', '--group=0', '-C', from, '-cf', file, ...names]);
    files.push(file);
  }
  const config = JSON.stringify({
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: { Cmd: ['/bin/echo', 'by itself'], Env: ['PATH=/bin', 'NVIDIA_VISIBLE_DEVICES=all'] },
    rootfs: {
      type: 'layers',
      diff_ids: files.map((file) => `sha256:${sha256(fs.readFileSync(file))}`),
    },
  });
  const name = `${sha256(config)}.json`;
  fs.writeFileSync(path.join(folder, name), config);
  const inside = files.map((file) => path.relative(folder, file));
  const manifest = [{ Config: name, RepoTags: [CLAIMED], Layers: inside }];
  fs.writeFileSync(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
  const archive = path.join(folder, 'image.tar');
  await needTool(['tar', '-C', folder, '-cf', archive, name, ...inside, 'manifest.json']);
  return archive;
}

function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
