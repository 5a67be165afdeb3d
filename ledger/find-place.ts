// Which place in a chain a person means: a number, an id, or the start of one.

import type { Key, RecordId } from '../proto/ids.ts';
import { type Result, ok, refuse } from '../proto/result.ts';
import { trunkIdAt } from './chain.ts';
import type { Replica } from './replica.ts';

export interface ChainPlace {
  readonly seq: number;
  readonly id: RecordId | '';
}

const NUMBER = /^[0-9]{1,15}$/;
/** Fewer characters of an id say nothing. */
const PREFIX_CHARS_MIN = 4;

/** A place of an author's chain as it is held here; 0 is before its first record. */
export function findPlace(
  replica: Replica,
  author: Key,
  text: string,
): Result<ChainPlace, 'no-such-place'> {
  const chain = replica.books.get(author)?.chain;
  if (text === '0') return ok({ seq: 0, id: '' });
  if (chain === undefined) return refuse('no-such-place', text);
  if (NUMBER.test(text)) {
    const seq = Number(text);
    // Past a fork a number names no single record.
    if (seq > chain.trunk) return refuse('no-such-place', `${text}, of ${chain.trunk}`);
    return ok({ seq, id: trunkIdAt(chain, seq, replica.shelf) });
  }
  if (text.length < PREFIX_CHARS_MIN) return refuse('no-such-place', text);
  let found: ChainPlace | null = null;
  for (const { seq, id } of replica.shelf.read(author, 1, Number.MAX_SAFE_INTEGER)) {
    if (!id.startsWith(text)) continue;
    if (found !== null) return refuse('no-such-place', `${text} begins several ids`);
    found = { seq, id };
  }
  return found === null ? refuse('no-such-place', text) : ok(found);
}
