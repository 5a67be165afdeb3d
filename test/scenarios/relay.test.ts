// The relay's sockets, with real WireGuard on both sides of it, in the laboratory.

import { afterAll, expect, test } from 'vitest';
import { compileChild } from '../kit/child.ts';
import type { Host } from '../lab/host.ts';
import { laboratory } from '../lab/suite.ts';
import { type End, end } from '../lab/tunnel.ts';
import { until } from '../lab/until.ts';
import { type Talk, talkTo } from './talk.ts';

/** As a link does it: the peer is taken off and added again. */
async function point(own: End, other: End, endpoint: string): Promise<void> {
  const { run, must } = own.host.machine;
  await run(['wg', 'set', 'hand', 'peer', other.key, 'remove']);
  const words = ['allowed-ips', `${other.inner}/128`, 'endpoint', endpoint];
  await must(['wg', 'set', 'hand', 'peer', other.key, ...words, 'persistent-keepalive', '1']);
}

interface Counts {
  readonly pairs: number;
  readonly packets: number;
  readonly dropped: number;
}

laboratory('a relay', (net, prepare) => {
  let child: ReturnType<typeof compileChild> | null = null;
  let [x, y, z]: End[] = [];
  let relay: Host | null = null;
  let talk: Talk | null = null;

  prepare(async () => {
    child = compileChild('test/scenarios/relay-child.ts');
    const lan = await net().lan({ public: true });
    relay = await net().host('relay', lan);
    const ends: End[] = [];
    for (const [i, name] of ['x', 'y'].entries()) {
      const [inside, outside] = [await net().lan(), await net().lan({ public: true })];
      await net().nat('endpoint-dependent', { inside, outside });
      ends.push(await end(await net().host(name, inside), `fd00::${i + 1}`));
    }
    [x, y] = ends as [End, End];
    z = await end(await net().host('z', lan), 'fd00::3');
    const keys = [x, y].map((one) => `${one.host.name}=${one.key}`);
    talk = await talkTo(relay.machine, [process.execPath, child.script, ...keys]);
  });
  afterAll(() => child?.remove());

  const at = (port: number): string => `${relay?.address}:${port}`;
  const counts = async (): Promise<Counts> => (await talk?.ask('counts')) as Counts;
  async function ports(words: string): Promise<{ own: number; other: number }> {
    const leased = (await talk?.ask(`lease ${words}`)) as { value: { own: number; other: number } };
    return leased.value;
  }

  test('brings two together that no address of the other reaches, and sees opaque bytes', async () => {
    const [a, b] = [x as End, y as End];
    const { own, other } = await ports('x y');
    expect(await ports('y x')).toEqual({ own: other, other: own });
    await point(a, b, at(own));
    await point(b, a, at(other));
    await until('the tunnel stands', async () => (await a.host.ping(b.inner)).received === 1);
    const before = await counts();
    const { received } = await a.host.ping(b.inner, { count: 3 });
    expect(received).toBeGreaterThan(0);
    const after = await counts();
    expect(after.packets - before.packets).toBeGreaterThanOrEqual(2 * received);
    expect(after.pairs).toBe(1);
  });

  test('follows a side whose router was replaced, once it starts anew', async () => {
    const [a, b] = [x as End, y as End];
    const { own } = await ports('x y');
    // Another port of the router for the same tunnel: as after its replacement.
    await a.host.machine.must(['wg', 'set', 'hand', 'listen-port', '7999']);
    await point(a, b, at(own));
    await until('the tunnel stands again', async () => (await a.host.ping(b.inner)).received === 1);
  });

  test('carries nothing of a stranger, though it speaks WireGuard', async () => {
    const [a, c] = [x as End, z as End];
    const { own } = await ports('x y');
    const before = await counts();
    // It knows the key of x and not that of y, whose initiations alone bind on that port.
    await point(c, a, at(own));
    await until('its initiations were dropped', async () => {
      return (await counts()).dropped > before.dropped;
    });
    expect((await c.host.ping(a.inner)).received).toBe(0);
    const [b] = [y as End];
    await until('the others go on', async () => (await a.host.ping(b.inner)).received === 1);
  });

  test('leases nothing to whoever is no member', async () => {
    expect(await talk?.ask('lease x z')).toMatchObject({ ok: false, code: 'relay-stranger' });
  });
});
