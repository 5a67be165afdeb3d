import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Host } from './host.ts';
import type { NatKind } from './routers.ts';
import { laboratory } from './suite.ts';
import { until } from './until.ts';

interface Socket {
  send(address: string, port: number): void;
  /** The lines that it has said. */
  readonly heard: readonly string[];
}

const PORT = 7_447;

async function socketOn(host: Host, port = PORT): Promise<Socket> {
  const words = [process.execPath, join(import.meta.dirname, 'reflector.mjs'), String(port)];
  const child = host.machine.start(words);
  const heard: string[] = [];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    heard.push(...text.split('\n').filter((line) => line !== ''));
  });
  await until('a socket', () => heard.includes('ready'));
  return { heard, send: (address, to) => void child.stdin?.write(`${address} ${to}\n`) };
}

/** The port that another place sees, asking until it answers. */
async function seenBy(own: Socket, other: Host): Promise<{ address: string; port: number }> {
  const answer = await until(`an answer of ${other.name}`, () => {
    own.send(other.address, PORT);
    return own.heard.find((line) => line.startsWith(`${other.address} ${PORT} you are `)) ?? null;
  });
  const [address = '', port] = answer.split(' ').slice(-2);
  return { address, port: Number(port) };
}

laboratory('NAT in the laboratory', (net, prepare) => {
  let [one, two]: Host[] = [];
  let sockets: Socket[] = [];
  prepare(async () => {
    [one, two] = [
      await net().host('one', await net().lan({ public: true })),
      await net().host('two', await net().lan({ public: true })),
    ];
    sockets = [await socketOn(one), await socketOn(two)];
  });

  async function behind(
    kind: NatKind,
    name: string,
  ): Promise<{ own: Socket; outside: string; host: Host }> {
    const [inside, outside] = [await net().lan(), await net().lan({ public: true })];
    const router = await net().nat(kind, { inside, outside });
    const host = await net().host(name, inside);
    return { host, own: await socketOn(host), outside: router.outside.address };
  }

  test('an endpoint-independent router shows one port to all, and lets in answers only', async () => {
    const { own, outside } = await behind('endpoint-independent', 'steady');
    const seen = await seenBy(own, one as Host);
    expect(seen).toEqual({ address: outside, port: PORT });
    expect(await seenBy(own, two as Host)).toEqual(seen);
    // From a port that was not spoken to.
    const stranger = await socketOn(one as Host, PORT + 1);
    stranger.send(outside, PORT);
    sockets[0]?.send(outside, PORT);
    await until('the packet of the other', () =>
      own.heard.includes(`${(one as Host).address} ${PORT} hello`),
    );
    expect(own.heard.filter((line) => line.includes(` ${PORT + 1} `))).toEqual([]);
  });

  test('an endpoint-dependent router shows another port to each', async () => {
    const { own, outside } = await behind('endpoint-dependent', 'fickle');
    const [a, b] = [await seenBy(own, one as Host), await seenBy(own, two as Host)];
    expect([a.address, b.address]).toEqual([outside, outside]);
    expect(new Set([PORT, a.port, b.port]).size).toBe(3);
  });

  test('a full cone lets in whoever sends to a port that was used', async () => {
    const { own, outside } = await behind('full-cone', 'open');
    expect(await seenBy(own, one as Host)).toEqual({ address: outside, port: PORT });
    await until('the packet of somebody it never spoke to', () => {
      sockets[1]?.send(outside, PORT);
      return own.heard.includes(`${(two as Host).address} ${PORT} hello`);
    });
  });

  test('two endpoint-independent routers are punched, also where one side was too early', async () => {
    const [x, y] = [
      await behind('endpoint-independent', 'x'),
      await behind('endpoint-independent', 'y'),
    ];
    for (let early = 0; early < 5; early++) x.own.send(y.outside, PORT);
    await until('both hear each other', () => {
      y.own.send(x.outside, PORT);
      x.own.send(y.outside, PORT);
      const hears = (own: Socket, outside: string): boolean =>
        own.heard.includes(`${outside} ${PORT} hello`);
      return hears(x.own, y.outside) && hears(y.own, x.outside);
    });
  });

  test('a router is replaced by one of the other kind at the same address', async () => {
    const [inside, outside] = [await net().lan(), await net().lan({ public: true })];
    const router = await net().nat('endpoint-dependent', { inside, outside });
    const own = await socketOn(await net().host('moving', inside));
    expect((await seenBy(own, one as Host)).port).not.toBe(PORT);
    await router.replace('endpoint-independent');
    expect(await seenBy(own, two as Host)).toEqual({ address: router.outside.address, port: PORT });
  });
});
