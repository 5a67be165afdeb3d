import { expect, test } from 'vitest';
import { laboratory } from './suite.ts';
import { until } from './until.ts';

laboratory('cables of the laboratory', (net) => {
  test('join the hosts of a lan, and can be cut and healed', async () => {
    const lan = await net().lan();
    const [a, b] = [await net().host('a', lan), await net().host('b', lan)];
    expect(await a.ping(b.address, { count: 3 })).toMatchObject({ received: 3, lost: [] });
    await net().cut(b);
    expect(await a.ping(b.address, { count: 2, patienceS: 1 })).toMatchObject({ received: 0 });
    // Neither end was told.
    expect(await b.machine.must(['cat', '/sys/class/net/eth0/carrier'])).toBe('1\n');
    await net().heal(b);
    await until('it passes again', async () => (await a.ping(b.address)).received === 1);
  });

  test('lose and delay, where a shaper stands in them', async () => {
    const lan = await net().lan();
    const [a, b] = [await net().host('c', lan, { shaped: true }), await net().host('d', lan)];
    expect((await a.ping(b.address, { count: 20, intervalMs: 20 })).lost).toEqual([]);
    await a.cable.shape?.({ delayMs: 80 });
    const { rttMs } = await a.ping(b.address, { count: 3 });
    expect(rttMs).toHaveLength(3);
    expect(Math.min(...rttMs)).toBeGreaterThan(159);
    await a.cable.shape?.({ loss: 0.3, seed: 7 });
    const { lost } = await a.ping(b.address, { count: 60, intervalMs: 10 });
    // There and back: 51 % are lost, 31, and five deviations each way are 20.
    expect(lost.length).toBeGreaterThan(10);
    expect(lost.length).toBeLessThan(52);
  });

  test('let some overtake others, where the delay is not even', async () => {
    const lan = await net().lan();
    const [a, b] = [await net().host('e', lan, { shaped: true }), await net().host('f', lan)];
    await a.cable.shape?.({ delayMs: 10, jitterMs: 100 });
    const { order, lost } = await a.ping(b.address, { count: 60, intervalMs: 10, patienceS: 5 });
    expect(lost).toEqual([]);
    expect(order).not.toEqual(order.toSorted((left, right) => left - right));
  });

  test('go into another lan with their host', async () => {
    const [home, away] = [await net().lan({ public: true }), await net().lan({ public: true })];
    const [a, b] = [await net().host('g', home), await net().host('h', home)];
    const before = b.address;
    await net().move(b, away);
    expect(b.address.split('.')[2]).not.toBe(before.split('.')[2]);
    await until('it is found there', async () => (await a.ping(b.address)).received === 1);
    expect((await a.ping(before, { patienceS: 1 })).received).toBe(0);
  });

  test('carry packets of so many bytes, and what is longer in pieces', async () => {
    const [wide, narrow] = [
      await net().lan({ public: true }),
      await net().lan({ public: true, mtu: 1_300 }),
    ];
    const [a, b] = [await net().host('i', wide), await net().host('j', narrow)];
    // With 28 bytes of headers.
    const whole = { count: 2, whole: true, patienceS: 1 };
    expect((await a.ping(b.address, { ...whole, sizeBytes: 1_272 })).lost).toEqual([]);
    expect((await a.ping(b.address, { ...whole, sizeBytes: 1_273 })).received).toBe(0);
    expect((await a.ping(b.address, { count: 2, sizeBytes: 1_400 })).lost).toEqual([]);
  });
});
