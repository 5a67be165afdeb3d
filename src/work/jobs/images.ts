// The image of a job inside the engine: out of kith's store, loaded once and named by its digest;
// or one that the engine has; or one that a registry has. Spec: docs/jobs.md, "Images".

import fs from 'node:fs';
import { PassThrough } from 'node:stream';
import type { Digest } from '../../../proto/ids.ts';
import { type Result, ok, refuse } from '../../../proto/result.ts';
import { OWN_IMAGES, ownImage } from '../../../work/container.ts';
import type { FailCode } from '../../../work/failures.ts';
import { renaming } from '../../../work/image-archive.ts';
import type { Order, Tell } from '../driver.ts';
import { attempt, type Engine, saidBy, statusOf, within } from './engine.ts';
import { ENGINE_ASK_MS, ENGINE_STILL_MS } from './limits.ts';

/** As the engine calls it, and the digest that stands in the receipt. */
export interface EngineImage {
  readonly name: string;
  readonly id: string;
}

const FORMS = new Set(['docker-archive', 'oci-archive']);

export async function bringImage(
  engine: Engine,
  order: Order,
  tell: Tell,
  signal: AbortSignal,
): Promise<Result<EngineImage, FailCode>> {
  const name = order.spec.job?.image ?? '';
  const found = await order.image(name, tell, signal);
  if (found.where === 'engine') return ofEngine(engine, name, tell, signal);
  if (!FORMS.has(found.form)) {
    return refuse('image-wrong', `${name} is a ${found.form}: a job needs an archive of an image`);
  }
  const own = ownImage(found.id);
  const held = await idOf(engine, own);
  if (!held.ok) return held;
  if (held.value === null) {
    const loaded = await load(engine, { ...found, own }, tell, signal);
    if (!loaded.ok) return loaded;
  }
  return ok({ name: own, id: found.id });
}

async function ofEngine(
  engine: Engine,
  name: string,
  tell: Tell,
  signal: AbortSignal,
): Promise<Result<EngineImage, FailCode>> {
  const held = await idOf(engine, name);
  if (!held.ok) return held;
  if (held.value !== null) return ok({ name, id: held.value });
  const pulled = await pull(engine, name, tell, signal);
  if (!pulled.ok) return pulled;
  const now = await idOf(engine, name);
  if (!now.ok) return now;
  return now.value === null ? refuse('image-missing', name) : ok({ name, id: now.value });
}

/** Null: the engine has none of that name. */
async function idOf(engine: Engine, name: string): Promise<Result<string | null, FailCode>> {
  return attempt(async () => {
    try {
      return (await within(ENGINE_ASK_MS, engine.docker.getImage(name).inspect())).Id;
    } catch (error) {
      // A name that no image can have is missing, too.
      if (statusOf(error) === 404 || statusOf(error) === 400) return null;
      throw error;
    }
  });
}

interface Loading {
  readonly id: Digest;
  readonly file: string;
  readonly own: string;
}

async function load(
  engine: Engine,
  { file, own }: Loading,
  tell: Tell,
  signal: AbortSignal,
): Promise<Result<void, FailCode>> {
  const archive = new PassThrough();
  const size = fs.statSync(file).size;
  let isImage = true;
  let done = 0;
  const feed = async (): Promise<void> => {
    const renamed = renaming(own);
    for await (const chunk of fs.createReadStream(file, { signal, highWaterMark: 1 << 20 })) {
      const parts = renamed.take(chunk as Uint8Array);
      if (parts === null) return notOne();
      done += (chunk as Uint8Array).length;
      tell('loading the image', done, size);
      for (const part of parts) await written(archive, part);
    }
    const end = renamed.end();
    if (end === null) return notOne();
    for (const part of end) await written(archive, part);
    archive.end();
  };
  const notOne = (): void => {
    isImage = false;
    archive.destroy(new Error('it is no archive of one image'));
  };
  const fed = feed().catch((error: unknown) => void archive.destroy(error as Error));
  const asked = await attempt(async () => {
    const said = await moving(
      engine.docker.loadImage(archive, { abortSignal: signal } as object),
      () => done,
    );
    return textOf(said, () => undefined);
  });
  archive.destroy();
  await fed;
  if (!isImage) return refuse('image-wrong', 'it is no archive of one image');
  if (!asked.ok) return asked;
  const held = await idOf(engine, own);
  if (!held.ok) return held;
  return held.value === null ? refuse('image-wrong', asked.value) : ok(undefined);
}

/** Resolves when there is room; a stream that was destroyed takes everything. */
function written(stream: PassThrough, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.write(bytes)) return resolve();
    const go = (): void => {
      stream.off('drain', go).off('close', go);
      resolve();
    };
    stream.on('drain', go).on('close', go);
  });
}

/** Waits as long as something moves. */
async function moving<T>(answer: Promise<T>, progress: () => number): Promise<T> {
  for (let seen = -1; ; seen = progress()) {
    try {
      return await within(ENGINE_STILL_MS, answer);
    } catch (error) {
      if ((error as Error).name !== 'Silence' || progress() === seen) throw error;
    }
  }
}

async function pull(
  engine: Engine,
  name: string,
  tell: Tell,
  signal: AbortSignal,
): Promise<Result<void, FailCode>> {
  tell('pulling the image');
  const parts = new Map<string, { readonly done: number; readonly of: number }>();
  let fault = '';
  let lines = 0;
  const hear = (line: PullLine): void => {
    lines += 1;
    if (line.error !== undefined) fault ||= line.error;
    const { current, total } = line.progressDetail ?? {};
    if (line.id === undefined || current === undefined || total === undefined) return;
    parts.set(line.id, { done: current, of: total });
    const [done, of] = [...parts.values()].reduce(
      ([a, b], part) => [a + part.done, b + part.of],
      [0, 0],
    );
    tell('pulling the image', done, of);
  };
  try {
    const stream = await moving(engine.docker.pull(name, { abortSignal: signal }), () => lines);
    await moving(textOf(stream, hear), () => lines);
  } catch (error) {
    if (statusOf(error) === null) return attempt(() => Promise.reject(error as Error));
    fault = saidBy(error);
  }
  return fault === '' ? ok(undefined) : refuse('image-missing', `${name}: ${fault}`);
}

interface PullLine {
  readonly id?: string;
  readonly error?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

/** Reads an answer of lines of JSON to its end. */
async function textOf(
  stream: NodeJS.ReadableStream,
  hear: (line: PullLine) => void,
): Promise<string> {
  let text = '';
  let last = '';
  for await (const chunk of stream) {
    text += (chunk as Buffer).toString('utf8');
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      last = line;
      heardLine(line, hear);
    }
  }
  heardLine(text, hear);
  return text === '' ? last : text;
}

function heardLine(line: string, hear: (line: PullLine) => void): void {
  try {
    hear(JSON.parse(line) as PullLine);
  } catch {
    // An engine may say more than lines of JSON: it is for nobody.
  }
}

/** Takes away images of ours that no container needs any more; those of others stay. */
export async function pruneImages(engine: Engine): Promise<void> {
  await attempt(async () => {
    const filters = { reference: [`${OWN_IMAGES}:*`] };
    const images = await within(ENGINE_ASK_MS, engine.docker.listImages({ filters }));
    for (const { RepoTags } of images) {
      // Not by its id, which may have names of others; and one that is in use is kept by the
      // engine.
      for (const name of (RepoTags ?? []).filter((one) => one.startsWith(`${OWN_IMAGES}:`))) {
        await attempt(() => within(ENGINE_ASK_MS, engine.docker.getImage(name).remove()));
      }
    }
  });
}
