// What a replica would be with records that nobody has signed yet: a copy that can be thrown away,
// over a shelf that holds the imagined records above the real ones. Judged by the door and the fold
// themselves, so that what a person is shown is what every replica will say. The id of an imagined
// record is its true one, since an id does not cover the signature.

import type { Signature } from '../proto/ids.ts';
import type { Platform } from '../proto/platform.ts';
import { type Result, ok, refuse } from '../proto/result.ts';
import type { Book } from './book.ts';
import { screen } from './door.ts';
import { type Decoded, type Draft, decodeText, sealedLine } from './record.ts';
import type { RefusalCode } from './refusals.ts';
import { type Replica, apply, assembleReplica } from './replica.ts';
import { type MemoryShelf, type Shelf, memoryShelf } from './shelf.ts';
import { type Verified, trustOwn } from './verify.ts';

/** 64 zero bytes: what stands where a signature will. */
const UNSIGNED = 'A'.repeat(86) as Signature;

/** The record that a draft will be, but for its signature; or what is wrong with its form. */
export function unsignedRecord(draft: Draft, platform: Platform): Result<Decoded, RefusalCode> {
  return decodeText(sealedLine(draft, UNSIGNED), platform);
}

/** The replica with one more record; `replica` itself stays as it is. */
export function imagine(replica: Replica, record: Decoded): Result<Replica, RefusalCode> {
  const imagined = memoryShelf();
  const shelf = above(replica.shelf, imagined);
  const books = new Map([...replica.books].map(([author, book]) => [author, copyOf(book)]));
  const { genesis } = replica.fold;
  const copy = assembleReplica(genesis, books, replica.records, shelf, replica.platform);
  const [screened] = screen(copy, [record]);
  if (screened?.kind === 'refused') return refuse(screened.code);
  if (screened?.kind === 'parked') return refuse('parked-full', 'what it follows is not held');
  if (screened?.kind === 'check') {
    imagined.put(record);
    apply(copy, assumed(record));
  }
  return ok(copy);
}

/** Nothing imagined is ever stored: what a signature would prove is assumed. */
function assumed(record: Decoded): Verified {
  return trustOwn(record);
}

function copyOf({ chain, notes, profile, profileAt }: Book): Book {
  const branches = new Map(chain.branches);
  return { chain: { ...chain, branches }, notes: [...notes], profile, profileAt };
}

/**
 * Imagined records follow the real ones of their author, so they come after them in every answer.
 */
function above(held: Shelf, imagined: MemoryShelf): Shelf {
  return {
    idsAt: (author, seq) => [...held.idsAt(author, seq), ...imagined.idsAt(author, seq)],
    *read(author, from, to) {
      yield* held.read(author, from, to);
      yield* imagined.read(author, from, to);
    },
  };
}
