// The root of a job in bubblewrap: the layers of an image, unpacked once and kept by its digest.
// An archive is a stranger's: tar runs in a sandbox that can write nowhere but into the new root,
// so that no link of a layer leads out of it. Spec: docs/jobs.md, "bubblewrap".

import fs from 'node:fs';
import path from 'node:path';
import { type Result, ok, refuse } from '../../../proto/result.ts';
import type { FailCode } from '../../../work/failures.ts';
import { runTool } from '../../os/tools.ts';
import { isFull } from '../../store/faults.ts';
import { LAYERS_MAX, UNPACK_MS } from './limits.ts';

export interface Root {
  readonly folder: string;
  /** What the image says of itself. */
  readonly env: readonly string[];
  readonly command: readonly string[];
  readonly workdir: string;
}

interface Layers {
  readonly config: string;
  readonly layers: readonly string[];
}

/** Of an image that was unpacked whole; null: it has to be. */
export function keptRoot(roots: string, id: string): Root | null {
  const folder = path.join(roots, id);
  try {
    const said = json(path.join(folder, 'config.json')) as {
      readonly config?: Partial<Record<'Env' | 'Cmd' | 'Entrypoint', string[] | null>> & {
        readonly WorkingDir?: string;
      };
    };
    const { Env, Cmd, Entrypoint, WorkingDir } = said.config ?? {};
    return {
      folder: path.join(folder, 'root'),
      env: Env ?? [],
      command: [...(Entrypoint ?? []), ...(Cmd ?? [])],
      workdir: WorkingDir === undefined || WorkingDir === '' ? '/' : WorkingDir,
    };
  } catch {
    return null;
  }
}

export async function unpack(
  roots: string,
  id: string,
  file: string,
  signal: AbortSignal,
): Promise<Result<void, FailCode>> {
  const draft = path.join(roots, `${id}.new`);
  fs.rmSync(draft, { recursive: true, force: true });
  for (const name of ['archive', 'root']) {
    fs.mkdirSync(path.join(draft, name), { recursive: true, mode: 0o755 });
  }
  try {
    const whole = await tar(['-xf', file], path.join(draft, 'archive'), [file], signal);
    if (whole !== null) return whole;
    const found = layersIn(path.join(draft, 'archive'));
    if (found === null) return refuse('image-wrong', 'it is no archive of one image');
    for (const layer of found.layers) {
      const failed = await addLayer(layer, path.join(draft, 'root'), signal);
      if (failed !== null) return failed;
    }
    fs.copyFileSync(found.config, path.join(draft, 'config.json'));
    fs.rmSync(path.join(draft, 'archive'), { recursive: true });
    fs.renameSync(draft, path.join(roots, id));
    return ok(undefined);
  } catch (error) {
    return refuse(isFull(error) ? 'disk-full' : 'image-wrong', (error as Error).message);
  } finally {
    fs.rmSync(draft, { recursive: true, force: true });
  }
}

/** Runs tar where only `to` can be written; null: it did. */
async function tar(
  words: readonly string[],
  to: string,
  files: readonly string[],
  signal: AbortSignal,
): Promise<Result<never, FailCode> | null> {
  const run = await runTool(
    [
      ...[
        'bwrap',
        '--ro-bind',
        '/',
        '/',
        '--dev',
        '/dev',
        '--tmpfs',
        '/tmp',
        '--bind',
        to,
        '/tmp/to',
      ],
      ...files.flatMap((file, at) => ['--ro-bind', file, `/tmp/file${at}`]),
      ...[
        '--unshare-net',
        '--unshare-pid',
        '--unshare-ipc',
        '--die-with-parent',
        '--cap-drop',
        'ALL',
      ],
      ...['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FOWNER', 'CAP_FSETID'].flatMap((one) =>
        process.geteuid?.() === 0 ? ['--cap-add', one] : [],
      ),
      ...['tar', '-C', '/tmp/to'],
      ...words.map((word) => (files.includes(word) ? `/tmp/file${files.indexOf(word)}` : word)),
    ],
    { limitMs: UNPACK_MS, signal },
  );
  if (run.status === 0) return null;
  const hasNoRoom = /No space left on device/.test(run.said);
  return refuse(hasNoRoom ? 'disk-full' : 'image-wrong', run.said);
}

async function addLayer(
  layer: string,
  root: string,
  signal: AbortSignal,
): Promise<Result<never, FailCode> | null> {
  const list = await runTool(['tar', '-tf', layer], { limitMs: UNPACK_MS, signal });
  if (list.status !== 0) return refuse('image-wrong', list.said);
  for (const name of list.stdout.toString('utf8').split('\n')) whiteOut(root, name);
  return tar(['--exclude=.wh.*', '-xf', layer], root, [layer], signal);
}

/** A layer takes away what those below it have by names that begin so. */
function whiteOut(root: string, name: string): void {
  const [folder, file] = [path.dirname(name), path.basename(name)];
  if (!file.startsWith('.wh.')) return;
  const real = fs.realpathSync.native(root);
  let parent: string;
  try {
    parent = fs.realpathSync.native(path.join(root, path.posix.normalize(`/${folder}`)));
  } catch {
    // Nothing below has that folder.
    return;
  }
  // A link of a lower layer may lead anywhere.
  if (parent !== real && !parent.startsWith(`${real}/`)) return;
  const gone = file === '.wh..wh..opq' ? fs.readdirSync(parent) : [file.slice('.wh.'.length)];
  for (const one of gone.filter((entry) => entry !== '' && entry !== '.' && entry !== '..')) {
    fs.rmSync(path.join(parent, one), { recursive: true, force: true });
  }
}

function json(file: string): unknown {
  return JSON.parse(fs.readFileSync(file, 'utf8'));
}

/** The files of config and layers, by either form of archive; null: of none. */
function layersIn(archive: string): Layers | null {
  const inside = (name: unknown): string => {
    const file = path.join(archive, path.posix.normalize(`/${String(name)}`));
    // No link of the archive leads out of it.
    const real = fs.realpathSync.native(file);
    if (!real.startsWith(`${fs.realpathSync.native(archive)}/`)) throw new Error(`${file}: a link`);
    return real;
  };
  const blob = (one: unknown): string => {
    const { digest } = one as { readonly digest: string };
    return inside(`blobs/${digest.replace(':', '/')}`);
  };
  const bounded = (config: string, layers: readonly string[]): Layers | null =>
    layers.length > LAYERS_MAX ? null : { config, layers };
  if (fs.existsSync(path.join(archive, 'manifest.json'))) {
    const said = json(inside('manifest.json')) as { Config: string; Layers: string[] }[];
    const [only] = said;
    if (only === undefined || said.length !== 1) return null;
    return bounded(inside(only.Config), only.Layers.map(inside));
  }
  const index = json(inside('index.json')) as { readonly manifests: readonly unknown[] };
  if (index.manifests.length !== 1) return null;
  const manifest = json(blob(index.manifests[0])) as { config: unknown; layers: unknown[] };
  return bounded(blob(manifest.config), manifest.layers.map(blob));
}
