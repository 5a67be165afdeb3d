// Rows: from the last character of the code to the first ping that is answered through the tunnel,
// on one lan and through two routers. Real machines of the laboratory, real daemons on both ends,
// the real commands of the ceremony; each turn is a new machine.

import { askDaemon } from '../../src/daemon/client.ts';
import type { Host } from '../../test/lab/host.ts';
import { type Lab, lab } from '../../test/lab/lab.ts';
import type { Ran } from '../../test/lab/machine.ts';
import { DOOR_PORT, network, remove } from '../../test/lab/network.ts';
import { until } from '../../test/lab/until.ts';
import type { Finding } from '../ledger/finding.ts';
import { tunnelByHand } from './by-hand.ts';
import { percentile } from '../ledger/measure.ts';
import { firstAnswer } from './turns.ts';

export type Place = 'lan' | 'nat';

/** Somebody who types a code takes longer than this: all processes have started by then. */
const TYPING_MS = 1_500;
const GOAL_MS = { lan: 1_500, nat: 6_000 } as const;
const MTU = 1_280;

/** A network, and how a new machine comes to be near it. */
interface House {
  /** Who admits. */
  readonly attic: Host;
  readonly newcomer: (name: string) => Promise<Host>;
  /** What its daemon is started with. */
  readonly told: readonly string[];
  /** Where it joins besides. */
  readonly via: string | null;
}

export async function joinFindings(place: Place, turns: number): Promise<Finding[]> {
  const net = await lab();
  const ours: number[] = [];
  const byHand: number[] = [];
  try {
    const house = place === 'lan' ? await onLan(net) : await behindRouters(net);
    // One before the first, which is not counted.
    for (let turn = 0; turn <= turns; turn++) {
      process.stderr.write(`bench: ${place}, turn ${turn} of ${turns}\n`);
      const times = await oneTurn(house, `lamp-${turn}`, place === 'lan');
      if (turn === 0) continue;
      ours.push(times.ours);
      if (times.byHand !== null) byHand.push(times.byHand);
    }
  } catch (error) {
    process.stderr.write(`${net.log()}\n`);
    throw error;
  } finally {
    await net.close();
  }
  return [50, 95].map((share) => findingOf(place, share, ours, byHand));
}

function findingOf(
  place: Place,
  share: number,
  ours: readonly number[],
  byHand: readonly number[],
): Finding {
  const where = place === 'lan' ? 'on one lan' : 'through two routers with NAT';
  return {
    row: place,
    what: `from the last character of the code to the first ping, ${where}, p${share}`,
    measured: { value: percentile(ours, share), unit: 'ms' },
    ...(byHand.length === 0
      ? {}
      : {
          beside: {
            value: percentile(byHand, share),
            unit: 'ms',
            what: 'from `wg set` on both ends of a tunnel by hand to its first ping',
          },
        }),
    // Its goal is one of the median.
    ...(share === 50 ? { goal: { of: 'measured', most: GOAL_MS[place] } } : {}),
    how: `${HOW[place]} ${ours.length} turns, each a new machine, which is removed after it.`,
  };
}

const COMMON =
  '`kith up` with a mesh on both machines, `kith join` on the new one, `kith admit` on the other, ' +
  'which has all of the code but its last character for 1.5 s. From that character on the new ' +
  'machine pings the mesh address of the other, 0.3 s for each try, until one is answered.';
const HOW: Readonly<Record<Place, string>> = {
  lan: COMMON,
  nat:
    `${COMMON} Each behind a router of its own with endpoint-independent NAT, a third member with a ` +
    'public address, which has the lobby and carries no packets.',
};

interface Times {
  readonly ours: number;
  readonly byHand: number | null;
}

async function oneTurn(house: House, name: string, withHand: boolean): Promise<Times> {
  const { attic, via, told } = house;
  const lamp = await house.newcomer(name);
  await lamp.up(told);
  const address = (await askDaemon(attic.folder, 'status', undefined)).mesh.address as string;
  const behind = via === null ? [] : ['--via', via];
  const joining = lamp.start(['join', '--json', '--name', name, '--hidden', ...behind]);
  const shown = await joining.until('window');
  const code = String(shown['code']);
  if (via !== null) {
    await joining.until('lobby', (event) => event['state'] === 'waiting');
    await until(`${name} is seen in the lobby`, async () => {
      const listed = await attic.json<{ candidates: { name: string }[] }>('candidates');
      if (listed.candidates.some((one) => one.name === name)) return true;
      throw new Error(JSON.stringify(listed));
    });
  }
  const target = via === null ? `${lamp.address}:${portOf(shown['address'])}` : `${name}@hub`;
  const admitting = attic.start(['admit', target, '--yes', '--json']);
  admitting.write(code.slice(0, -1));
  await new Promise((typed) => void setTimeout(typed, TYPING_MS));
  const typedMs = performance.now();
  const answered = firstAnswer(lamp.machine, address);
  admitting.write(`${code.slice(-1)}\n`);
  const ours = (await answered) - typedMs;
  await Promise.all([ended(admitting.ended), ended(joining.ended)]);
  const byHand = withHand ? await handMs(lamp, attic) : null;
  const { node } = await askDaemon(lamp.folder, 'status', undefined);
  await lamp.off();
  await remove(attic, node);
  return { ours, byHand };
}

async function ended(running: Promise<Ran>): Promise<void> {
  const { code, out, err } = await running;
  if (code !== 0) throw new Error(`a command ended with ${code}: ${out}${err}`);
}

function portOf(address: unknown): string {
  return String(address).split(':').at(-1) ?? '';
}

async function handMs(lamp: Host, attic: Host): Promise<number> {
  await attic.machine.run(['ip', 'link', 'delete', 'dev', 'hand0']);
  const { far, again } = await tunnelByHand(lamp, attic, MTU);
  const beganMs = performance.now();
  const answered = firstAnswer(lamp.machine, far);
  await again();
  return (await answered) - beganMs;
}

async function onLan(net: Lab): Promise<House> {
  const lan = await net.lan();
  const attic = await net.host('attic', lan);
  await network([attic]);
  await attic.up();
  await meshUp(attic);
  const newcomer = (name: string): Promise<Host> => net.host(name, lan, { own: true });
  return { attic, newcomer, told: [], via: null };
}

async function behindRouters(net: Lab): Promise<House> {
  const behind = async (name: string, own: boolean): Promise<Host> => {
    const [inside, outside] = [await net.lan(), await net.lan({ public: true })];
    await net.nat('endpoint-independent', { inside, outside });
    return net.host(name, inside, { own });
  };
  const hub = await net.host('hub', await net.lan({ public: true }));
  const attic = await behind('attic', false);
  await network([attic, hub], { endpoints: false });
  const via = `${hub.address}:${DOOR_PORT}`;
  await hub.up(['--lobby']);
  await attic.up(['--peer', via]);
  await meshUp(attic);
  await until('the two are linked', async () => {
    const { peers } = await askDaemon(attic.folder, 'peers', undefined);
    return peers.every(({ path }) => path !== 'down');
  });
  return {
    ...{ attic, via, told: ['--peer', via] },
    newcomer: (name) => behind(name, true),
  };
}

async function meshUp(host: Host): Promise<void> {
  await until(`${host.name} has its mesh`, async () => {
    const { mesh } = await askDaemon(host.folder, 'status', undefined);
    return mesh.state === 'up';
  });
}
