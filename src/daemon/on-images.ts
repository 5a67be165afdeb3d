// What the local API asks of the images of this machine. Spec: docs/images.md.

import { stateOf } from '../../ledger/replica.ts';
import type { Digest } from '../../proto/ids.ts';
import { refuse } from '../../proto/result.ts';
import { imagesOf } from '../../work/image.ts';
import { addNamed } from '../work/images/naming.ts';
import type { Work } from '../work/working.ts';
import type { ImagesBehind } from './images-api.ts';
import { DaemonFault } from './refusals.ts';
import type { Daemon } from './running.ts';

export function imagesBehind(daemon: Daemon): ImagesBehind {
  const needed = (): Work => {
    if (daemon.work === null) throw new DaemonFault('no-work-here');
    return daemon.work;
  };
  return {
    async images() {
      const { images } = needed();
      const members = daemon.home === null ? [] : stateOf(daemon.home.replica).members;
      const names = new Map(members.map(({ key, shown }) => [key, shown]));
      const elsewhere = (await images.elsewhere()).map(({ member, images: its }) => ({
        ...{ member, name: names.get(member) ?? member, images: its },
      }));
      return { held: images.store.list(), partial: await images.store.partial(), elsewhere };
    },
    async imageAdd({ path, name }, progress) {
      const { store } = needed().images;
      // The daemon has a folder of its own to look from.
      if (!path.startsWith('/')) return refuse('image-no-file', path);
      return addNamed(store, path, name, progress);
    },
    async imageFetch({ id }, progress, signal) {
      return needed().images.fetch(id, progress, signal);
    },
    async imageRemove({ image, force }) {
      const work = needed();
      const isUsed = (id: Digest): boolean => !force && isUsedBy(work, id);
      const removed = await work.images.store.remove(image, isUsed);
      if (!removed.ok) throw new DaemonFault(removed.code, removed.detail);
      return removed.value;
    },
  };
}

/** Whether a lease here is for work that is started from it. */
function isUsedBy({ hosting, images }: Work, id: Digest): boolean {
  const { leases } = hosting.state();
  return [...leases.values()].some(({ spec }) =>
    imagesOf(spec).some((name) => images.store.idOf(name) === id),
  );
}
