// Row: find the one author in which two replicas of 10,000 authors differ, over the sync core: what
// each side says until the asking side knows whom to ask for, and then until both agree.

import { answerHello, answerPull, answerWalk } from '../../ledger/sync-answer.ts';
import { holdingsOf } from '../../ledger/holdings.ts';
import type { Holdings } from '../../ledger/sync-holdings.ts';
import { step } from '../../ledger/sync.ts';
import { type Input, newSync, type Out } from '../../ledger/sync-state.ts';
import { utf8 } from '../../proto/bytes.ts';
import { nodePlatform } from '../../src/platform.ts';
import type { Row, RowResult } from './bench.ts';
import { type End, findOverTls, type SocketBytes } from './find-wire.ts';
import { type Finding, grouped } from './finding.ts';
import { type MemoryReplica, emptyReplica, holdOwn, takeLines } from './intake.ts';
import { type Author, admitNode, found, updateBody, write } from './network.ts';

const AUTHORS = 10_000;
const BYTES_MAX = 2_048;
const TRIPS_MAX = 5;
/** Which author differs changes how full the trie is below it: the worst of several counts. */
const TRIES = 16;

interface Talk {
  asked: number;
  answered: number;
  trips: number;
}

export const findRow: Row = {
  title: `find one differing author among ${AUTHORS}`,
  run: async (bench): Promise<RowResult> => {
    bench.say(`making ${AUTHORS} authors`);
    const { network, line } = found();
    const lines: string[] = [];
    for (let i = 0; i < AUTHORS; i++) lines.push(admitNode(network));
    for (const node of network.nodes) lines.push(updateOf(node));
    const [ours, theirs] = [emptyReplica(line), emptyReplica(line)];
    holdOwn(ours, lines);
    holdOwn(theirs, lines);
    const finds: Talk[] = [];
    const syncs: Talk[] = [];
    for (let i = 0; i < TRIES; i++) {
      const node = network.nodes[(i * AUTHORS) / TRIES] as Author;
      await takeLines(theirs, [updateOf(node)]);
      const { find, sync } = await talk(ours, theirs);
      finds.push(find);
      syncs.push(sync);
    }
    const ends = [ours, theirs].map((held, i) => ({ held, node: network.nodes[i] as Author }));
    const wires: SocketBytes[] = [];
    for (let i = 0; i < TRIES; i++) {
      const node = network.nodes[(i * AUTHORS) / TRIES + 3] as Author;
      await takeLines(theirs, [updateOf(node)]);
      wires.push(await findOverTls(ends[0] as End, ends[1] as End));
    }
    return { findings: [...findings(finds), wholeSync(syncs), ...overTls(wires)] };

    function updateOf(node: Author): string {
      return write(network, node, { kind: 'node.update', body: updateBody(node.seq, 200) });
    }
  },
};

/** One sync in which we ask, counted up to the first pull, and to its end. */
async function talk(
  ours: MemoryReplica,
  theirs: MemoryReplica,
): Promise<{ find: Talk; sync: Talk }> {
  const ground = { holdings: holdingsOf(ours.replica), platform: nodePlatform };
  const sync: Talk = { asked: 0, answered: 0, trips: 0 };
  let find: Talk | null = null;
  let next = step(ground, newSync(), { kind: 'start' });
  while (next.out.kind !== 'done') {
    if (next.out.kind === 'pull') find ??= { ...sync };
    const input = await answer(holdingsOf(theirs.replica), next.out, ours, sync);
    next = step(ground, next.state, input);
  }
  if (next.out.outcome.kind !== 'agree' || find === null) {
    throw new Error(`the sync ended with ${JSON.stringify(next.out.outcome)}`);
  }
  return { find, sync };
}

async function answer(peer: Holdings, out: Out, ours: MemoryReplica, count: Talk): Promise<Input> {
  if (out.kind === 'done') throw new Error('nothing is asked any more');
  count.trips++;
  if (out.kind === 'push') throw new Error('there is nothing to push');
  count.asked += out.body.length;
  if (out.kind !== 'pull') {
    const body =
      out.kind === 'hello' ? answerHello(peer, out.body) : answerWalk(peer, out.body)?.reply;
    count.answered += (body as Uint8Array).length;
    return { kind: 'reply', body: body as Uint8Array };
  }
  const page = [...(answerPull(peer, out.body) as Iterable<string>)];
  for (const line of page) count.answered += utf8(line).length + 1;
  const end = page.pop() as string;
  await takeLines(ours, page);
  const tally = { accepted: page.length, duplicates: 0, parked: 0, refused: 0, faulty: false };
  return { kind: 'page', tally, end };
}

function findings(finds: readonly Talk[]): Finding[] {
  const worst = (of: keyof Talk): number => mostOf(finds.map((find) => find[of]));
  const what = `find one differing author among ${grouped(AUTHORS)}`;
  const how =
    `Bodies of the requests and replies of the sync core before the first pull, the most of ` +
    `${TRIES} authors spread over the trie.`;
  return [
    {
      row: 'find',
      what: `${what}: bytes asked`,
      measured: { value: worst('asked'), unit: 'bytes' },
      goal: { of: 'measured', most: BYTES_MAX },
      how,
    },
    {
      row: 'find',
      what: `${what}: bytes answered`,
      measured: { value: worst('answered'), unit: 'bytes' },
      goal: { of: 'measured', most: BYTES_MAX },
      how,
    },
    {
      row: 'find',
      what: `${what}: round trips`,
      measured: { value: worst('trips'), unit: 'trips' },
      goal: { of: 'measured', most: TRIPS_MAX },
      how,
    },
  ];
}

function mostOf(values: readonly number[]): number {
  return values.reduce((most, value) => (value > most ? value : most), 0);
}

function overTls(wires: readonly SocketBytes[]): Finding[] {
  const how =
    'Every byte on the socket, counted by a relay: both handshakes with their certificates, HTTP ' +
    'headers and bodies, from the opening of the connection to the first pull. An open connection ' +
    'has no handshake to make.';
  const what = 'the same search over a new TLS connection';
  return (['asked', 'answered'] as const).map((way) => ({
    row: 'find',
    what: `${what}: bytes ${way}`,
    measured: { value: mostOf(wires.map((wire) => wire[way])), unit: 'bytes' },
    how,
  }));
}

function wholeSync(syncs: readonly Talk[]): Finding {
  const most = syncs.reduce((a, b) => (b.asked + b.answered > a.asked + a.answered ? b : a));
  return {
    row: 'find',
    what: 'the whole sync of that record, both ways, until the roots agree',
    measured: { value: most.asked + most.answered, unit: 'bytes' },
    how: `${most.trips} round trips; the record itself and the closing hello included.`,
  };
}
