// The job of the demonstration: a small image, placed from attic on cellar, its log and its
// receipt; in bubblewrap, or in podman where that does not work here.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { askDaemon } from '../src/daemon/client.ts';
import { bubbleDriver } from '../src/work/jobs/bubbles.ts';
import { boxArchive, boxMissing } from '../test/kit/box.ts';
import { podmanMissing, withPodman } from '../test/lab/engine.ts';
import { until } from '../test/lab/until.ts';
import { type Stage, homeOf } from './stage.ts';
import type { Transcript } from './transcript.ts';

export async function runJob(stage: Stage, out: Transcript): Promise<void> {
  const { attic } = stage;
  await readyForJobs(stage);
  await bringImage(stage);
  await out.type(attic, 'kith image add box.tar --name box');
  const films = out.type(attic, jobLine('films', FILMS));
  await remember(stage);
  await films;
  await out.type(attic, 'kith logs films --json >films.log');
  await out.type(attic, 'kith receipt verify films --logs films.log');
}

/** A job that goes on, to be looked at; it ends with the hosts. */
export async function runClock(stage: Stage, out: Transcript): Promise<void> {
  await out.type(stage.attic, jobLine('clock', CLOCK, '--detach '));
  await remember(stage);
}

const FILMS = 'for i in 1 2 3 4 5; do echo frame $i; sleep 0.2; done';
const CLOCK = 'i=0; while sleep 1; do i=$((i+1)); echo tick $i; done';

function jobLine(name: string, command: string, more = ''): string {
  const little = '--cpus 0.1 --mem 32MiB --disk 0MiB';
  return `kith run box --name ${name} --on cellar ${little} ${more}-- sh -c '${command}'`;
}

/** So that nothing of it stays, whatever happens to the demonstration. */
async function remember({ attic, placed }: Stage): Promise<void> {
  const works = await until('the work is placed', async () => {
    const { owned } = await askDaemon(attic.folder, 'works', undefined);
    return owned.length > 0 && owned;
  });
  for (const { id } of works) placed(id);
}

async function readyForJobs({ attic, cellar, hosts }: Stage): Promise<void> {
  const bubble = await bubbleDriver({ state: attic.folder, home: '' }).probe();
  if (!bubble.usable) {
    const missing = podmanMissing();
    if (missing !== null) throw new Error(`nothing here runs jobs: ${bubble.what}; ${missing}`);
    await withPodman(cellar);
  }
  await until('attic knows that cellar takes jobs', async () => {
    const { nodes } = await askDaemon(attic.folder, 'nodes', undefined);
    const offering = nodes.filter(
      ({ offer, headroom }) =>
        offer?.taking === 'open' && offer.kinds.includes('job') && headroom !== null,
    );
    return offering.length >= (bubble.usable ? hosts.length : 1);
  });
}

async function bringImage({ attic }: Stage): Promise<void> {
  const missing = boxMissing();
  if (missing !== null) throw new Error(`there is no image to run: ${missing}`);
  const folder = join(homeOf(attic), 'box');
  const archive = await boxArchive(folder);
  await attic.machine.must(['mv', archive, join(homeOf(attic), 'box.tar')]);
  rmSync(folder, { recursive: true });
}
