// F5: new work as a form. While it is filled in, a dry run says which node would take it and what
// each other lacks; Enter places it, and F4 shows it.

import { typed, valueIn } from '../fields.ts';
import { START, moved } from '../list.ts';
import { type Model, type Step, lastRun, stay, withSlice } from '../model.ts';
import type { Binding, Screen } from '../screen.ts';
import type { PlaceSlice } from '../slices.ts';
import {
  add,
  addingForm,
  chosenImage,
  fetch,
  imageName,
  imageRows,
  imagesView,
  remove,
} from './images.ts';
import { afterChange, placeForm, withImage } from './place-form.ts';
import { onRun, onTick, place } from './place-trying.ts';
import { formView, imageNames } from './place-view.ts';
import { startDaemonBinding } from './starting-daemon.ts';

type Stage = PlaceSlice['stage'];

const isAt =
  (stage: Stage) =>
  ({ slices }: Model): boolean =>
    slices.place.stage === stage;
const isForm = isAt('form');

/** Where letters are written; in a field that is a choice they are keys. */
function isTyping({ slices: { place: its } }: Model): boolean {
  if (its.stage === 'adding') return true;
  return its.stage === 'form' && its.form?.fields[its.form.at]?.kind === 'text';
}

/** On a letter; and where that is written into a field, on a key that writes nothing. */
function always(binding: Binding, typing: string): Binding[] {
  const { when } = binding;
  const isOn = (model: Model): boolean => isForm(model) && when?.(model) !== false;
  return [
    { ...binding, when: (model) => isOn(model) && !isTyping(model) },
    {
      ...{ ...binding, key: typing, inForm: true },
      when: (model) => isOn(model) && isTyping(model),
    },
  ];
}

const canDo = (model: Model): boolean => isAt('images')(model) && chosenImage(model) !== null;

const FORM: readonly Binding[] = [
  {
    ...{ key: 'enter', label: 'place it', command: ['run'], inForm: true, when: isForm },
    act: place,
  },
  ...always(
    {
      ...{ key: 'i', label: 'images', command: ['image', 'list'] },
      act: (model) => stay(withSlice(model, 'place', { stage: 'images', images: START })),
    },
    'C-t',
  ),
  {
    ...{ key: 'C-n', label: 'next image', what: 'take the next image of this machine' },
    inForm: true,
    when: (model) => isForm(model) && atImage(model) && imageNames(model).length > 0,
    act: nextImage,
  },
  ...always(startDaemonBinding('d'), 'C-d'),
];

const IMAGES: readonly Binding[] = [
  {
    ...{ key: 'enter', label: 'take it', what: 'make the new work of this image' },
    when: canDo,
    act: (model) => {
      const row = chosenImage(model);
      const { form } = model.slices.place;
      if (row === null || form === null) return stay(model);
      return changed(model, { stage: 'form', form: withImage(form, imageName(row)) });
    },
  },
  {
    ...{ key: 'a', label: 'add a file', command: ['image', 'add'], when: isAt('images') },
    act: (model) => stay(withSlice(model, 'place', { stage: 'adding', adding: addingForm() })),
  },
  {
    ...{ key: 'f', label: 'fetch', command: ['image', 'fetch'] },
    when: (model) => canDo(model) && isAway(model),
    act: fetch,
  },
  {
    ...{ key: 'x', label: 'remove', command: ['image', 'rm'] },
    when: (model) => canDo(model) && chosenImage(model)?.isHere === true,
    act: remove,
  },
  {
    ...{ key: 'enter', label: 'add it', what: 'copy the file into the images of this machine' },
    ...{ inForm: true, when: isAt('adding'), act: add },
  },
  {
    ...{ key: 'C-c', label: 'break off', what: 'break the transfer off; it goes on from there' },
    when: (model) => isAt('images')(model) && lastRun(model, 'image')?.ended === null,
    act: (model) => stay(model, { do: 'interrupt', run: lastRun(model, 'image')?.id ?? 0 }),
  },
  {
    ...{ key: 'escape', label: 'back', what: 'back to what was there before' },
    ...{ inForm: true, when: (model) => !isForm(model) },
    act: (model) => {
      const stage = isAt('adding')(model) ? 'images' : 'form';
      return stay(withSlice(model, 'place', { stage, adding: null }));
    },
  },
];

export const PLACE: Screen = {
  name: 'place',
  title: 'Place',
  wants: ['nodes', 'members', 'images', 'hosting'],
  bindings: [...FORM, ...IMAGES],
  purposes: ['dry-run', 'place', 'image'],
  isTyping,
  onOpen: (model) => {
    const form = model.slices.place.form ?? placeForm(model);
    return stay(withSlice(model, 'place', { form, stage: 'form', adding: null }));
  },
  onKey,
  onRun,
  onTick,
  view: (model, width, height) => {
    const { stage, form } = model.slices.place;
    if (stage !== 'form' || form === null) return imagesView(model, width, height);
    return formView(model, form, width, height);
  },
};

function isAway(model: Model): boolean {
  const row = chosenImage(model);
  return row !== null && row.at.length > 0 && (!row.isHere || row.isDamaged);
}

function atImage({ slices: { place: its } }: Model): boolean {
  return its.form?.fields[its.form.at]?.name === 'image';
}

function nextImage(model: Model): Step {
  const { form } = model.slices.place;
  const names = imageNames(model);
  if (form === null) return stay(model);
  const { at } = form;
  const now = names.indexOf(valueIn(form, 'image'));
  const matching = names.filter((name) => name.includes(valueIn(form, 'image')));
  const next = now >= 0 ? names[(now + 1) % names.length] : (matching[0] ?? names[0]);
  return changed(model, { form: { ...withImage(form, next ?? ''), at } });
}

/** Whatever was tried of the form before holds no more. */
function changed(model: Model, change: Partial<PlaceSlice>): Step {
  return stay(withSlice(model, 'place', { ...change, changedMs: model.nowMs, attempt: null }));
}

function onKey(model: Model, key: string, text: string | null): Step | null {
  const { stage, form, adding, images } = model.slices.place;
  if (stage === 'images') {
    const next = moved(images, key, imageRows(model).length, model.size.rows - 8);
    return next === null ? null : stay(withSlice(model, 'place', { images: next }));
  }
  if (stage === 'adding') {
    const after = adding === null ? null : typed(adding, key, text);
    return after === null ? null : stay(withSlice(model, 'place', { adding: after }));
  }
  const after = form === null ? null : typed(form, key, text);
  if (form === null || after === null) return null;
  // While it is being placed nothing of it is changed.
  if (lastRun(model, 'place')?.ended === null) return stay(model);
  if (after.fields === form.fields) {
    return stay(withSlice(model, 'place', { form: { ...form, at: after.at } }));
  }
  return changed(model, afterChange(model, form, after));
}
