// The routes of the local API about work that this node owns. Spec: docs/daemon.md, "The local
// API".

import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { STEPS_READERS_MAX, SUBSCRIBER_BYTES_MAX } from './limits.ts';
import { checkOf } from './checked.ts';
import { DaemonFault } from './refusals.ts';
import { type WorkReplies, type WorkRequests, type WorkStep, WORK_ROUTES } from './work-routes.ts';

/** What stands behind them. Each throws a `DaemonFault` or a `StoreFault` to refuse. */
export interface OwningBehind {
  place(asked: WorkRequests['place']): Promise<WorkReplies['place']>;
  works(): Promise<WorkReplies['works']>;
  work(id: string): WorkReplies['work'];
  workFind(id: string): Promise<WorkReplies['workFind']>;
  workStop(asked: WorkRequests['workStop']): Promise<WorkReplies['workStop']>;
  workReceipts(id: string): Promise<WorkReplies['workReceipts']>;
  /** Tells what there is, then each step, until it has ended or `stop` was called. */
  workSteps(id: string, tell: (line: WorkStep) => void, ended: () => void): { stop(): void };
  drain(drained: boolean): WorkReplies['drain'];
}

/** Answers how to end the streams. `running` throws while there is nobody to ask. */
export function addOwningRoutes(
  app: FastifyInstance,
  behind: OwningBehind,
  running: () => void,
): () => void {
  const { place, works, work, workFind, workStop, workReceipts, drain } = WORK_ROUTES;
  app.post(place.path, checkOf(place), (request) => {
    running();
    return behind.place(request.body as WorkRequests['place']);
  });
  app.get(works.path, checkOf(works), () => {
    running();
    return behind.works();
  });
  app.post(work.path, checkOf(work), (request) => {
    running();
    return behind.work((request.body as WorkRequests['work']).id);
  });
  app.post(workFind.path, checkOf(workFind), (request) => {
    running();
    return behind.workFind((request.body as WorkRequests['workFind']).id);
  });
  app.post(workStop.path, checkOf(workStop), (request) => {
    running();
    return behind.workStop(request.body as WorkRequests['workStop']);
  });
  app.post(workReceipts.path, checkOf(workReceipts), (request) => {
    running();
    return behind.workReceipts((request.body as WorkRequests['workReceipts']).id);
  });
  app.post(drain.path, checkOf(drain), (request) => {
    running();
    return behind.drain((request.body as WorkRequests['drain']).drained);
  });
  return addSteps(app, behind, running);
}

function addSteps(app: FastifyInstance, behind: OwningBehind, running: () => void): () => void {
  const { workSteps } = WORK_ROUTES;
  const open = new Set<ServerResponse>();
  app.get(workSteps.path, checkOf(workSteps), (request, reply) => {
    running();
    if (open.size >= STEPS_READERS_MAX) throw new DaemonFault('too-many');
    const { id } = request.query as { readonly id: string };
    // Refused before anything is written.
    behind.work(id);
    reply.hijack();
    const { raw } = reply;
    open.add(raw);
    raw.writeHead(200, { 'content-type': 'application/x-ndjson' });
    raw.flushHeaders();
    const tell = (line: WorkStep): void => {
      raw.write(`${JSON.stringify(line)}\n`);
      if (raw.writableLength > SUBSCRIBER_BYTES_MAX) raw.destroy();
    };
    const { stop } = behind.workSteps(id, tell, () => raw.end());
    raw.once('close', () => {
      stop();
      open.delete(raw);
    });
  });
  return () => {
    for (const raw of open) raw.end();
  };
}
