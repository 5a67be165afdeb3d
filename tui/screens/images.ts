// The images of F5: those of this machine and of the members that answer, and what is done with
// them: a file is added, one of another member is fetched, one is taken away.

import { bytesText } from '../../proto/sizes.ts';
import { type Line, line, paragraph, span } from '../draw.ts';
import { type ImageFacts, valueOf } from '../facts.ts';
import { type Form, formLines, formOf, textField, valueIn } from '../fields.ts';
import { busySign } from '../glyphs.ts';
import { marked, within } from '../list.ts';
import { type Model, type Step, lastRun, stay, withSlice } from '../model.ts';
import { begin, confirmed } from '../starting.ts';
import { type Column, table } from '../table.ts';

export interface ImageRow extends ImageFacts {
  readonly isHere: boolean;
  readonly isDamaged: boolean;
  /** Members that have it, by their names. */
  readonly at: readonly string[];
}

const COLUMNS: readonly Column[] = [
  { title: 'name', least: 10 },
  { title: 'size', align: 'right' },
  { title: 'form' },
  { title: 'id', least: 12 },
  { title: 'where', least: 8, grows: true },
];

/** What is here first, by name. */
export function imageRows({ facts }: Model): readonly ImageRow[] {
  const images = valueOf(facts.images);
  if (images === null) return [];
  const rows = new Map<string, ImageRow>();
  for (const one of images.held) {
    rows.set(one.id, { ...one, isHere: true, isDamaged: one.damaged, at: [] });
  }
  for (const { name, images: its } of images.elsewhere) {
    for (const one of its) {
      const row = rows.get(one.id) ?? { ...one, isHere: false, isDamaged: false, at: [] };
      rows.set(one.id, { ...row, at: [...row.at, name] });
    }
  }
  const called = ({ names, id }: ImageRow): string => names[0] ?? `~${id}`;
  return [...rows.values()].toSorted(
    (a, b) => Number(b.isHere) - Number(a.isHere) || (called(a) < called(b) ? -1 : 1),
  );
}

export function chosenImage(model: Model): ImageRow | null {
  const rows = imageRows(model);
  return rows[within(model.slices.place.images, rows.length, rows.length).at] ?? null;
}

/** How work names it: a name holds on this machine only, an id everywhere. */
export function imageName({ isHere, names, id }: ImageRow): string {
  return isHere ? (names[0] ?? id) : id;
}

export function addingForm(): Form {
  return formOf([
    textField('file', 'file', '', 'a disk, a kernel, or an archive of `docker save`'),
    textField('name', 'name', '', 'what it is called here; empty: its id'),
  ]);
}

export function add(model: Model): Step {
  const { adding } = model.slices.place;
  const file = adding === null ? '' : valueIn(adding, 'file').trim();
  if (adding === null || file === '') return stay(model);
  const name = valueIn(adding, 'name').trim();
  const words = ['image', 'add', ...(name === '' ? [] : [`--name=${name}`]), '--', file];
  return begin(withSlice(model, 'place', { stage: 'images', adding: null }), {
    ...{ words, purpose: 'image', title: `adding ${name === '' ? file : name}` },
  });
}

export function fetch(model: Model): Step {
  const row = chosenImage(model);
  if (row === null) return stay(model);
  const words = ['image', 'fetch', row.id];
  const title = `fetching ${row.names[0] ?? row.id}`;
  return begin(model, { words, purpose: 'image', title });
}

export function remove(model: Model): Step {
  const row = chosenImage(model);
  if (row === null) return stay(model);
  const name = imageName(row);
  const effect =
    row.names.length > 1
      ? `The name ${name} goes; the image stays, as ${row.names.slice(1).join(', ')}.`
      : row.at.length === 0
        ? 'Its last name goes, and with it the image: no other member that answers has it.'
        : `Its last name goes, and with it the image here; ${row.at.join(', ')} keeps it.`;
  return confirmed(model, [`the image ${name}, ${bytesText(row.sizeBytes)}`, effect], {
    ...{ words: ['image', 'rm', '--', name], purpose: 'image', title: `removing ${name}` },
  });
}

export function imagesView(model: Model, width: number, height: number): Line[] {
  const { adding, images } = model.slices.place;
  if (adding !== null) return addingLines(model, adding, width);
  const rows = imageRows(model);
  const head = [
    line(span('Images', 'title'), '  a name holds on this machine, an id everywhere'),
    ...progressLines(model, width),
  ];
  const partial = (valueOf(model.facts.images)?.partial ?? []).map(({ id, chunks }) =>
    line(span(`  ${id}: not whole yet, of ${chunks} chunks`, 'dim')),
  );
  if (rows.length === 0) return [...head, line(''), ...emptyLines(model, width), ...partial];
  const room = Math.max(1, height - head.length - 1 - partial.length);
  const place = within(images, rows.length, room);
  const cells = rows.slice(place.top, place.top + room).map((row) => {
    const { names, sizeBytes, form, id, isHere, isDamaged, at } = row;
    const here = isDamaged ? ['here, DAMAGED: f fetches it anew'] : isHere ? ['here'] : [];
    return [
      span(names.join(', ') || '-', isHere ? 'bold' : 'plain'),
      bytesText(sizeBytes),
      form,
      id.slice(0, 12),
      span([...here, ...at].join(', '), isDamaged ? 'bad' : 'plain'),
    ];
  });
  const { head: titles, rows: lines } = table(COLUMNS, cells, width - 2);
  return [...head, [span('  '), ...titles], ...marked(lines, place, model.glyphs), ...partial];
}

/** How far the transfer is that runs now. */
function progressLines(model: Model, width: number): Line[] {
  const run = lastRun(model, 'image');
  if (run === null || run.ended !== null) return [];
  // The step begins with what is done, as the title does.
  const text = `${run.title}${run.step === null ? '' : `: ${run.step.replace(/^[a-z]+ /, '')}`}`;
  const sign = busySign(model.glyphs, model.nowMs);
  return paragraph(`${sign} ${text}`, width, 'accent');
}

function emptyLines({ facts: { images } }: Model, width: number): Line[] {
  const said = (text: string): Line[] => paragraph(text, width);
  if (images.state === 'unasked') return [line(span('asking the daemon', 'dim'))];
  if (images.state === 'failed') return [...said(images.what), ...said(images.hint)];
  return said(
    'There is none, here or at any member that answers. a adds a file: the disk of a machine, a ' +
      'kernel, or an archive of a container. A job may also name an image that its host has.',
  );
}

function addingLines(model: Model, form: Form, width: number): Line[] {
  return [
    line(span('Add a file as an image', 'title'), '  the daemon reads it, as its own user'),
    line(''),
    ...formLines(form, width, model.glyphs),
    line(span(`  ${form.fields[form.at]?.help ?? ''}`, 'dim')),
  ];
}
