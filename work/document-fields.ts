// The fields of each signed document, closed: a field that nobody knows, or one that is missing,
// and it is no such document. The spec within is read by its own schema. Spec: docs/running.md,
// "Documents".

import { isDigest } from '../proto/ids.ts';
import type { Answer, LeaseState, Receipt, RefusalCode, Request } from './documents.ts';
import { FAILURES } from './failures.ts';
import * as form from './forms.ts';
import { HOST_REFUSALS } from './host-refusals.ts';
import { GENERATION_MAX, LIST_MAX, WHY_CHARS_MAX } from './limits.ts';
import {
  type Field,
  type Fields,
  type Shape,
  choice,
  flag,
  integer,
  object,
  text,
} from './shape.ts';

/** The year 275760: as far as a date of the language goes. */
const MS_MAX = 8_640_000_000_000_000;

const digest: Shape = text('a digest of 43 signs', isDigest);
const words: Shape = text(
  `a text of at most ${WHY_CHARS_MAX} signs`,
  (said) => said.length <= WHY_CHARS_MAX,
);
const ms: Shape = integer(0, MS_MAX);
const count: Shape = integer(0, Number.MAX_SAFE_INTEGER);
const code: Shape = integer(-2_147_483_648, 4_294_967_295);

function must(shape: Shape): Field {
  return { shape, unless: 'required', what: '', example: '' };
}

function may(shape: Shape): Field {
  return { shape, unless: 'absent', what: '', example: '' };
}

const HEAD: Fields = {
  v: must(integer(1, 1)),
  id: must(form.ulid),
  generation: must(integer(1, GENERATION_MAX)),
  digest: must(digest),
  from: must(form.key),
  to: must(form.key),
  at: must(ms),
};

function request(say: Request['say'], more: Fields = {}): Fields {
  return { ...HEAD, say: must(choice(say)), ...more };
}

/** Without `spec`, which is read by its own schema. */
export const REQUESTS: Readonly<Record<Request['say'], Fields>> = {
  reserve: request('reserve'),
  go: request('go'),
  cancel: request('cancel'),
  stop: request('stop', { kill: must(flag) }),
  mine: request('mine'),
};

const STATES: readonly LeaseState[] = [
  ...(['reserved', 'preparing', 'starting', 'running', 'stopping'] as const),
  ...(['done', 'failed', 'lost'] as const),
];

function answer(say: Answer['say'], more: Fields = {}): Fields {
  return { ...HEAD, re: must(digest), say: must(choice(say)), ...more };
}

export const ANSWERS: Readonly<Record<Answer['say'], Fields>> = {
  reserved: answer('reserved', { goMs: must(count) }),
  going: answer('going', { state: must(choice(...STATES)) }),
  done: answer('done'),
  keep: answer('keep'),
  drop: answer('drop'),
  refused: answer('refused', {
    code: must(choice(...(Object.keys(HOST_REFUSALS) as RefusalCode[]))),
    why: must(words),
    needs: may(count),
    has: may(count),
  }),
};

const FAILURE: Fields = {
  code: must(choice(...Object.keys(FAILURES))),
  phase: must(words),
  why: must(words),
};

/** Without `granted`, which is what was found, by whatever names. */
export const RECEIPT: Readonly<Record<Exclude<keyof Receipt, 'granted'>, Field>> = {
  v: must(integer(1, 1)),
  id: must(form.ulid),
  generation: must(integer(1, GENERATION_MAX)),
  kind: must(choice('job', 'vm')),
  name: must(form.name),
  digest: must(digest),
  host: must(form.key),
  owner: must(form.key),
  image: must(words),
  inputs: must({ is: 'list', item: digest, max: LIST_MAX }),
  startedAt: may(ms),
  endedAt: must(ms),
  exit: may(code),
  ended: must(choice('done', 'failed')),
  failure: may(object(FAILURE)),
  logsHash: must(digest),
  outputs: must({
    ...{ is: 'map', keys: { form: 'a path', ok: isOutput }, max: LIST_MAX, value: digest },
  }),
  executionHash: must(digest),
};

function isOutput(said: string): boolean {
  return form.path.is === 'text' && form.path.ok(said) && said.length <= WHY_CHARS_MAX;
}
