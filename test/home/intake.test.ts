// The way in of a batch that is decoded as it is asked for: checks begin before the rest is read.

import { expect, test } from 'vitest';
import { networkLines } from '../../bench/ledger/network.ts';
import { checkHere, decoded, emptyReplica } from '../../bench/ledger/intake.ts';
import type { Decoded } from '../../ledger/record.ts';
import { takeIn } from '../../src/home/intake.ts';
import { RECORDS_PER_CHECK } from '../../src/home/limits.ts';

const NODES = 3;
const [genesis, ...lines] = [...networkLines(3 * RECORDS_PER_CHECK, NODES, 100)];

test('what has come is checked while the rest of a batch is decoded, and all is kept at once', async () => {
  const { replica, shelf } = emptyReplica(genesis as string);
  const [kept, read, begun]: [number[], string[], number[]] = [[], [], []];
  function* decoding(): Generator<Decoded> {
    for (const line of lines) {
      read.push(line);
      yield decoded(line);
    }
  }
  const intake = await takeIn(
    {
      replica,
      check: (jobs) => (begun.push(read.length), checkHere(jobs)),
      keep: async (records) => {
        kept.push(records.length);
        for (const record of records) shelf.put(record);
      },
    },
    decoding(),
  );
  // The members become known by the first three lines, so their updates take a second round.
  expect(intake.accepted).toHaveLength(lines.length);
  expect(kept).toEqual([NODES, lines.length - NODES]);
  expect(begun.length).toBeGreaterThan(3);
});

test('of records whose authors are known, the first go to be checked before the last are read', async () => {
  const { replica, shelf } = emptyReplica(genesis as string);
  const keep = async (records: readonly Decoded[]): Promise<void> => {
    for (const record of records) shelf.put(record);
  };
  await takeIn({ replica, check: checkHere, keep }, lines.slice(0, NODES).map(decoded));
  const begun: number[] = [];
  let read = 0;
  function* decoding(): Generator<Decoded> {
    for (const line of lines.slice(NODES)) {
      read++;
      yield decoded(line);
    }
  }
  const check: typeof checkHere = (jobs) => (begun.push(read), checkHere(jobs));
  const intake = await takeIn({ replica, check, keep }, decoding());
  expect(intake.accepted).toHaveLength(lines.length - NODES);
  expect(begun).toEqual([RECORDS_PER_CHECK, 2 * RECORDS_PER_CHECK, lines.length - NODES]);
});
