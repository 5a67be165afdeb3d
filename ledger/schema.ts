// The small words of which body schemas are made (kinds.ts). A check answers null where the value
// fits, else the path of what does not.

import { isDigest, isKey, isRecordId, isSignature } from '../proto/ids.ts';
import type { Json, JsonObject } from '../proto/json.ts';
import { isEndpoint, isLabel, isName } from '../proto/names.ts';
import { ACTIONS, isAction } from './grant.ts';
import { CONFIG_KEY_CHARS_MAX, DELEGATION_STEPS_MAX } from './limits.ts';

export type Check = (value: Json) => string | null;
/** A field that may be absent; only inside `object`. */
export type Field = Check | { readonly optional: Check };

export function optional(check: Check): Field {
  return { optional: check };
}

export function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && !Array.isArray(value);
}

/** A closed object: every field there unless optional, and nothing else. */
export function object(fields: Readonly<Record<string, Field>>): Check {
  const entries = Object.entries(fields);
  return (value) => {
    if (!isObject(value)) return 'not an object';
    let seen = 0;
    for (const [name, field] of entries) {
      if (!Object.hasOwn(value, name)) {
        if (typeof field === 'function') return `${name} is missing`;
        continue;
      }
      seen++;
      const why = (typeof field === 'function' ? field : field.optional)(value[name] as Json);
      if (why !== null) return `${name}: ${why}`;
    }
    if (seen === Object.keys(value).length) return null;
    return `unknown field ${Object.keys(value).find((name) => !Object.hasOwn(fields, name))}`;
  };
}

export function array(item: Check, min: number, max: number, order?: 'sorted'): Check {
  return (value) => {
    if (!Array.isArray(value)) return 'not a list';
    if (value.length < min || value.length > max) return `${value.length} items`;
    for (let i = 0; i < value.length; i++) {
      const why = item(value[i] as Json);
      if (why !== null) return `${i}: ${why}`;
      if (order === 'sorted' && i > 0 && value[i - 1] >= value[i]) return `${i}: out of order`;
    }
    return null;
  };
}

export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): Check {
  return (value) =>
    typeof value === 'number' && value >= min && value <= max ? null : `not in ${min}..${max}`;
}

function text(test: (text: string) => boolean, what: string): Check {
  return (value) => (typeof value === 'string' && test(value) ? null : `not ${what}`);
}

const CONFIG_KEY = /^[a-z][a-z0-9_]*([./-][a-z0-9_]+)*$/;
const BYTE = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
const IPV4 = new RegExp(`^${BYTE}(\\.${BYTE}){3}$`);
const IPV4_RANGE = new RegExp(`^${BYTE}(\\.${BYTE}){3}/([89]|[12][0-9]|3[0-2])$`);

export { isName };

export function isConfigKey(value: string): boolean {
  return value.length <= CONFIG_KEY_CHARS_MAX && CONFIG_KEY.test(value);
}

export const name: Check = text(isName, 'a host label');
export const label: Check = text(isLabel, 'a label');
export const configKey: Check = text(isConfigKey, 'a configuration key');
export const endpoint: Check = text(isEndpoint, 'an endpoint');
export const ipv4: Check = text((value) => IPV4.test(value), 'an IPv4 address');
export const ipv4Range: Check = text((value) => IPV4_RANGE.test(value), 'an IPv4 range');
export const key: Check = text(isKey, 'a key');
export const digest: Check = text(isDigest, 'a digest');
export const signature: Check = text(isSignature, 'a signature');
export const recordIdOrEmpty: Check = text((value) => value === '' || isRecordId(value), 'an id');
export const json: Check = () => null;

// A resource is a prefix of names that the other rules of this file allow.
const RESOURCE = /^[a-z0-9._/:-]{0,128}$/;
const fields = object({
  action: text(isAction, 'an action'),
  resource: text((value) => RESOURCE.test(value), 'a resource prefix'),
  depth: integer(0, DELEGATION_STEPS_MAX - 1),
  limits: optional((value) => (isObject(value) ? null : 'not an object')),
  expires: optional(integer(0)),
});

/** A grant, with the limits that its action knows. */
export const grant: Check = (value) => {
  const why = fields(value);
  if (why !== null) return why;
  const it = value as JsonObject;
  const facts = ACTIONS[it['action'] as keyof typeof ACTIONS];
  if (it['expires'] !== undefined && !facts.expires) return 'expires: what writes does not expire';
  const limits = Object.entries((it['limits'] ?? {}) as JsonObject);
  if (it['limits'] !== undefined && limits.length === 0) return 'limits: empty';
  for (const [limit, bound] of limits) {
    if (!facts.limits.includes(limit)) return `limits: unknown limit ${limit}`;
    if (typeof bound !== 'number' || bound < 0) return `limits: ${limit}`;
  }
  return null;
};
