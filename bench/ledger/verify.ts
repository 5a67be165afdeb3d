// Row: verify into an empty replica, beside the bare rate of signature checks of the machine.

import type { Bench, Row, RowResult } from './bench.ts';
import { bareVerify } from './floors.ts';
import { emptyReplica, takeLines } from './intake.ts';
import { elapsedMs, paired, perSecond } from './measure.ts';
import { networkLines } from './network.ts';

const RECORDS = 20_000;
const NODES = 100;
const BODY_BYTES = 200;

export const verifyRow: Row = {
  title: 'verify into an empty replica',
  run: async (bench: Bench): Promise<RowResult> => {
    const lines = [...networkLines(RECORDS, NODES, BODY_BYTES)];
    const floor = bareVerify(lines);
    const floorRate = async (): Promise<number> => perSecond(RECORDS, await elapsedMs(floor));
    const one = await paired(bench.turns, () => oneThread(lines), floorRate);
    return {
      findings: [
        {
          row: 'verify',
          what: 'verify into an empty replica, one thread',
          measured: { value: one.ours, unit: '/s' },
          beside: { value: one.floor, unit: '/s', what: 'bare `crypto.verify`' },
          ratio: one.ratio,
          goal: { of: 'ratio', least: 0.8 },
          how:
            `${RECORDS} lines of 550 bytes by ${NODES} nodes, from text to folded state: decode, ` +
            'door, every signature, fold. Beside it the same signatures alone, keys parsed before.',
        },
      ],
    };
  },
};

async function oneThread(lines: readonly string[]): Promise<number> {
  const [genesis, ...rest] = lines as [string, ...string[]];
  return perSecond(lines.length, await elapsedMs(() => takeLines(emptyReplica(genesis), rest)));
}
