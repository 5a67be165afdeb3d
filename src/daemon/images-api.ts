// The routes of the local API about images. Whoever goes away while an image is fetched stops that;
// what is being added is added to its end. Spec: docs/daemon.md, "The local API".

import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Result } from '../../proto/result.ts';
import type { ImageCode } from '../work/images/refusals.ts';
import type { Held, Progress } from '../work/images/store.ts';
import {
  IMAGE_ROUTES,
  type ImageReplies,
  type ImageRequests,
  type ImageStep,
  type ImageWork,
} from './image-routes.ts';
import { IMAGE_STREAMS_MAX } from './limits.ts';
import { checkOf } from './checked.ts';
import { DaemonFault } from './refusals.ts';

/** What stands behind them. Each throws a `DaemonFault` to refuse. */
export interface ImagesBehind {
  images(): Promise<ImageReplies['images']>;
  imageAdd(asked: ImageWork['imageAdd'], progress: Progress): Promise<Result<Held, ImageCode>>;
  imageFetch(
    asked: ImageWork['imageFetch'],
    progress: Progress,
    signal: AbortSignal,
  ): Promise<Result<Held, ImageCode>>;
  imageRemove(asked: ImageRequests['imageRemove']): Promise<ImageReplies['imageRemove']>;
}

type Run = (progress: Progress, signal: AbortSignal) => Promise<Result<Held, ImageCode>>;

/** Answers how to end the streams. `running` throws while there is nobody to ask. */
export function addImageRoutes(
  app: FastifyInstance,
  behind: ImagesBehind,
  running: () => void,
): () => void {
  const { images, imageAdd, imageFetch, imageRemove } = IMAGE_ROUTES;
  const open = new Set<ServerResponse>();
  app.get(images.path, checkOf(images), () => {
    running();
    return behind.images();
  });
  app.post(imageRemove.path, checkOf(imageRemove), (request) => {
    running();
    return behind.imageRemove(request.body as ImageRequests['imageRemove']);
  });
  app.post(imageAdd.path, checkOf(imageAdd), (request, reply) => {
    running();
    const asked = request.body as ImageWork['imageAdd'];
    stream(open, reply, (progress) => behind.imageAdd(asked, progress));
  });
  app.post(imageFetch.path, checkOf(imageFetch), (request, reply) => {
    running();
    const asked = request.body as ImageWork['imageFetch'];
    stream(open, reply, (progress, signal) => behind.imageFetch(asked, progress, signal));
  });
  return () => {
    for (const raw of open) raw.destroy();
  };
}

function stream(open: Set<ServerResponse>, reply: FastifyReply, run: Run): void {
  if (open.size >= IMAGE_STREAMS_MAX) throw new DaemonFault('too-many');
  reply.hijack();
  const { raw } = reply;
  const gone = new AbortController();
  open.add(raw);
  raw.once('close', () => {
    open.delete(raw);
    gone.abort();
  });
  raw.writeHead(200, { 'content-type': 'application/x-ndjson' });
  raw.flushHeaders();
  const tell = (step: ImageStep): void => void raw.write(`${JSON.stringify(step)}\n`);
  const progress: Progress = (done, of) => {
    // Whoever reads slowly is told less.
    if (!raw.writableNeedDrain) tell({ done, of });
  };
  run(progress, gone.signal)
    .then((end) => {
      if (end.ok) tell({ image: end.value });
      else tell({ error: { code: end.code, detail: end.detail } });
    })
    .catch((error: unknown) => {
      const isOurs = error instanceof DaemonFault;
      const { message } = error as Error;
      tell({ error: isOurs ? error : { code: 'image-store', detail: message } });
    })
    .finally(() => raw.end());
}
