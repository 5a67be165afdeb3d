// The story, step by step: what is typed on which host, and what is waited for in between. Each
// step shows something; where it cannot, it throws, and the demonstration names it.

import { askDaemon } from '../src/daemon/client.ts';
import type { Host } from '../test/lab/host.ts';
import { until } from '../test/lab/until.ts';
import { runJob } from './job.ts';
import { pair } from './pair.ts';
import { SAYS_PASSPHRASE, type Stage } from './stage.ts';
import type { Answer } from './terminal.ts';
import type { Transcript } from './transcript.ts';

export interface Step {
  readonly name: string;
  /** What happens and why, in a sentence. */
  readonly why: string;
  play(stage: Stage, out: Transcript): Promise<void>;
}

export const JOB: Step = {
  name: 'a job on another machine',
  why:
    'Anna runs a job on cellar. The image goes there by its digest, what it prints comes back ' +
    'as it comes, and cellar signs how it ended: the receipt is checked against the log.',
  play: runJob,
};

export const FIRST: readonly Step[] = [
  {
    name: 'three hosts',
    why:
      'attic, barn and cellar stand in network namespaces of their own, with a cable each to one ' +
      'switch. The network of this machine is not touched, and they know nothing of it.',
    async play({ hosts }, out) {
      for (const host of hosts) await out.type(host, 'ip -4 -brief address show dev eth0');
    },
  },
  {
    name: 'found a network',
    why:
      'Anna founds it on attic: her operator key, sealed with a passphrase; the identity of the ' +
      'machine; a recovery sheet for the drawer. Then the daemon, which never sees her key.',
    async play({ attic }, out) {
      const again: Answer = { ...SAYS_PASSPHRASE, asks: /^The same again: $/ };
      await out.type(attic, 'kith init home --operator anna --sheet sheet.txt', {
        answers: [SAYS_PASSPHRASE, again],
      });
      await up(attic, out);
    },
  },
  {
    name: 'pair two machines by code',
    why:
      'Whoever stands before a new machine reads its code aloud, and anna types it. The code never ' +
      'crosses the network: it becomes a key on both sides, and three wrong guesses burn it.',
    async play(stage, out) {
      await pair(stage, out);
      await up(stage.barn, out);
      await up(stage.cellar, out);
    },
  },
  {
    name: 'the mesh',
    why:
      'Nobody has configured WireGuard: keys, addresses and names follow from the ledger, and every ' +
      'pair of machines has a tunnel.',
    async play({ hosts, barn }, out) {
      for (const host of hosts) {
        await until(`${host.name} hears both others`, async () => {
          const { mesh } = await askDaemon(host.folder, 'status', undefined);
          return mesh.heard >= hosts.length - 1;
        });
      }
      await until('barn reaches cellar', async () => {
        return (await barn.ping('cellar.kith')).received === 1;
      });
      await out.type(barn, 'wg show all endpoints');
      await out.type(barn, 'ping -c 1 cellar.kith');
      await out.type(barn, 'kith nodes');
    },
  },
  {
    name: 'a second operator',
    why:
      'One operator key signs on one machine, so that no two copies of it can contradict each ' +
      'other. Bert, on barn, makes his own, and anna admits it.',
    async play({ attic, barn, hosts }, out) {
      const { screen } = await out.type(barn, 'kith operator key --name bert --no-passphrase');
      const add = screen.find((line) => line.includes('kith operator add'))?.trim();
      await out.type(attic, `${add} --commit`, { answers: [SAYS_PASSPHRASE] });
      await sameRoot(hosts);
    },
  },
  JOB,
];

export const LAST: readonly Step[] = [
  {
    name: 'cut the network',
    why:
      'The cable of attic is cut, and neither side is told. There is no server that one of them ' +
      'would miss: barn and cellar go on, and so does attic.',
    async play({ net, attic, barn }, out) {
      await net.cut(attic);
      await out.type(attic, 'ping -c 1 -W 1 barn.kith', { code: 1 });
      await out.type(barn, 'ping -c 1 cellar.kith');
    },
  },
  {
    name: 'write on both sides',
    why:
      'Both operators write, to the same key even. Each signs in a chain of their own, so nothing ' +
      'has to be agreed on first. Barn and cellar agree, and attic holds another truth.',
    async play({ attic, barn, cellar, hosts }, out) {
      await out.type(attic, 'kith set heating.mode away --commit', { answers: [SAYS_PASSPHRASE] });
      await out.type(barn, 'kith set heating.mode on --commit');
      await out.type(barn, 'kith set light.mode dim --commit');
      await sameRoot([barn, cellar]);
      for (const host of hosts) await out.type(host, ROOTS);
      const [one, other] = await Promise.all([attic, barn].map(rootOf));
      if (one === other) throw new Error('both sides hold the same although the network is cut');
    },
  },
  {
    name: 'heal it',
    why:
      'The cable is back. A heartbeat shows another root, the two sides send each other what the ' +
      'other lacks, and all three compute the same state, byte for byte.',
    async play({ net, attic, hosts }, out) {
      await net.heal(attic);
      await sameRoot(hosts);
      for (const host of hosts) await out.type(host, ROOTS);
      out.say(
        'That both have set heating.mode is hidden from nobody: every machine shows both values, ' +
          'until an operator settles it.',
      );
      await out.type(attic, `kith ledger state | sed -n '/^Configuration/,$p'`);
      await out.type(attic, 'kith set heating.mode away --commit', { answers: [SAYS_PASSPHRASE] });
      await sameRoot(hosts);
      for (const host of hosts) await out.type(host, ROOTS);
    },
  },
];

const ROOTS = `kith status | grep -E 'frontier|state '`;

async function up(host: Host, out: Transcript): Promise<void> {
  await out.stay(host, 'kith up', /the mesh is up/);
}

function rootOf({ folder }: Host): Promise<string | null> {
  return askDaemon(folder, 'ledger', undefined).then(({ stateRoot }) => stateRoot);
}

async function sameRoot(hosts: readonly Host[]): Promise<void> {
  await until('all hold the same', async () => {
    const roots = await Promise.all(hosts.map(rootOf));
    return roots[0] !== null && roots.every((root) => root === roots[0]);
  });
}
