import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { REPLY_RECORDS_MAX, SYNC_ROUNDS_MAX } from '../../ledger/limits.ts';
import { nodePlatform } from '../../src/platform.ts';
import { type Talk, converse, honest } from '../kit/converse.ts';
import { type Toy, type ToyLedger, toyId, toyKey, toyLedger, toyLine } from '../kit/toy-ledger.ts';
import { seen, sights, worlds } from '../kit/toy-world.ts';

/** A root that admits `authors`, each with `records` of its own. */
function network(authors: number, records = 1): string[] {
  const lines: string[] = [];
  let prev: Toy | undefined;
  for (let n = 1; n <= authors; n++) {
    prev = next(0, prev, { admit: n });
    lines.push(toyLine(prev));
  }
  for (let n = 1; n <= authors; n++) lines.push(...chain(n, records));
  return lines;
}

function next(author: number, prev: Toy | undefined, more: Partial<Toy> = {}): Toy {
  const seq = (prev?.seq ?? 0) + 1;
  return { author, seq, prev: prev === undefined ? '' : toyId(prev), salt: 0, ...more };
}

function chain(author: number, records: number, salt = 0, after?: Toy): string[] {
  const lines: string[] = [];
  let prev = after;
  for (let n = 0; n < records; n++) lines.push(toyLine((prev = next(author, prev, { salt }))));
  return lines;
}

function holding(...lines: readonly (readonly string[])[]): ToyLedger {
  const replica = toyLedger();
  for (const part of lines) expect(replica.ingest(part).faulty).toBe(false);
  return replica;
}

function sync(client: ToyLedger, server: ToyLedger): Talk {
  return converse(nodePlatform, client, honest(server));
}

function kinds(talk: Talk): string {
  return talk.requests.map(({ kind }) => kind).join(' ');
}

describe('two replicas that sync once', () => {
  test('agree afterwards, whatever each had seen of a history with forks and cuts', () => {
    fc.assert(
      fc.property(worlds, sights, sights, (world, mine, theirs) => {
        const client = seen(world, mine);
        const server = seen(world, theirs);
        const talk = sync(client, server);
        expect(talk.outcome).toEqual({ kind: 'agree' });
        expect(client.holdings.frontier.root()).toBe(server.holdings.frontier.root());
        expect(client.holdings.stateRoot()).toBe(server.holdings.stateRoot());
        expect(talk.moved.rounds).toBeLessThan(10);
      }),
      { numRuns: 500, endOnFailure: true },
    );
  });

  test('reach the same roots whoever asks', () => {
    fc.assert(
      fc.property(worlds, sights, sights, (world, mine, theirs) => {
        const [a, b] = [seen(world, mine), seen(world, theirs)];
        const [c, d] = [seen(world, mine), seen(world, theirs)];
        sync(a, b);
        sync(d, c);
        expect(a.holdings.frontier.root()).toBe(d.holdings.frontier.root());
      }),
      { numRuns: 100, endOnFailure: true },
    );
  });

  test('say so in one request where they agree', () => {
    const lines = network(400);
    const talk = sync(holding(lines), holding(lines));
    expect(talk.outcome).toEqual({ kind: 'agree' });
    expect(kinds(talk)).toBe('hello');
  });

  test('need one request to find the difference in a small network, however many authors', () => {
    const talk = sync(holding(network(200, 2)), holding(network(200, 1)));
    expect(kinds(talk)).toBe('hello push hello');
    expect(talk.moved.pushed.accepted).toBe(200);
  });
});

describe('a new replica', () => {
  test('takes everything, seniors first, so that no author is unknown', () => {
    // Each author is admitted by the one before: 300 generations, in an order unlike their paths.
    const lines: string[] = [];
    for (let n = 0; n < 300; n++) lines.push(toyLine(next(n, undefined, { admit: n + 1 })));
    const client = toyLedger();
    const talk = sync(client, holding(lines));
    expect(talk.outcome).toEqual({ kind: 'agree' });
    expect(talk.moved).toMatchObject({ rounds: 1, pulled: { accepted: 300, refused: 0 } });
  });

  test('takes 10,000 authors of a network in bounded pages', () => {
    const client = toyLedger();
    const talk = sync(client, holding(network(10_000)));
    expect(talk.outcome).toEqual({ kind: 'agree' });
    expect(talk.moved.pulled).toMatchObject({ accepted: 20_000, refused: 0, duplicates: 0 });
    for (const { kind, sentBytes, gotBytes } of talk.requests) {
      expect(sentBytes).toBeLessThan(130 * 1024);
      expect(gotBytes).toBeLessThan(kind === 'walk' ? 257 * 1024 : 1.1 * 1024 * 1024);
    }
    expect(talk.requests.length).toBeLessThan(40);
  });
});

