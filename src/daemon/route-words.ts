// The words of which the schemas of the local API are made. The routes of each part of the daemon
// are in a file of its own and say them alike. Spec: docs/daemon.md, "The local API".

import type { RecordShape, Shape } from './shape.ts';

export const text = { type: 'string' } as const;
export const count = { type: 'integer', minimum: 0 } as const;
export const number = { type: 'number' } as const;
export const flag = { type: 'boolean' } as const;
export const open = { type: 'object', additionalProperties: true } as const;
/** Of work: its id, the start of one, or its name. */
export const anId = { type: 'string', minLength: 1, maxLength: 64 } as const;

export const list = (items: Shape): Shape => ({ type: 'array', items });
export const maybe = (shape: Shape): Shape => ({ ...shape, nullable: true });

/** Closed: a field that nobody knows is a mistake. */
export function object(properties: Readonly<Record<string, Shape>>): RecordShape {
  return {
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  };
}
