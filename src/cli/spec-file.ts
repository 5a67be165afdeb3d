// A spec of work as a person hands it in: a file or standard input, YAML or JSON, which is YAML,
// too. The parser is loaded only here. What it makes of a text is judged by work/spec.ts.

import { createReadStream } from 'node:fs';
import { textOf } from '../../proto/bytes.ts';
import { type Result, ok, refuse } from '../../proto/result.ts';
import { SOURCE_BYTES_MAX } from '../../work/limits.ts';
import type { SpecCode } from '../../work/refusals.ts';
import { type Spec, readSpec } from '../../work/spec.ts';
import { plainFile } from './file.ts';

export async function specIn(path: string): Promise<Result<Spec, SpecCode>> {
  const source = path === '-' ? process.stdin : createReadStream(plainFile(path));
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > SOURCE_BYTES_MAX)
      return refuse('spec-too-large', `more than ${SOURCE_BYTES_MAX} bytes`);
  }
  const text = textOf(Buffer.concat(chunks));
  if (text === null) return refuse('spec-unreadable', 'it is no UTF-8');
  const value = await valueOf(text);
  return value.ok ? readSpec(value.value) : value;
}

/** Strict: what a parser would only warn of, such as a tag that it does not know, is refused. */
export async function valueOf(text: string): Promise<Result<unknown, SpecCode>> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text, { schema: 'core', strict: true, uniqueKeys: true });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) return refuse('spec-unreadable', firstLine(problem.message));
  try {
    return ok(document.toJS({ maxAliasCount: ALIASES_MAX }));
  } catch (error) {
    return refuse('spec-unreadable', error instanceof Error ? firstLine(error.message) : '');
  }
}

/** Nodes that aliases may add: a value of a few bytes must not become a gigabyte. */
const ALIASES_MAX = 100;

function firstLine(text: string): string {
  return text.split('\n')[0]?.replace(/:$/, '') ?? '';
}
