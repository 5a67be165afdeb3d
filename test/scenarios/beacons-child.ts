// The child of beacons.test.ts, in a machine of the laboratory: beacons of one member (LEDGER SELF
// PORT MEMBER...), and a line for each of the others that is heard anew.

import type { Key, RecordId } from '../../proto/ids.ts';
import { type RunningLan, openLan } from '../../src/mesh/lan.ts';

const [ledger, self, port, ...members] = process.argv.slice(2);
const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
let running: RunningLan | null = null;
running = await openLan({
  ...{ ledger: ledger as RecordId, self: self as Key, port: Number(port) },
  members: () => members as Key[],
  heard: (node) => say({ node, endpoints: running?.of(node) ?? [] }),
});
say('ready');
// Ends with its maker.
process.stdin.on('end', () => running?.close()).resume();
