// Writes wire.js and wire.d.ts from kith.proto: static code, so that a node parses no schema and
// evaluates no text at run time. `npm run proto` writes both, `--check` only compares them.
// The code is protobufjs's own; the types are ours, since its types would bring Node's into a core.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import pbjs from 'protobufjs-cli/pbjs.js';

const here = dirname(fileURLToPath(import.meta.url));
const SCHEMA = join(here, 'kith.proto');
const BANNER = '// Written by `npm run proto` from kith.proto. Do not edit.\n\n';

const OPTIONS = (
  '--target static-module --wrap esm --root kith --force-number --no-create ' +
  '--no-convert --no-verify --no-delimited --no-typeurl --no-comments --no-service'
).split(' ');

// A uint64 is read as a plain number, and one that a number cannot hold is refused: with `long` in
// the tree protobufjs would hand out objects, without it a rounded number.
const NUMBERS = `
const $number = (value) => {
  const number = typeof value === "object" ? value.toNumber() : value;
  if (!Number.isSafeInteger(number)) throw $RangeError("integer above 2^53");
  return number;
};
const $append = (list, values) => {
  for (const value of values) list.push($number(value));
};
`;

/** @returns {Promise<{code: string, types: string}>} what both files must hold */
export async function generate(schema = SCHEMA) {
  const root = await new protobuf.Root().load(schema, { alternateCommentMode: true });
  const namespace = root.lookup('kith');
  return { code: await codeOf(schema), types: `${BANNER}${typesOf(namespace)}` };
}

async function codeOf(schema) {
  const folder = mkdtempSync(join(tmpdir(), 'kith-proto-'));
  try {
    const out = join(folder, 'wire.js');
    await new Promise((done, fail) => {
      pbjs.main([...OPTIONS, '--out', out, schema], (error) => (error ? fail(error) : done()));
    });
    const code = readFileSync(out, 'utf8')
      .replace(/^\/\*eslint-disable[^\n]*\n/, '')
      .replace(/\nconst \$root = /, `${NUMBERS}\nconst $root = `)
      .replace(/\nexport \{\s*\$root as default\s*\};\n/, '')
      .replaceAll('$util.Long ? $util.Long.fromBits(0,0,true) : 0', '0')
      .replaceAll(/\breader\.uint64\(\)/g, '$number(reader.uint64())')
      .replaceAll(/\breader\.uint64s\((message\.\w+)\)/g, '$append($1, reader.uint64s())');
    if (/\$util\.Long\b/.test(code)) throw new Error('a 64-bit field that is not a uint64');
    return BANNER + code;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function typesOf(namespace) {
  const parts = namespace.nestedArray.map((item) => {
    if (item instanceof protobuf.Enum) return enumOf(item);
    if (item instanceof protobuf.Type) return messageOf(item);
    throw new Error(`${item.fullName}: only messages and enums are written for now`);
  });
  return [
    'export interface Codec<Message> {\n',
    '  encode(message: Message): { finish(): Uint8Array };\n',
    '  /** Throws on bytes that are no such message. Byte fields are views into `bytes`. */\n',
    '  decode(bytes: Uint8Array): Message;\n',
    '}\n\n',
    'export namespace kith {\n',
    `${parts.join('\n')}}\n`,
  ].join('');
}

function messageOf(type) {
  const nested = type.nestedArray;
  if (nested.length > 0) throw new Error(`${type.fullName}: put nested types at the top level`);
  const fields = type.fieldsArray.map((field) => {
    const comment = field.comment ? `    /** ${field.comment.replaceAll('\n', ' ')} */\n` : '';
    return `${comment}    ${field.name}${isOptional(field) ? '?' : ''}: ${typeOf(field)};\n`;
  });
  const comment = type.comment ? `  /** ${type.comment.replaceAll('\n', ' ')} */\n` : '';
  return (
    `${comment}  interface ${type.name} {\n${fields.join('')}  }\n` +
    `  const ${type.name}: Codec<${type.name}>;\n`
  );
}

function enumOf(item) {
  const values = Object.entries(item.values).map(([name, value]) => `    ${name}: ${value};\n`);
  return `  const ${item.name}: {\n${values.join('')}  };\n`;
}

// Absent is null when read, and may be left out when written.
function isOptional(field) {
  const isMessage = field.resolve().resolvedType instanceof protobuf.Type;
  return !field.repeated && (isMessage || field.partOf !== null);
}

function typeOf(field) {
  if (field.map)
    throw new Error(`${field.fullName}: maps have no one order of bytes; repeat pairs`);
  const one = scalarOf(field.resolve());
  if (field.repeated) return `${one}[]`;
  return isOptional(field) ? `${one} | null` : one;
}

function scalarOf(field) {
  // A foreign message can hold any number in the place of an enum: whoever reads it must look.
  if (field.resolvedType instanceof protobuf.Enum) return 'number';
  if (field.resolvedType !== null) return field.resolvedType.name;
  switch (field.type) {
    case 'bytes':
      return 'Uint8Array';
    case 'string':
      return 'string';
    case 'bool':
      return 'boolean';
    case 'uint32':
    case 'uint64':
      return 'number';
    default:
      throw new Error(`${field.fullName}: ${field.type} is not used here`);
  }
}

async function main() {
  const { code, types } = await generate();
  const files = [
    [join(here, 'wire.js'), code],
    [join(here, 'wire.d.ts'), types],
  ];
  for (const [path, text] of files) {
    if (!process.argv.includes('--check')) writeFileSync(path, text);
    else if (readFileSync(path, 'utf8') !== text) {
      console.error(`${path} is not what kith.proto says: run \`npm run proto\``);
      process.exitCode = 1;
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
