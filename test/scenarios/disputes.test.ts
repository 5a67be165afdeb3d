import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Host } from '../lab/host.ts';
import { type Network, act, commit, network, operatorOn, recordsOf } from '../lab/network.ts';
import { laboratory } from '../lab/suite.ts';
import { until } from '../lab/until.ts';
import { agreed, heard, linked, nodesOf, pinged } from './watch.ts';

const LIBRARY = readdirSync('/usr/lib')
  .map((name) => join('/usr/lib', name, 'faketime/libfaketime.so.1'))
  .find((path) => existsSync(path));

/** A clock that stands on another day when a process starts, and goes on from there. */
function clockAt(day: string): Record<string, string> {
  return {
    LD_PRELOAD: LIBRARY as string,
    FAKETIME: `@${day}`,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
}

interface Operators {
  readonly operators: readonly { readonly name: string; readonly standing: string }[];
}

laboratory('what members dispute', (net, prepare) => {
  let [attic, barn, cellar, dune]: Host[] = [];
  let all: Host[] = [];
  let made: Network;

  prepare(async () => {
    const lan = await net().lan();
    [attic, barn, cellar, dune] = [
      await net().host('attic', lan),
      await net().host('barn', lan),
      await net().host('cellar', lan),
      await net().host('dune', lan),
    ];
    all = [attic, barn, cellar, dune];
    made = await network(all, {
      operators: [barn],
      ipv4: { barn: '10.73.0.7', cellar: '10.73.0.7', dune: '10.73.0.8' },
    });
    for (const one of all) await one.up();
    await linked(all);
  });

  test('an IPv4 address that two claim is that of the senior, and the other is told', async () => {
    for (const one of all) {
      const nodes = await nodesOf(one);
      const ipv4Of = (name: string): string | null | undefined =>
        nodes.find(({ key }) => key === made.keys.get(name))?.ipv4;
      expect([ipv4Of('barn'), ipv4Of('cellar')]).toEqual(['10.73.0.7', null]);
    }
    await until('the address answers', async () => {
      return (await (dune as Host).ping('10.73.0.7')).received === 1;
    });
    const own = await Promise.all(
      all.map(({ machine }) => machine.must(['ip', '-o', '-4', 'addr'])),
    );
    expect(own.map((text) => text.includes('10.73.0.7/'))).toEqual([false, true, false, false]);
    const state = await cellar?.json<{ conflicts: { kind: string }[] }>('ledger', 'state');
    expect(state?.conflicts.map(({ kind }) => kind)).toContain('ipv4');
    await pinged(all);
  });

  test('a chain that a restored backup forked is held, and a senior settles it', async () => {
    const own = barn as Host;
    await own.daemon?.stop();
    const backup = `${own.folder}-backup`;
    cpSync(own.folder, backup, { recursive: true, preserveTimestamps: true });
    await own.up();
    const shown = await commit(own, 'heating.mode', 'on');
    await agreed(all);
    // Its disk breaks. The backup knows nothing of the last record, and nobody is there to ask.
    await own.daemon?.stop();
    rmSync(own.folder, { recursive: true });
    cpSync(backup, own.folder, { recursive: true, preserveTimestamps: true });
    await net().cut(own);
    await expect(commit(own, 'heating.mode', 'off')).rejects.toThrow();
    await expect(own.json('ledger', 'accept-head')).rejects.toThrow('head-unasked');
    await own.json('ledger', 'accept-head', '--anyway');
    const second = await commit(own, 'heating.mode', 'off');
    expect([second.author, second.seq]).toEqual([shown.author, shown.seq]);
    await own.up();
    await net().heal(own);
    await until('everybody holds the chain back', async () => {
      const lists = await Promise.all(all.map((one) => one.json<Operators>('operator', 'list')));
      return lists.every(({ operators }) =>
        operators.some(({ name, standing }) => name === 'operator-barn' && standing === 'frozen'),
      );
    });
    const target = (await operatorOn(own)).publicKey;
    await act(attic as Host, {
      act: { kind: 'member.remove', body: { target, seq: shown.seq } },
      refs: [shown.id],
      at: 'fixed',
    });
    await agreed(all);
    for (const one of all) {
      const ids = recordsOf(one).map(({ id }) => id);
      expect(ids).toEqual(expect.arrayContaining([shown.id, second.id]));
      const { operators } = await one.json<Operators>('operator', 'list');
      expect(operators.find(({ name }) => name === 'operator-barn')?.standing).toBe('removed');
    }
  });

  test.for(['1970-01-01 00:10:00', '2025-01-01 00:00:00'])(
    'a machine whose clock says %s is a member like the others, and its ledger stays whole',
    async (day, { skip }) => {
      if (LIBRARY === undefined) skip('there is no libfaketime on this machine');
      const own = cellar as Host;
      await own.daemon?.stop();
      await own.up([], clockAt(day));
      await linked(all);
      await heard(all);
      await pinged(all);
      const { id } = await commit(attic as Host, 'heating.degrees', day.slice(0, 4));
      await agreed(all);
      const records = recordsOf(own);
      expect(records.map((record) => record.id)).toContain(id);
      // Nothing that it says of itself is older than what it has said before.
      const said = records.filter(({ author }) => author === made.keys.get('cellar'));
      expect(said.map(({ ts }) => ts)).toEqual(said.map(({ ts }) => ts).toSorted((a, b) => a - b));
      expect(await own.json<{ damage?: unknown[] }>('ledger', 'verify')).toBeDefined();
    },
  );
});
