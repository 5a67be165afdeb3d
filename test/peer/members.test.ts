// Who is let in by the ledger of a machine, asked of a real one on disk.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Decoded } from '../../ledger/record.ts';
import { memberOf } from '../../ledger/replica.ts';
import { type HomeLedger, openHome } from '../../src/home/ledger.ts';
import { BROUGHT_BYTES_MAX } from '../../src/peer/limits.ts';
import { broughtBy, ingestInto, isPeer, memberDoor } from '../../src/peer/members.ts';
import { type Actor, PEER, Scribe, actor, acts, everything } from '../kit/actors.ts';

const [anna, bert, lamp, stove] = ['anna', 'bert', 'lamp', 'stove'].map(actor) as [
  Actor,
  Actor,
  Actor,
  Actor,
];
let folder = '';
let home: HomeLedger;

async function opened(name: string, records: readonly Decoded[]): Promise<HomeLedger> {
  const at = join(folder, name);
  mkdirSync(at);
  writeFileSync(join(at, 'nodes.jsonl'), records.map(({ line }) => `${line}\n`).join(''));
  return (await openHome(at, { write: true })) as HomeLedger;
}

/** The lamp is a node, the stove was removed, Bert is an operator below Anna. */
function house(): Scribe {
  const scribe = new Scribe('home', [anna]);
  scribe.node(lamp, anna);
  scribe.node(stove, anna);
  scribe.remove(stove, anna, [], { seq: 0, id: '' });
  scribe.operator(bert, anna, [], everything(4));
  return scribe;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kith-members-'));
});
afterEach(async () => {
  await home.close();
  rmSync(folder, { recursive: true });
});

const alone = (who: Actor) => ({ key: who.key, brought: [] });
const bringing = (who: Actor, ...records: readonly Decoded[]) => ({
  key: who.key,
  brought: records.map(({ line }) => line),
});

describe('the door of a ledger', () => {
  test('is open to nodes, and to nobody else', async () => {
    home = await opened('a', house().records);
    const door = memberDoor(home);
    expect(await door(alone(lamp))).toBe(true);
    expect(await door(alone(stove))).toBe(false);
    expect(await door(alone(actor('nobody')))).toBe(false);
    // An operator's key is for signing, and lives where no server does.
    expect(await door(alone(bert))).toBe(false);
    expect(await door(alone(actor('paper')))).toBe(false);
  });

  test('stays open to a frozen node, whom the settling record must reach', async () => {
    const scribe = house();
    const first = scribe.by(lamp, acts.update({ labels: ['a'] }));
    scribe.fork(lamp, { seq: first.seq - 1, id: first.prev }, acts.update({ labels: ['b'] }));
    home = await opened('a', scribe.records);
    expect(memberOf(home.replica, lamp.key)?.live.frozen).toBe(true);
    expect(await memberDoor(home)(alone(lamp))).toBe(true);
  });

  test('opens to a newcomer who brings its own admission, and then without it', async () => {
    const scribe = house();
    const before = [...scribe.records];
    const kettle = actor('kettle');
    const admission = scribe.node(kettle, anna);
    home = await opened('a', before);
    const door = memberDoor(home);
    expect(await door(alone(kettle))).toBe(false);
    expect(await door(bringing(kettle, admission))).toBe(true);
    expect(await door(alone(kettle))).toBe(true);
    expect(home.store.find(admission.id)?.line).toBe(admission.line);
  });

  test('takes in nothing of a stranger who brings what admits others', async () => {
    const scribe = house();
    const before = [...scribe.records];
    const admission = scribe.node(actor('kettle'), anna);
    home = await opened('a', before);
    const door = memberDoor(home);
    expect(await door(bringing(actor('nobody'), admission))).toBe(false);
    expect(await door({ key: actor('nobody').key, brought: ['rubbish', ''] })).toBe(false);
    expect(await door(bringing(stove, before[2] as Decoded))).toBe(false);
    expect(home.store.find(admission.id)).toBe(null);
    expect(home.store.records).toBe(before.length);
  });

  test('is closed to an admission that nobody may sign, or that waits for a record', async () => {
    const scribe = house();
    const before = [...scribe.records];
    const [kettle, fan] = [actor('kettle'), actor('fan')];
    const byLamp = scribe.node(kettle, lamp);
    scribe.by(anna, acts.commit('a', 1));
    const late = scribe.node(fan, anna);
    home = await opened('a', before);
    expect(await memberDoor(home)(bringing(kettle, byLamp))).toBe(false);
    expect(await memberDoor(home)(bringing(fan, late))).toBe(false);
  });

  test('judges the expiry of a ticket where it is shown for the first time', async () => {
    const scribe = house();
    const [good, late] = [actor('ticket good'), actor('ticket late')];
    const terms = PEER.map((grant) => ({ ...grant, depth: 1 }));
    scribe.by(anna, acts.ticket(good, terms));
    scribe.by(anna, acts.ticket(late, terms, { expires: 1 }));
    const before = [...scribe.records];
    const [kettle, fan] = [actor('kettle'), actor('fan')];
    const issued = (ticket: Actor): Decoded =>
      before.findLast(
        ({ act }) => act.kind === 'ticket.issue' && act.body.key === ticket.key,
      ) as Decoded;
    const admit = (who: Actor, by: Actor): Decoded => scribe.node(who, by, [issued(by)]);
    const [first, second] = [admit(kettle, good), admit(fan, late)];
    home = await opened('a', before);
    expect(await memberDoor(home)(bringing(kettle, first))).toBe(true);
    expect(await memberDoor(home)(bringing(fan, second))).toBe(false);
    // From a member it is taken: the one at whose door it was shown has judged.
    expect(await ingestInto(home)([second.line], lamp.key)).toMatchObject({ accepted: 1 });
    expect(isPeer(home.replica, fan.key)).toBe(true);
  });
});

