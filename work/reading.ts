// Reads any value by a shape: the value with all defaults, or the first thing that is wrong, with
// the path of its field and, where a name is unknown, the nearest known one. Never throws.
// Spec: docs/work.md.

import { type Json, textOutsideProfile } from '../proto/json.ts';
import { nearest } from '../proto/nearest.ts';
import { type Result, ok, refuse } from '../proto/result.ts';
import { LIST_MAX, SHOWN_CHARS_MAX, TEXT_CHARS_MAX } from './limits.ts';
import { UNITS, amountIn } from './quantity.ts';
import type { SpecCode } from './refusals.ts';
import { type Field, type Fields, type Shape, wanted } from './shape.ts';

type Read = Result<Json, SpecCode>;
type Table = Readonly<Record<string, unknown>>;

/** `path` is empty for the spec itself. */
export function readBy(shape: Shape, value: unknown, path: string): Read {
  switch (shape.is) {
    case 'integer':
      return isWithin(value, shape) ? ok(value) : wrong(shape, value, path);
    case 'text':
      return isLine(value) && shape.ok(value) ? ok(value) : wrong(shape, value, path);
    case 'choice':
      return readChoice(shape, value, path);
    case 'flag':
      return typeof value === 'boolean' ? ok(value) : wrong(shape, value, path);
    case 'lines':
      return readLines(shape, value, path);
    case 'list':
      return readList(shape, value, path);
    case 'map':
      return readMap(shape, value, path);
    case 'textOr':
      return readBy(typeof value === 'string' ? shape.text : shape.object, value, path);
    case 'object':
      return isTable(value) ? readFields(shape.fields, value, path) : wrong(shape, value, path);
  }
}

function isWithin(value: unknown, { min, max }: { min: number; max: number }): value is number {
  return Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max;
}

function isLine(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > TEXT_CHARS_MAX) return false;
  return textOutsideProfile(value) === null;
}

/** A plain object. What has a class of its own is no value of a file. */
function isTable(value: unknown): value is Table {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const made: unknown = Object.getPrototypeOf(value);
  return made === Object.prototype || made === null;
}

function readChoice(shape: Shape & { is: 'choice' }, value: unknown, path: string): Read {
  if (typeof value !== 'string') return wrong(shape, value, path);
  if (shape.of.includes(value)) return ok(value);
  const near = nearest(value.slice(0, SHOWN_CHARS_MAX), shape.of);
  if (near === null) return wrong(shape, value, path);
  return refuse('spec-wrong-value', `${path}: ${shown(value)}: did you mean ${near}?`);
}

function readLines(shape: Shape & { is: 'lines' }, value: unknown, path: string): Read {
  const lines: unknown = typeof value === 'string' ? value.replace(/\n$/, '').split('\n') : value;
  if (!Array.isArray(lines) || lines.length > shape.max) return wrong(shape, value, path);
  const bad = lines.findIndex((line) => !isLine(line));
  if (bad === -1) return ok(lines as string[]);
  return refuse('spec-wrong-value', `${path}: line ${bad + 1} is no plain text of one line`);
}

function readList(shape: Shape & { is: 'list' }, value: unknown, path: string): Read {
  if (!Array.isArray(value) || value.length > shape.max) return wrong(shape, value, path);
  const items: Json[] = [];
  for (let i = 0; i < value.length; i++) {
    const item = readBy(shape.item, value[i], `${path}[${i}]`);
    if (!item.ok) return item;
    items.push(item.value);
  }
  return ok(shape.sorted === true ? [...new Set(items as string[])].toSorted() : items);
}

function readMap(shape: Shape & { is: 'map' }, value: unknown, path: string): Read {
  if (!isTable(value)) return wrong(shape, value, path);
  const names = Object.keys(value);
  if (names.length > shape.max) return wrong(shape, value, path);
  const read: Record<string, Json> = {};
  for (const name of names) {
    const under = below(path, nameText(name));
    if (!shape.keys.ok(name)) {
      return refuse('spec-wrong-value', `${under}: a name is ${shape.keys.form}`);
    }
    const item = readBy(shape.value, value[name], under);
    if (!item.ok) return item;
    read[name] = item.value;
  }
  return ok(read);
}

