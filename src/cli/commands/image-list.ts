// `kith image list`: every image that is known of, and who holds it.

import { bytesText } from '../../../proto/sizes.ts';
import { askDaemon, readyDaemon } from '../../daemon/client.ts';
import type { ImageList } from '../../daemon/image-routes.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { withStore } from '../images.ts';
import { type Printer, plain } from '../print.ts';
import { columnsOf } from '../table.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const list = await listOf(call.folder);
  print.result(list, () => linesOf(list, print.columns));
  return 'ok';
}

async function listOf(folder: string): Promise<ImageList> {
  if ((await readyDaemon(folder)) !== null) return askDaemon(folder, 'images', undefined);
  return withStore(folder, async (store) => ({
    ...{ held: store.list(), partial: await store.partial(), elsewhere: [] },
  }));
}

interface Row {
  readonly names: Set<string>;
  readonly sizeBytes: number;
  readonly form: string;
  readonly at: string[];
}

function linesOf({ held, partial, elsewhere }: ImageList, columns: number | null): string[] {
  const rows = new Map<string, Row>();
  for (const { id, names, sizeBytes, form, damaged } of held) {
    const at = [damaged ? 'here, damaged' : 'here'];
    rows.set(id, { names: new Set(names), sizeBytes, form, at });
  }
  for (const { name: member, images } of elsewhere) {
    for (const { id, names, sizeBytes, form } of images) {
      const row = rows.get(id) ?? { names: new Set(), sizeBytes, form, at: [] };
      // A name of another member means nothing here: it says whose it is.
      if (!row.at[0]?.startsWith('here')) for (const one of names) row.names.add(one);
      row.at.push(member);
      rows.set(id, row);
    }
  }
  const parts = partial.map(({ id, chunks }) => `${id}: not whole yet, of ${chunks} chunks`);
  const cells = [...rows].map(([id, { names, sizeBytes, form, at }]) =>
    [id, [...names].join(', ') || '-', bytesText(sizeBytes), form, at.join(', ')].map(plain),
  );
  const lines = columnsOf(cells, columns === null ? {} : { width: columns });
  return lines.length + parts.length === 0 ? ['no images'] : [...lines, ...parts];
}