describe('one differing author among 10,000', () => {
  const lines = network(10_000);
  const extra = (author: number): string[] => chain(author, 2).slice(1);

  test('is found with at most 2 KB each way and 5 round trips', () => {
    const server = holding(lines);
    const client = holding(lines);
    for (const author of [77, 9_999]) {
      server.ingest(extra(author));
      const talk = sync(client, server);
      expect(talk.outcome).toEqual({ kind: 'agree' });
      const finding = talk.requests.slice(
        0,
        talk.requests.findIndex((r) => r.kind === 'pull'),
      );
      expect(finding.length).toBeLessThanOrEqual(5);
      const sum = (pick: (r: Talk['requests'][number]) => number): number =>
        finding.reduce((bytes, request) => bytes + pick(request), 0);
      expect(sum((r) => r.sentBytes)).toBeLessThanOrEqual(2_048);
      expect(sum((r) => r.gotBytes)).toBeLessThanOrEqual(2_048);
      expect(talk.moved.pulled).toMatchObject({ accepted: 1, duplicates: 0 });
    }
  });

  test('is found as well where the peer lacks the author altogether', () => {
    const client = holding(lines);
    const server = holding(lines.slice(0, -1));
    const talk = sync(client, server);
    expect(talk.outcome).toEqual({ kind: 'agree' });
    expect(talk.moved.pushed).toMatchObject({ accepted: 1, duplicates: 0 });
  });
});

describe('a long chain', () => {
  const admission = toyLine(next(0, undefined, { admit: 1 }));

  test('goes on from the head that the asking side holds, page by page', () => {
    const lines = chain(1, 5_000);
    const talk = sync(holding([admission], lines.slice(0, 500)), holding([admission], lines));
    expect(talk.outcome).toEqual({ kind: 'agree' });
    expect(talk.moved.pulled).toMatchObject({ accepted: 4_500, duplicates: 0 });
    expect(kinds(talk)).toBe('hello pull pull pull hello');
  });

  test('is pushed page by page as well', () => {
    const lines = chain(1, 5_000);
    const talk = sync(holding([admission], lines), holding([admission], lines.slice(0, 500)));
    expect(talk.outcome).toEqual({ kind: 'agree' });
    expect(talk.moved.pushed).toMatchObject({ accepted: 4_500, duplicates: 0 });
    expect(kinds(talk)).toBe('hello push push push hello');
  });

  test('whose middle is missing is completed without sending its end again', () => {
    const lines = chain(1, 3_000);
    const client = holding([admission], lines.slice(0, 1_000), lines.slice(2_000));
    expect(client.holdings.frontier.get(toyKey(1))?.seq).toBe(1_000);
    const talk = sync(client, holding([admission], lines));
    expect(talk.outcome).toEqual({ kind: 'agree' });
    expect(talk.moved.pulled.duplicates).toBeLessThanOrEqual(1_000);
  });

  test('that two sides continued differently is found to part by a locator, and freezes', () => {
    const common = chain(1, 1_000);
    const last = JSON.parse(common.at(-1) as string) as Toy;
    const after = { author: 1, seq: last.seq, prev: last.prev, salt: last.salt };
    const client = holding([admission], common, chain(1, 40, 1, after));
    const server = holding([admission], common, chain(1, 30, 2, after));
    const talk = sync(client, server);
    expect(talk.outcome).toEqual({ kind: 'agree' });
    expect(client.holdings.frontier.get(toyKey(1))).toMatchObject({ seq: 1_000, mark: 'fork' });
    expect(talk.moved.pulled.accepted + talk.moved.pulled.duplicates).toBeLessThan(200);
  });
});

