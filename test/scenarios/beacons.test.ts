// LAN beacons over real broadcasts and link-local IPv6, in the laboratory.

import { afterAll, expect, test } from 'vitest';
import type { RecordId } from '../../proto/ids.ts';
import { actor } from '../kit/actors.ts';
import { compileChild } from '../kit/child.ts';
import type { Host } from '../lab/host.ts';
import { laboratory } from '../lab/suite.ts';
import { until } from '../lab/until.ts';
import { type Talk, talkTo } from './talk.ts';

const LEDGER = 'A'.repeat(43) as RecordId;
const OTHER = `${'A'.repeat(42)}E` as RecordId;
const keys = ['ada', 'bob', 'eve'].map((name): string => actor(name).key);
const [ada = '', bob = '', eve = ''] = keys;

interface Heard {
  readonly node: string;
  readonly endpoints: readonly string[];
}

laboratory('on the local network', (net, prepare) => {
  let child: ReturnType<typeof compileChild> | null = null;
  let [one, two, far]: Host[] = [];
  prepare(async () => {
    child = compileChild('test/scenarios/beacons-child.ts');
    const [lan, elsewhere] = [await net().lan(), await net().lan()];
    one = await net().host('one', lan);
    two = await net().host('two', lan);
    far = await net().host('far', elsewhere);
  });
  afterAll(() => child?.remove());

  function beacons(
    on: Host | undefined,
    ledger: string,
    self: string,
    port: number,
  ): Promise<Talk> {
    const others = keys.filter((key) => key !== self);
    const words = [child?.script as string, ledger, self, String(port), ...others];
    return talkTo((on as Host).machine, [process.execPath, ...words]);
  }
  const heardBy = ({ lines }: Talk, node: string): string[] =>
    (lines as Heard[]).filter((line) => line.node === node).flatMap(({ endpoints }) => endpoints);

  test('members find each other, one that came later at once, and nobody else does', async () => {
    const stranger = await beacons(two, OTHER, eve, 7_447);
    const first = await beacons(one, LEDGER, ada, 7_447);
    const away = await beacons(far, LEDGER, eve, 7_447);
    const second = await beacons(two, LEDGER, bob, 7_999);
    await until('both have heard the other', () => {
      return heardBy(first, bob).length > 0 && heardBy(second, ada).length > 0;
    });
    expect(heardBy(first, bob)).toContain(`${two?.address}:7999`);
    expect(heardBy(second, ada)).toContain(`${one?.address}:7447`);
    for (const talk of [stranger, away]) expect(talk.lines).toEqual(['ready']);
  });
});
