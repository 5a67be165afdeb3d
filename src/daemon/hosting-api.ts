// The routes of the local API about work on this host. Spec: docs/daemon.md, "Work".

import type { FastifyInstance } from 'fastify';
import { checkOf } from './checked.ts';
import { HOSTING_ROUTES, type HostingReplies, type HostingRequests } from './hosting-routes.ts';

/** What stands behind them. Each throws a `DaemonFault` to refuse. */
export interface HostingBehind {
  workReady(): HostingReplies['workReady'];
  workFreeze(frozen: boolean): HostingReplies['workFreeze'];
  workLog(asked: HostingRequests['workLog']): Promise<HostingReplies['workLog']>;
  workType(asked: HostingRequests['workType']): Promise<HostingReplies['workType']>;
}

/** `running` throws while there is nobody to ask. */
export function addHostingRoutes(
  app: FastifyInstance,
  behind: HostingBehind,
  running: () => void,
): void {
  const { workReady, workFreeze, workLog, workType } = HOSTING_ROUTES;
  app.get(workReady.path, checkOf(workReady), () => {
    running();
    return behind.workReady();
  });
  app.post(workFreeze.path, checkOf(workFreeze), (request) => {
    running();
    return behind.workFreeze((request.body as HostingRequests['workFreeze']).frozen);
  });
  app.post(workLog.path, checkOf(workLog), (request) => {
    running();
    return behind.workLog(request.body as HostingRequests['workLog']);
  });
  app.post(workType.path, checkOf(workType), (request) => {
    running();
    return behind.workType(request.body as HostingRequests['workType']);
  });
}
