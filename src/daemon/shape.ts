// Whether a document is what the schema of a route says: for the reading end, which trusts the
// daemon no further than anybody. Of JSON Schema it knows what routes.ts uses.

interface Schema {
  readonly type?: string;
  readonly nullable?: boolean;
  readonly minimum?: number;
  readonly items?: object;
  readonly properties?: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
}

export function fits(value: unknown, schema: Schema): boolean {
  if (value === null) return schema.nullable === true;
  switch (schema.type) {
    case 'string':
      return typeof value === 'string';
    case 'boolean':
      return typeof value === 'boolean';
    case 'integer':
      return Number.isSafeInteger(value) && Number(value) >= (schema.minimum ?? -Infinity);
    case 'array':
      return Array.isArray(value) && value.every((item) => fits(item, schema.items ?? {}));
    case 'object':
      return isRecord(value) && hasFields(value, schema);
    default:
      return true;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasFields(value: Readonly<Record<string, unknown>>, schema: Schema): boolean {
  const { properties = {}, required = [], additionalProperties } = schema;
  if (!required.every((name) => Object.hasOwn(value, name))) return false;
  return Object.entries(value).every(([name, its]) => {
    const known = properties[name];
    return known === undefined ? additionalProperties === true : fits(its, known);
  });
}
