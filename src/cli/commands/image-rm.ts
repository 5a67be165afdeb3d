// `kith image rm`: a name of an image goes, and with the last one, or by its id, the image.

import { askDaemon } from '../../daemon/client.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { type Printer, plain } from '../print.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const asked = { image: call.needed('image'), force: call.flag('force') };
  const removed = await askDaemon(call.folder, 'imageRemove', asked);
  print.result(removed, () => {
    const { id, names, image } = removed;
    if (image) return `the image ${id} is gone from this machine`;
    return plain(`${names.join(', ')}: it means nothing here any more; the image stays: ${id}`);
  });
  return 'ok';
}
