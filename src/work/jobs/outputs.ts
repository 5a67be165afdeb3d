// The files that a job leaves, copied out after its end. What it wrote is a stranger's: only plain
// files are taken, no link is followed, and all together may be as large as the disk that the spec
// asks for. Spec: docs/jobs.md, "Outputs".

import fs from 'node:fs';
import path from 'node:path';
import type { Container } from 'dockerode';
import { outputFolders } from '../../../work/container.ts';
import type { Spec } from '../../../work/spec.ts';
import { tarReader } from '../../../work/tar.ts';
import { outputFolder } from './needs.ts';

const MIB = 1024 * 1024;
/** A link there is not followed, and a pipe does not make us wait. */
const CAREFULLY = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK;
const COPY_BYTES = 1 << 20;

export interface Leaving {
  readonly spec: Spec;
  /** Of the order. */
  readonly folder: string;
  readonly to: string;
  /** Whose writable layer holds the others; null: there is none. */
  readonly container: Container | null;
}

/** Copies them, and names those that are not there, are no files, or do not fit. */
export async function copyOutputs(leaving: Leaving): Promise<readonly string[]> {
  const { spec, folder, container } = leaving;
  const folders = outputFolders(spec);
  const mounted = new Set(spec.mounts.map(({ target }) => target));
  const missing: string[] = [];
  let room = spec.resources.diskMiB * MIB;
  for (const file of spec.job?.outputs ?? []) {
    const parent = path.posix.dirname(file);
    const at = mounted.has(parent) ? -1 : folders.indexOf(parent);
    const to = path.join(leaving.to, path.posix.normalize(file));
    fs.mkdirSync(path.dirname(to), { recursive: true, mode: 0o700 });
    const size =
      at >= 0
        ? copyFile(path.join(outputFolder(folder, at), path.posix.basename(file)), to, room)
        : await copyOut(container, file, to, room);
    if (size === null) {
      fs.rmSync(to, { force: true });
      missing.push(file);
    } else room -= size;
  }
  return missing;
}

/** Its size; null where it is no plain file, or larger than the room. */
function copyFile(from: string, to: string, room: number): number | null {
  let source: number | null = null;
  let target: number | null = null;
  try {
    source = fs.openSync(from, CAREFULLY);
    const facts = fs.fstatSync(source);
    if (!facts.isFile() || facts.size > room) return null;
    target = fs.openSync(to, 'w', 0o600);
    const bytes = Buffer.alloc(COPY_BYTES);
    let size = 0;
    for (let got = 1; got > 0 && size <= room; size += got) {
      got = fs.readSync(source, bytes, 0, bytes.length, null);
      fs.writeSync(target, bytes, 0, got);
    }
    return size <= room ? size : null;
  } catch {
    return null;
  } finally {
    if (source !== null) fs.closeSync(source);
    if (target !== null) fs.closeSync(target);
  }
}

/** Out of the engine: one plain file, in an archive of its own. */
async function copyOut(
  container: Container | null,
  file: string,
  to: string,
  room: number,
): Promise<number | null> {
  let target: number | null = null;
  try {
    if (container === null || (await isLink(container, file))) return null;
    const archive = await container.getArchive({ path: file });
    const reader = tarReader();
    let size: number | null = null;
    for await (const chunk of archive) {
      const parts = reader.take(chunk as Uint8Array);
      if (parts === null) return null;
      for (const part of parts) {
        if (part.kind === 'entry') {
          // Where it is a folder or a link, that is the first entry.
          if (size !== null || part.entry.type !== 'file' || part.entry.size > room) return null;
          target = fs.openSync(to, 'w', 0o600);
          size = part.entry.size;
        } else if (part.kind === 'bytes' && target !== null) {
          fs.writeSync(target, part.bytes);
        }
      }
    }
    return size;
  } catch {
    return null;
  } finally {
    if (target !== null) fs.closeSync(target);
  }
}

/** podman follows a link, inside the root of the container; Docker does not. */
async function isLink(container: Container, file: string): Promise<boolean> {
  const { headers } = (await container.infoArchive({ path: file })) as {
    readonly headers?: Readonly<Record<string, string>>;
  };
  const said = Buffer.from(headers?.['x-docker-container-path-stat'] ?? '', 'base64').toString();
  const { linkTarget = '' } = JSON.parse(said) as { readonly linkTarget?: string };
  return linkTarget !== '' && path.posix.normalize(linkTarget) !== path.posix.normalize(file);
}
