import { expect, test } from 'vitest';
import { laboratory } from './suite.ts';
import { type End, end } from './tunnel.ts';
import { until } from './until.ts';

async function peer(own: End, other: End, endpoint: string): Promise<void> {
  const words = ['allowed-ips', `${other.inner}/128`, 'endpoint', endpoint];
  const always = ['persistent-keepalive', '1'];
  await own.host.machine.must(['wg', 'set', 'hand', 'peer', other.key, ...words, ...always]);
}

laboratory('tunnels in the laboratory', (net) => {
  test('work over a narrow path, in pieces where they must', async () => {
    const [wide, narrow] = [
      await net().lan({ public: true }),
      await net().lan({ public: true, mtu: 1_300 }),
    ];
    const a = await end(await net().host('a', wide), 'fd00::1');
    const b = await end(await net().host('b', narrow), 'fd00::2');
    await peer(a, b, `${b.host.address}:7447`);
    await peer(b, a, `${a.host.address}:7447`);
    await until('it stands', async () => (await a.host.ping(b.inner)).received === 1);
    // 1,232 and 48 bytes of headers fill the tunnel's 1,280; outside that is more than 1,300.
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const { lost } = await from.host.ping(to.inner, { count: 5, sizeBytes: 1_232 });
      // The first may be lost on the way to find out how narrow it is.
      expect(lost.filter((number) => number > 1)).toEqual([]);
    }
  });

  test('are punched through two endpoint-independent routers', async () => {
    const ends: End[] = [];
    const outsides: string[] = [];
    for (const [name, inner] of [
      ['c', 'fd00::3'],
      ['d', 'fd00::4'],
    ] as const) {
      const [inside, outside] = [await net().lan(), await net().lan({ public: true })];
      const router = await net().nat('endpoint-independent', { inside, outside });
      ends.push(await end(await net().host(name, inside), inner));
      outsides.push(`${router.outside.address}:7447`);
    }
    const [a, b] = ends as [End, End];
    await peer(a, b, outsides[1] as string);
    await peer(b, a, outsides[0] as string);
    await until('it stands', async () => (await a.host.ping(b.inner)).received === 1);
  });
});
