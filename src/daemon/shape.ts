// Whether a document is what the schema of a route says: asked by the daemon of each request, and
// by whoever reads what a daemon or a member has said, since neither trusts the other further than
// anybody. Of JSON Schema it is what the routes need and no more, so that it is checked without a
// compiler in memory; the type keeps a schema from saying anything else. Spec: docs/daemon.md, "The
// local API".

export type Shape = FlagShape | TextShape | NumberShape | ListShape | RecordShape;

interface Nullable {
  /** JSON's null is taken, too. */
  readonly nullable?: boolean;
}

interface FlagShape extends Nullable {
  readonly type: 'boolean';
}

interface TextShape extends Nullable {
  readonly type: 'string';
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
}

interface NumberShape extends Nullable {
  readonly type: 'integer' | 'number';
  readonly minimum?: number;
  readonly maximum?: number;
}

interface ListShape extends Nullable {
  readonly type: 'array';
  readonly items?: Shape;
  readonly minItems?: number;
  readonly maxItems?: number;
}

export interface RecordShape extends Nullable {
  readonly type: 'object';
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  /** Fields that are not named are taken as they are; else each is a mistake. */
  readonly additionalProperties?: boolean;
}

export function fits(value: unknown, shape: Shape): boolean {
  return wrongIn(value, shape) === null;
}

/** For a person: which field is wrong, and what it must be; null where nothing is. */
export function complaintOf(value: unknown, shape: Shape): string | null {
  const wrong = wrongIn(value, shape);
  if (wrong === null) return null;
  const where = wrong.at === '' ? 'the whole' : wrong.at.slice(1);
  return `${where} ${wrong.what}`;
}

interface Wrong {
  /** From the outside in, each step after a slash. */
  readonly at: string;
  readonly what: string;
}

function wrongIn(value: unknown, shape: Shape): Wrong | null {
  if (value === null && shape.nullable === true) return null;
  switch (shape.type) {
    case 'boolean':
      return typeof value === 'boolean' ? null : here('must be true or false');
    case 'string':
      return typeof value === 'string' ? wrongText(value, shape) : here('must be a text');
    case 'integer':
      return Number.isSafeInteger(value)
        ? outOfBounds(value as number, shape)
        : here('must be a whole number');
    case 'number':
      return typeof value === 'number' ? outOfBounds(value, shape) : here('must be a number');
    case 'array':
      return Array.isArray(value) ? wrongItem(value, shape) : here('must be a list');
    case 'object':
      return isRecord(value) ? wrongField(value, shape) : here('must be an object');
  }
}

function here(what: string): Wrong {
  return { at: '', what };
}

function within(step: string | number, wrong: Wrong | null): Wrong | null {
  return wrong === null ? null : { at: `/${step}${wrong.at}`, what: wrong.what };
}

function wrongText(text: string, shape: TextShape): Wrong | null {
  const { minLength = 0, maxLength = Infinity, pattern } = shape;
  if (text.length < minLength) return here(`must have at least ${minLength} characters`);
  if (text.length > maxLength) return here(`must have at most ${maxLength} characters`);
  if (shape.enum?.includes(text) === false) return here(`must be one of ${shape.enum.join(', ')}`);
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(text))
    return here(`must look like ${pattern}`);
  return null;
}

function outOfBounds(value: number, bounds: NumberShape): Wrong | null {
  const { minimum = -Infinity, maximum = Infinity } = bounds;
  if (value < minimum) return here(`must be at least ${minimum}`);
  return value > maximum ? here(`must be at most ${maximum}`) : null;
}

function wrongItem(list: readonly unknown[], shape: ListShape): Wrong | null {
  const { items, minItems = 0, maxItems = Infinity } = shape;
  if (list.length < minItems) return here(`must have at least ${minItems} items`);
  if (list.length > maxItems) return here(`must have at most ${maxItems} items`);
  if (items === undefined) return null;
  for (const [at, item] of list.entries()) {
    const wrong = within(at, wrongIn(item, items));
    if (wrong !== null) return wrong;
  }
  return null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrongField(record: Readonly<Record<string, unknown>>, shape: RecordShape): Wrong | null {
  const { properties = {}, required = [], additionalProperties = false } = shape;
  const missing = required.find((name) => !Object.hasOwn(record, name));
  if (missing !== undefined) return here(`lacks ${missing}`);
  for (const [name, value] of Object.entries(record)) {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known === undefined && additionalProperties) continue;
    if (known === undefined) return here(`has ${name}, which nobody knows`);
    const wrong = within(name, wrongIn(value, known));
    if (wrong !== null) return wrong;
  }
  return null;
}