describe('a removed author', () => {
  const admission = next(0, undefined, { admit: 1 });
  const lines = chain(1, 3_000);
  const tenth = JSON.parse(lines[9] as string) as Toy & { auth: unknown };
  const { auth: _, ...place } = tenth;
  const cut = next(0, admission, { cut: { target: 1, seq: 10, id: toyId(place) } });

  test('costs the peer that has not heard of it no transfer of the void records', () => {
    const knows = [toyLine(admission), toyLine(cut)];
    const client = holding([toyLine(admission)], lines.slice(0, 10), knows);
    const server = holding([toyLine(admission)], lines);
    const talk = sync(client, server);
    expect(talk.outcome).toEqual({ kind: 'agree' });
    expect(kinds(talk)).toBe('hello push hello');
    expect(talk.moved).toMatchObject({ pulled: { refused: 0 }, pushed: { accepted: 1 } });
  });

  test('is not pushed past its cut to the peer that knows it', () => {
    const client = holding([toyLine(admission)], lines);
    const server = holding([toyLine(admission)], lines.slice(0, 10), [toyLine(cut)]);
    const talk = sync(client, server);
    expect(talk.outcome).toEqual({ kind: 'agree' });
    expect(talk.moved.pushed).toMatchObject({ accepted: 0, refused: 0 });
    expect(client.holdings.frontier.get(toyKey(1))?.seq).toBe(10);
  });
});

describe('a sync that cannot agree', () => {
  test('names another ledger, and asks for nothing', () => {
    const client = holding(network(3));
    const server = holding(network(3, 2));
    const other = { ...client.holdings, ledger: toyId({ author: 9, seq: 1, prev: '', salt: 9 }) };
    const talk = converse(nodePlatform, { ...client, holdings: other }, honest(server));
    expect(talk.outcome).toEqual({ kind: 'other-ledger', ledger: server.holdings.ledger });
    expect(kinds(talk)).toBe('hello');
  });

  test('raises the alarm where equal records give another state', () => {
    const client = holding(network(3));
    const server = holding(network(3, 2));
    server.tweaks.state = 'computed wrongly';
    const talk = sync(client, server);
    expect(talk.outcome).toEqual({
      kind: 'state-mismatch',
      ours: client.holdings.stateRoot(),
      theirs: server.holdings.stateRoot(),
    });
    expect(talk.moved.pulled.accepted).toBe(3);
  });

  test('compares no roots across versions of the rules, and still moves the records', () => {
    const client = holding(network(3));
    const server = holding(network(3, 2));
    server.tweaks.rules = 2;
    server.tweaks.state = 'by other rules';
    const talk = sync(client, server);
    expect(talk.outcome).toEqual({
      kind: 'other-rules',
      theirs: 2,
      authors: { count: 0, first: [] },
    });
    expect(talk.moved.pulled.accepted).toBe(3);
  });

  test('ends after a few rounds where the peer takes nothing, and names the authors', () => {
    const client = holding(network(300, 2));
    const server = holding(network(300));
    const deaf = { ...server, ingest: (lines: readonly string[]) => refusing(lines) };
    const talk = converse(nodePlatform, client, honest(deaf));
    expect(talk.outcome).toMatchObject({ kind: 'differs', why: 'nothing moves' });
    expect(talk.outcome).toMatchObject({ authors: { count: 300, first: { length: 32 } } });
    expect(talk.moved.rounds).toBe(2);
  });

  test('ends soon where the peer says that it took what it did not take', () => {
    const client = holding(network(300, 2));
    const server = holding(network(300));
    const liar = {
      ...server,
      ingest: (lines: readonly string[]) => ({ ...refusing(lines), accepted: lines.length }),
    };
    const talk = converse(nodePlatform, client, honest(liar));
    expect(talk.outcome).toMatchObject({ kind: 'differs' });
    expect(talk.requests.length).toBeLessThanOrEqual(SYNC_ROUNDS_MAX);
    const pushes = talk.requests.filter(({ kind }) => kind === 'push').length;
    expect(pushes).toBeLessThanOrEqual(3);
  });

  test('drops a peer that sends a record with a bad signature', () => {
    const client = holding(network(3));
    const forged = { ...client, ingest: (lines: readonly string[]) => refusing(lines, true) };
    const talk = converse(nodePlatform, forged, honest(holding(network(3, 2))));
    expect(talk.outcome).toMatchObject({ kind: 'faulty-peer' });
    expect(kinds(talk)).toBe('hello pull');
  });

  test('gives up a peer whose pages bring nothing new', () => {
    const client = holding(network(1));
    const server = holding(network(1), chain(1, REPLY_RECORDS_MAX * 12).slice(1));
    const deaf = { ...client, ingest: (lines: readonly string[]) => refusing(lines) };
    const talk = converse(nodePlatform, deaf, honest(server));
    expect(talk.outcome).toMatchObject({ kind: 'differs', why: 'too many useless pages' });
    expect(talk.requests.length).toBeLessThan(12);
  });
});

function refusing(lines: readonly string[], faulty = false) {
  return { accepted: 0, duplicates: 0, parked: 0, refused: lines.length, faulty };
}
