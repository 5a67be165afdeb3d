// Fastify without the compiler of JSON Schema and that of serializers, which it would load with
// every server: they take more memory than all that a daemon keeps of fifty members. What goes in
// is read by codecs (peer API) or checked by shapes (local API). Spec: docs/daemon.md, "Memory".

import type { FastifyServerOptions } from 'fastify';

const none = (): never => {
  throw new Error('no route has a schema of its own');
};

export const WITHOUT_COMPILERS: Pick<FastifyServerOptions, 'schemaController'> = {
  schemaController: { compilersFactory: { buildValidator: none, buildSerializer: none } },
};
