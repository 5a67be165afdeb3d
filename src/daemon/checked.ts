// What a request must pass before its route: it is as the shape of the route says, with nothing
// dropped, changed or filled in. Spec: docs/daemon.md, "The local API".

import type { RouteShorthandOptions } from 'fastify';
import { DaemonFault } from './refusals.ts';
import type { Route } from './routes.ts';
import { complaintOf } from './shape.ts';

export function checkOf({ method, input }: Route): Pick<RouteShorthandOptions, 'preValidation'> {
  return {
    preValidation({ query, body }, _reply, done) {
      const complaint = complaintOf(method === 'GET' ? query : body, input);
      done(complaint === null ? undefined : new DaemonFault('bad-request', complaint));
    },
  };
}
