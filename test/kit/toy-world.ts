// Random histories of a toy ledger, and what two replicas may have seen of one.

import fc from 'fast-check';
import { type Toy, type ToyLedger, toyId, toyLedger, toyLine } from './toy-ledger.ts';

/** The branches of each author, the first one whole and every other from its fork on. */
export interface World {
  readonly branches: readonly (readonly Toy[])[];
}

const act = fc.record({
  kind: fc.constantFrom('append', 'append', 'append', 'fork', 'cut'),
  author: fc.nat(),
  at: fc.nat(),
  more: fc.nat(5),
});

export const worlds: fc.Arbitrary<World> = fc
  .record({
    admitters: fc.array(fc.nat(), { minLength: 1, maxLength: 24 }),
    acts: fc.array(act, { maxLength: 80, size: 'max' }),
  })
  .map(({ admitters, acts }) => worldOf(admitters, acts));

type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

function worldOf(admitters: readonly number[], acts: readonly Act[]): World {
  const branches: Toy[][] = [[]];
  let salt = 0;
  const append = (branch: number, more: Partial<Toy> = {}): void => {
    const chain = branches[branch] as Toy[];
    const last = chain.at(-1);
    const seq = (last?.seq ?? 0) + 1;
    const author = last?.author ?? branch;
    chain.push({ author, seq, prev: last === undefined ? '' : toyId(last), salt: salt++, ...more });
  };
  admitters.forEach((by, i) => {
    append(by % (i + 1), { admit: i + 1 });
    branches.push([]);
    append(i + 1);
  });
  for (const { kind, author, at, more } of acts) {
    const branch = author % branches.length;
    const from = branches[branch] as Toy[];
    const place = from[at % from.length] as Toy;
    if (kind === 'append') for (let n = 0; n <= more; n++) append(branch);
    else if (kind === 'fork') {
      branches.push([{ ...place, salt: salt++ }]);
      for (let n = 0; n < more; n++) append(branches.length - 1);
    } else if (place.author > 0) {
      const cutter = more % place.author;
      const nowhere = at % 7 === 0;
      const target = { seq: nowhere ? 0 : place.seq, id: nowhere ? ('' as const) : toyId(place) };
      append(cutter, { cut: { target: place.author, ...target } });
    }
  }
  return { branches };
}

/** How much of each branch a replica has seen, and whether cuts reached it after the rest. */
export interface Sight {
  readonly shares: readonly number[];
  readonly cutsLate: boolean;
}
export const sights: fc.Arbitrary<Sight> = fc.record({
  shares: fc.array(fc.constantFrom(0, 0.3, 0.7, 1, 1, 1), { minLength: 110, maxLength: 110 }),
  cutsLate: fc.boolean(),
});

export function seen({ branches }: World, { shares, cutsLate }: Sight): ToyLedger {
  const replica = toyLedger();
  const parts = branches.map((branch, i) =>
    branch.slice(0, Math.ceil(branch.length * (shares[i % shares.length] ?? 1))),
  );
  if (cutsLate) {
    const early = parts.map((part) => part.slice(0, firstCut(part)));
    replica.ingest(early.flat().map(toyLine));
  }
  replica.ingest(parts.flat().map(toyLine));
  return replica;
}

function firstCut(part: readonly Toy[]): number {
  const at = part.findIndex((record) => record.cut !== undefined);
  return at < 0 ? part.length : at;
}
