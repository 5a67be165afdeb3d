// The form of new work, made of the rows of `run`, `vm` and `place` in the catalogue: the same
// words, in the order in which a person thinks of them, with what holds where a field is left
// empty.

import type { CommandRow, Complaint } from '../commands.ts';
import { type Field, type Form, choiceField, formOf, textField, valueIn } from '../fields.ts';
import type { Model } from '../model.ts';
import type { PlaceSlice } from '../slices.ts';
import { formFor, wordsFor } from './command-forms.ts';

const KINDS = ['job', 'machine', 'spec file'] as const;
type Kind = (typeof KINDS)[number];

const COMMANDS: Readonly<Record<Kind, string>> = {
  job: 'run',
  machine: 'vm',
  'spec file': 'place',
};

/** What is said by the screen itself. */
const OURS: readonly string[] = ['dry-run', 'seed', 'detach', 'wait', 'schema'].map(
  (name) => `--${name}`,
);

/** In this order; whatever else the catalogue has comes behind. */
const ORDER: readonly string[] = [
  ...['spec', 'image', 'command', '--name', '--cpus', '--mem', '--gpus', '--timeout', '--disk'],
  ...['--on', '--network', '--publish', '--env', '--workdir', '--restart', '--replace'],
];

const LABELS: Readonly<Record<string, string>> = {
  ...{ spec: 'spec file', '--mem': 'memory', '--on': 'on node', '--publish': 'ports' },
  ...{ '--env': 'environment', '--min-vram': 'card memory', '--replace': 'if host is lost' },
};

/** The first holds where nothing is said. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  '--network': ['none', 'mesh', 'egress'],
  '--restart': ['never', 'onFailure', 'always'],
  '--policy': ['any', 'mostFree', 'two', 'pack', 'pin'],
  '--firmware': ['bios', 'uefi'],
};

/** Which field a complaint about a spec is of: by the beginning of its path. */
const PATHS: readonly (readonly [path: string, field: string])[] = [
  ...([
    ['resources.cpu', '--cpus'],
    ['resources.mem', '--mem'],
    ['resources.disk', '--disk'],
    ['resources.gpu.minVram', '--min-vram'],
    ['resources.gpu', '--gpus'],
    ['limits.maxRuntime', '--timeout'],
    ['constraints.nodes', '--on'],
    ['constraints.need', '--need'],
    ['constraints.avoid', '--avoid'],
    ['constraints.policy', '--policy'],
  ] as const),
  ...([
    ['network.publish', '--publish'],
    ['network', '--network'],
    ['lifecycle.restart', '--restart'],
    ['lifecycle.onHostLoss', '--replace'],
    ['env', '--env'],
    ['job.command', 'command'],
    ['job.workdir', '--workdir'],
    ['vm.userData', '--user-data'],
    ['vm.kernel', '--kernel'],
    ['vm.initrd', '--initrd'],
    ['vm.cmdline', '--cmdline'],
    ['vm.firmware', '--firmware'],
  ] as const),
  ...([
    ['job', 'image'],
    ['vm', 'image'],
    ['name', '--name'],
  ] as const),
];

const KIND = 'kind';
const KIND_HELP = 'a container that ends, a virtual machine that stays, or a file (docs/work.md)';

export function placeForm(model: Model, kind: Kind = 'job', before: readonly Form[] = []): Form {
  const row = rowOf(model, kind);
  const rank = ({ name }: Field): number => (ORDER.indexOf(name) + ORDER.length) % ORDER.length;
  const known = ({ name }: Field): boolean => ORDER.includes(name);
  const fields = row === null ? [] : formFor(row).fields.filter(({ name }) => !OURS.includes(name));
  return formOf([
    choiceField(KIND, KIND, KINDS, kind, KIND_HELP),
    ...[
      ...fields.filter(known).toSorted((a, b) => rank(a) - rank(b)),
      ...fields.filter((field) => !known(field)),
    ].map((field) => carried(asked(field), before)),
  ]);
}

function asked(field: Field): Field {
  const { name, help } = field;
  const label = LABELS[name] ?? name.replace(/^--/, '');
  const among = CHOICES[name];
  if (among !== undefined) return choiceField(name, label, among, among[0] ?? '', help);
  const unless = /\(default: ([^)]+)\)/.exec(help)?.[1];
  return { ...field, label, ...(unless === undefined ? {} : { unless }) };
}