function readFields(fields: Fields, value: Table, path: string): Read {
  const strange = Object.keys(value).find((name) => !isKnown(fields, name));
  if (strange !== undefined)
    return refuse('spec-unknown-field', unknownText(fields, strange, path));
  const read: Record<string, Json> = {};
  for (const [name, field] of Object.entries(fields)) {
    const its = readField(field, name, value, path);
    if (its === null) continue;
    if (!its.ok) return its;
    read[name] = its.value;
  }
  return ok(read);
}

function isKnown(fields: Fields, name: string): boolean {
  if (Object.hasOwn(fields, name)) return true;
  return Object.values(fields).some(({ amount }) => amount?.name === name);
}

/** Null where the field is absent and may be. */
function readField(field: Field, name: string, value: Table, path: string): Read | null {
  const { amount, shape, unless } = field;
  const at = below(path, name);
  const says = (its: string): boolean => Object.hasOwn(value, its) && value[its] !== undefined;
  if (amount !== undefined && says(amount.name)) {
    const under = below(path, amount.name);
    return says(name)
      ? refuse('spec-twice', `${at} and ${under}`)
      : readAmount(field, value[amount.name], under);
  }
  if (says(name)) return readBy(shape, value[name], at);
  if (unless === 'absent') return null;
  if (unless !== 'required') return readBy(shape, unless.is, at);
  return refuse('spec-missing-field', `${at}: ${wanted(shape)}`);
}

function readAmount({ shape, amount }: Field, value: unknown, path: string): Read {
  const unit = amount?.unit ?? 'bytes';
  // A number of cores needs no unit: everything else does.
  const said = typeof value === 'number' && unit === 'milli' ? String(value) : value;
  const found = typeof said === 'string' ? amountIn(unit, said) : null;
  if (found === null) {
    return refuse('spec-wrong-value', `${path}: ${shown(value)}: say it as ${UNITS[unit].example}`);
  }
  return readBy(shape, found, path);
}

/** `resources.memoryy: did you mean memory?` */
function unknownText(fields: Fields, name: string, path: string): string {
  const at = below(path, nameText(name));
  const known = Object.entries(fields).flatMap(([its, { amount }]) => [
    its,
    ...(amount === undefined ? [] : [amount.name]),
  ]);
  const near = nearest(name.slice(0, SHOWN_CHARS_MAX), known);
  if (near !== null) return `${at}: did you mean ${near}?`;
  const elsewhere = Object.entries(fields).find(
    ([, { shape }]) => shape.is === 'object' && isKnown(shape.fields, name),
  );
  if (elsewhere !== undefined) return `${at}: did you mean ${below(path, elsewhere[0])}.${name}?`;
  return `${at}: known here are ${known.slice(0, LIST_MAX).join(', ')}`;
}

function wrong(shape: Shape, value: unknown, path: string): Read {
  const where = path === '' ? 'the spec' : path;
  return refuse('spec-wrong-value', `${where}: ${shown(value)} is not ${wanted(shape)}`);
}

function below(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function clipped(text: string): string {
  return text.length <= SHOWN_CHARS_MAX ? text : `${text.slice(0, SHOWN_CHARS_MAX)}…`;
}

/** A name of a field, and in quotes what looks like none. */
function nameText(name: string): string {
  return /^\w+$/.test(name) ? clipped(name) : `"${clipped(name)}"`;
}

/** A value as its author knows it, short. */
function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `"${clipped(value)}"`;
    case 'number':
    case 'boolean':
    case 'bigint':
      return clipped(String(value));
    case 'object':
      return value === null
        ? 'nothing'
        : Array.isArray(value)
          ? `a list of ${value.length}`
          : 'this';
    default:
      return 'this';
  }
}