describe('what a node brings', () => {
  test('is its admission and those above it, seniors first, and opens the door elsewhere', async () => {
    const scribe = house();
    const before = scribe.records.slice(0, 4);
    const [admission] = scribe.records.slice(4);
    const kettle = actor('kettle');
    const own = scribe.node(kettle, bert, [admission as Decoded]);
    const there = await opened('there', scribe.records);
    const brought = broughtBy(there, kettle.key);
    await there.close();
    expect(brought).toEqual([(admission as Decoded).line, own.line]);
    home = await opened('here', before);
    expect(await memberDoor(home)({ key: kettle.key, brought })).toBe(true);
  });

  test('is nothing for a root and for a stranger, and never more than fits', async () => {
    const scribe = house();
    let by = anna;
    for (let i = 0; i < 6; i++) {
      const next = actor(`deep ${i}`);
      const auth = scribe.records.findLast(
        ({ act }) => act.kind === 'operator.admit' && act.body.key === by.key,
      );
      const labels = Array.from({ length: 16 }, (_, n) => `${'x'.repeat(60)}${n + 10}`);
      scribe.by(by, acts.operator(next, everything(5 - i), { labels }), {
        auth: auth ? [auth] : [],
      });
      by = next;
    }
    home = await opened('a', scribe.records);
    expect(broughtBy(home, anna.key)).toEqual([]);
    expect(broughtBy(home, actor('nobody').key)).toEqual([]);
    const deep = broughtBy(home, by.key);
    expect(deep.length).toBeGreaterThan(1);
    expect(deep.join('\n').length + 1).toBeLessThanOrEqual(BROUGHT_BYTES_MAX);
  });
});

describe('lines of a peer', () => {
  test('take the way of a stranger, and each is answered for', async () => {
    const scribe = house();
    home = await opened('a', scribe.records.slice(0, 4));
    const [missing] = scribe.records.slice(4) as [Decoded];
    scribe.by(anna, acts.commit('a', 1));
    const after = scribe.by(anna, acts.commit('a', 2));
    const ingested = await ingestInto(home)(
      [after.line, 'rubbish', missing.line, missing.line],
      lamp.key,
    );
    expect(ingested).toMatchObject({ accepted: 1, duplicates: 1, parked: 1 });
    expect(ingested.refused.map(({ code }) => code)).toEqual(['not-canonical']);
  });
});