/** With what was last typed into the field of this name. */
function carried(field: Field, before: readonly Form[]): Field {
  const old = before.flatMap(({ fields }) => fields).find(({ name }) => name === field.name);
  if (old?.kind === 'text' && field.kind === 'text') {
    return { ...field, value: old.value, cursor: old.cursor };
  }
  if (old?.kind === 'choice' && field.kind === 'choice') return { ...field, value: old.value };
  if (old?.kind === 'switch' && field.kind === 'switch') return { ...field, on: old.on };
  return field;
}

/** The form after a change: of another kind, it has other fields. */
export function afterChange(
  model: Model,
  before: Form,
  after: Form,
): Pick<PlaceSlice, 'form' | 'past'> {
  const { past } = model.slices.place;
  const kind = kindIn(after);
  if (kind === kindIn(before)) return { form: after, past };
  const forms = [before, ...past.filter((one) => kindIn(one) !== kindIn(before))];
  return { form: placeForm(model, kind, forms), past: forms };
}

export function kindIn(form: Form): Kind {
  return KINDS.find((kind) => kind === valueIn(form, KIND)) ?? 'job';
}

/** The same with another image, and the keys at what comes after it. */
export function withImage(form: Form, image: string): Form {
  const at = form.fields.findIndex(({ name }) => name === 'image');
  const field = form.fields[at];
  if (field?.kind !== 'text') return form;
  const filled = { ...textField('image', field.label, image, field.help) };
  return { fields: form.fields.with(at, filled), at: Math.min(at + 1, form.fields.length - 1) };
}

function rowOf({ outside }: Model, kind: Kind): CommandRow | null {
  return outside.catalogue.find(({ path }) => path.join(' ') === COMMANDS[kind]) ?? null;
}

export interface Wrong {
  /** The field that it is about, where it is known. */
  readonly field: string | null;
  readonly what: string;
  readonly hint: string;
}

type Made = { readonly words: readonly string[] } | { readonly wrong: Wrong };

/** What would be typed at a prompt, with these options of ours. */
export function placeWords(model: Model, form: Form, ours: readonly string[]): Made {
  const row = rowOf(model, kindIn(form));
  if (row === null) {
    return { wrong: { field: null, what: 'this kith places no such work', hint: 'see F9' } };
  }
  const [field] = row.arguments;
  if (field !== undefined && isNeeded(form, field.name)) {
    const { name, help } = field;
    const hint = name === 'image' ? 'type its name, or choose one of the images' : 'type its path';
    return { wrong: { field: name, what: `${LABELS[name] ?? name}: ${help}`, hint } };
  }
  const made = wordsFor(row, formOf(form.fields.map(unlessFirst)));
  if (!('words' in made)) return { wrong: { field: null, what: made.wrong, hint: '' } };
  const { length } = row.path;
  return { words: [...made.words.slice(0, length), ...ours, ...made.words.slice(length)] };
}

/** A machine boots an image or a kernel; everything else needs its one word. */
function isNeeded(form: Form, name: string): boolean {
  return valueIn(form, name).trim() === '' && valueIn(form, '--kernel').trim() === '';
}

/** What holds anyhow is not said. */
function unlessFirst(field: Field): Field {
  if (field.kind !== 'choice' || field.value !== field.among[0]) return field;
  return textField(field.name, field.label);
}

/** Where a complaint belongs: of a spec by its path, of an option by its name. */
export function fieldOf(
  form: Form,
  { what, detail = '' }: Pick<Complaint, 'what' | 'detail'>,
): string | null {
  const path = PATHS.find(([start]) => detail === start || isBelow(detail, start));
  const option = /^(--[a-z-]+) /.exec(what)?.[1];
  const name = kindIn(form) === 'spec file' ? 'spec' : (option ?? path?.[1] ?? null);
  return form.fields.some((field) => field.name === name) ? name : null;
}

function isBelow(detail: string, start: string): boolean {
  return detail.startsWith(start) && /^[A-Z.:[ ]/.test(detail.slice(start.length));
}
