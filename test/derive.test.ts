// From a ledger to a roster: who is in it, with which address, and that what has not changed is the
// same object.

import { describe, expect, test } from 'vitest';
import { rosterKeeper } from '../src/derive.ts';
import { stateOf } from '../ledger/replica.ts';
import { nodeAddress, nodePrefixes } from '../wg/address.ts';
import { nodePlatform } from '../src/platform.ts';
import { Scribe, actor, acts, take, wireguardClaim, world } from './kit/actors.ts';

const root = actor('root');
const [attic, barn, cellar] = [actor('attic'), actor('barn'), actor('cellar')];

function network(): { scribe: Scribe; here: ReturnType<typeof world> } {
  const scribe = new Scribe();
  const here = world(scribe.genesis);
  for (const node of [attic, barn, cellar]) scribe.node(node, root);
  take(here, scribe.records);
  return { scribe, here };
}

describe('a roster', () => {
  test('holds the nodes that are members, the senior first, with derived addresses', () => {
    const { here } = network();
    const roster = rosterKeeper().of(here.replica);
    expect(roster.rows.map(({ name }) => name)).toEqual(['attic', 'barn', 'cellar']);
    const prefixes = nodePrefixes(
      here.replica.ledger,
      [attic, barn, cellar].map(({ key }) => key),
      nodePlatform,
    );
    for (const { key, prefix, address, wg, counter } of roster.rows) {
      expect(prefix).toBe(prefixes.get(key));
      expect(address).toBe(nodeAddress(prefix));
      const claim = stateOf(here.replica).members.find((member) => member.key === key)?.wg;
      expect({ key: wg, counter }).toEqual(claim);
      expect(roster.byKey.get(key)?.address).toBe(address);
    }
  });

  test('keeps every row that has not changed, and makes one anew that has', () => {
    const { scribe, here } = network();
    const keeper = rosterKeeper();
    const before = keeper.of(here.replica);
    expect(keeper.of(here.replica)).toBe(before);
    const wg = wireguardClaim(barn, scribe.ledger, 1);
    take(here, [scribe.by(barn, acts.update({ wg, endpoints: ['192.0.2.7:7447'] }))]);
    const after = keeper.of(here.replica);
    expect(after.rows.map((row, i) => row === before.rows[i])).toEqual([true, false, true]);
    expect(after.rows[1]).toMatchObject({ counter: 1, endpoints: ['192.0.2.7:7447'] });
    expect(after.rows[1]?.address).toBe(before.rows[1]?.address);
    // A record that says nothing of the mesh.
    take(here, [scribe.by(root, acts.commit('heating', 'on'))]);
    const later = keeper.of(here.replica);
    expect(later.rows.every((row, i) => row === after.rows[i])).toBe(true);
    // The old key is known: an interface that still has it holds no stranger.
    expect([...after.keysSeen]).toContain(before.rows[1]?.wg);
  });

  test('has nobody who was removed, and their key is remembered', () => {
    const { scribe, here } = network();
    const keeper = rosterKeeper();
    const before = keeper.of(here.replica);
    take(here, [scribe.remove(barn, root)]);
    const after = keeper.of(here.replica);
    expect(after.rows.map(({ name }) => name)).toEqual(['attic', 'cellar']);
    expect(after.byKey.has(barn.key)).toBe(false);
    expect([...after.keysSeen]).toContain(before.byKey.get(barn.key)?.wg);
  });

  test('gives an IPv4 address to the senior who claims it, where this machine can reach it', () => {
    const scribe = new Scribe();
    const here = world(scribe.genesis);
    for (const node of [attic, barn]) {
      const admitted = acts.node(node, root, scribe.ledger, undefined, { ipv4: '10.73.0.7' });
      scribe.by(root, admitted);
    }
    take(here, scribe.records);
    expect(stateOf(here.replica).conflicts).toMatchObject([{ kind: 'ipv4' }]);
    const keeper = rosterKeeper();
    expect(keeper.of(here.replica).rows.map(({ ipv4 }) => ipv4)).toEqual(['10.73.0.7', null]);
    const local = ['10.73.0.0/24'];
    const near = keeper.of(here.replica, local);
    expect(near.rows.map(({ ipv4 }) => ipv4)).toEqual([null, null]);
    expect(near.ipv4Conflicts).toMatchObject([{ code: 'ipv4-local', against: '10.73.0.0/24' }]);
    expect(keeper.of(here.replica, local)).toBe(near);
  });
});
