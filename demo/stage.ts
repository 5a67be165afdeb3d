// The stage of the demonstration: three hosts of the laboratory on one network, with kith in the
// path of each. Nothing of them is left when it is closed, nor when its maker dies.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Host } from '../test/lab/host.ts';
import { type Lab, lab } from '../test/lab/lab.ts';
import { type Answer, TOOLS } from './terminal.ts';

export interface Stage {
  readonly net: Lab;
  /** The first of the network; its operator is anna. */
  readonly attic: Host;
  /** Gets an operator of its own: bert. */
  readonly barn: Host;
  /** Works for the others. */
  readonly cellar: Host;
  readonly hosts: readonly Host[];
  /** Work was placed: the control groups of this id are taken away with the rest. */
  placed(id: string): void;
  close(): Promise<void>;
}

/** Of the key of anna. */
export const PASSPHRASE = 'open sesame';
export const SAYS_PASSPHRASE: Answer = { asks: /^Passphrase .*: $/, say: PASSPHRASE };

export const NAMES: readonly string[] = ['attic', 'barn', 'cellar'];

const ROOT = [1, 3]
  .map((up) => join(import.meta.dirname, ...Array<string>(up).fill('..')))
  .find((folder) => existsSync(join(folder, 'kith'))) as string;

export async function openStage(): Promise<Stage> {
  const net = await lab();
  const broom = sweepAfter(net.folder);
  const swept = new Promise<void>((resolve) => void broom.once('close', () => resolve()));
  const lan = await net.lan();
  const hosts: Host[] = [];
  for (const name of NAMES) {
    const made = await net.host(name, lan, { own: true });
    const link = `mkdir -p ${TOOLS}; ln -s "$0" ${TOOLS}/kith`;
    await made.machine.must(['sh', '-c', link, join(ROOT, 'kith')]);
    hosts.push(made);
  }
  const [attic, barn, cellar] = hosts as [Host, Host, Host];
  return {
    ...{ net, attic, barn, cellar, hosts },
    placed: (id) => void broom.stdin?.write(`${id}\n`),
    async close() {
      await net.close();
      broom.stdin?.end();
      await swept;
    },
  };
}

/** The home folder of whoever types on a host. */
export function homeOf({ folder }: Host): string {
  return dirname(folder);
}

// When their maker dies, even by `kill -9`, the kernel ends all that runs in the hosts. Folders and
// control groups stay: this waits for that end, in a session that no Ctrl-C reaches. A group that
// somebody else uses is not empty, and so it stays.
const SWEEP = `
groups=
while read -r id; do groups="$groups $id.1"; done
sleep 0.2
for try in 1 2 3 4 5 6 7 8 9; do rm -rf -- "$0" && break; sleep 0.3; done
cd /sys/fs/cgroup || exit
for kith in */kith kith; do
  for group in $groups; do rmdir "$kith/$group"; done
  rmdir "$kith"
done
`;

function sweepAfter(folder: string): ChildProcess {
  const child = spawn('sh', ['-c', SWEEP, folder], {
    ...{ detached: true, cwd: '/', stdio: ['pipe', 'ignore', 'ignore'] },
  });
  child.stdin?.on('error', () => undefined);
  return child;
}
