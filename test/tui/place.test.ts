// F5: the form of new work, its dry run as it is typed, placing it, and the images it is made of.

import { expect, test } from 'vitest';
import { optionsOf } from '../../src/cli/args.ts';
import { CATALOGUE } from '../../src/cli/catalogue.ts';
import type { CommandRow, RunEnd } from '../../tui/commands.ts';
import type { Effect, Input } from '../../tui/effects.ts';
import type { ImagesFacts } from '../../tui/facts.ts';
import type { Model } from '../../tui/model.ts';
import type { Key } from '../../proto/ids.ts';
import type { Plan } from '../../tui/screens/place-verdict.ts';
import { LARGE, NOON_MS, after, begun, expectFrame, keys, letters, told } from './frames.ts';

const ROWS: readonly CommandRow[] = CATALOGUE.map((command) => ({
  ...{ path: command.path, group: command.group, summary: command.summary },
  ...{ about: command.about ?? [], arguments: command.arguments ?? [] },
  options: optionsOf(command),
}));

function at(size?: Model['size'], ascii = false): Model {
  const model = begun({
    ...(size === undefined ? {} : { size }),
    ...{ ascii, outside: { catalogue: ROWS } },
  });
  return after(model, ...keys('f5')).model;
}

const tick = (seconds: number): Input => ({ in: 'tick', nowMs: NOON_MS + seconds * 1_000 });
const ended = (run: number, complaint: RunEnd['complaint'] = null, exit = 6): Input => ({
  ...{ in: 'ended', run, end: { exit: complaint === null ? 0 : exit, complaint } },
});
const started = (out: readonly Effect[]): readonly (readonly string[])[] =>
  out.flatMap((one) => (one.do === 'run' ? [one.words] : []));

const PLAN: Plan = {
  ...{ policy: 'mostFree', seed: 7 },
  order: [
    { name: 'barn', key: 'b' },
    { name: 'attic', key: 'a' },
  ],
  nodes: [
    {
      ...{ name: 'attic', key: 'a', here: true, fits: true },
      says: 'fits: 7.2 GiB of memory, 40 % of what is scarcest would be left',
    },
    {
      ...{ name: 'barn', key: 'b', here: false, fits: true },
      says: 'fits: 380 GiB of memory, 81 % of what is scarcest would be left; it has the image',
    },
    {
      ...{ name: 'cellar', key: 'c', here: false, fits: false },
      says: 'needs 8 GiB of memory, 5.2 free; needs 1 card, 0 free',
    },
  ],
};
const planned = (run: number, plan = PLAN): Input => ({
  ...{ in: 'said', run, documents: [{ dryRun: true, ...plan }] },
});

/** With an image and a command typed. */
function filled(model: Model): Model {
  return after(
    model,
    ...keys('tab'),
    ...letters('films:4'),
    ...keys('tab'),
    ...letters('/bin/convert --all'),
  ).model;
}

test('a form of the words of the catalogue, for each kind of work', () => {
  expectFrame('place', at());
  expectFrame('place-large', at(LARGE));
  expectFrame('place-ascii', at(undefined, true));
  expectFrame('place-machine', after(at(), ...keys('right')).model);
  expectFrame('place-file', after(at(), ...keys('left')).model);
  // What was typed stays, also what the other kind has no field for.
  const back = after(filled(at()), ...keys('up', 'up', 'right', 'left', 'down', 'down')).model;
  expect(back.slices.place.form).toEqual(filled(at()).slices.place.form);
});

test('a dry run follows what is typed, one at a time, when the form has stood still', () => {
  const typing = filled(at());
  expect(started(after(at(), tick(3)).out)).toEqual([]);
  const { model: asking, out } = after(typing, tick(1));
  expect(started(out)).toEqual([['run', '--dry-run', '--', 'films:4', '/bin/convert', '--all']]);
  expectFrame('place-asking', asking);
  // It is asked nothing more until it has answered, and then about what stands there now.
  const busy = after(asking, ...keys('tab', 'tab'), ...letters('4'), tick(2), tick(3));
  expect(started(busy.out)).toEqual([]);
  const told1 = after(busy.model, planned(1), ended(1));
  expectFrame('place-old', told1.model);
  const second = after(told1.model, tick(4));
  expect(started(second.out)).toEqual([
    [
      ...['run', '--dry-run', '--seed=7', '--cpus=4'],
      ...['--', 'films:4', '/bin/convert', '--all'],
    ],
  ]);
  const shown = after(second.model, planned(2), ended(2)).model;
  expectFrame('place-plan', shown);
  expectFrame('place-plan-large', after(shown, { in: 'size', ...LARGE }).model);
  expect(started(after(shown, tick(5), tick(6)).out)).toEqual([]);
  expect(started(after(shown, tick(15)).out)).toHaveLength(1);
});

test('where none can take it every node says what it lacks', () => {
  const none = { ...PLAN, order: [], nodes: PLAN.nodes.slice(2) };
  const complaint = {
    ...{ code: 'no-node-fits', what: 'no node can take this work' },
    hint: 'ask for less, or wait until there is room',
  };
  const asked = after(filled(at()), tick(1), planned(1, none), ended(1, complaint)).model;
  expectFrame('place-none', asked);
  const off = { phase: 'off', why: 'no engine for containers is installed' } as const;
  const hosting = { ...off, held: 0, running: 0, moving: 0, completed: 0, failed: 0, drivers: [] };
  expectFrame('place-off', after(asked, told('hosting', hosting)).model);
  expectFrame(
    'place-no-daemon',
    after(asked, {
      ...{ in: 'untold', want: 'status', code: 'no-daemon', what: 'no daemon runs here' },
      hint: 'start it: `kith up`',
    }).model,
  );
});

test('what is wrong is named at its field', () => {
  const memory = after(filled(at()), ...keys('tab', 'tab', 'tab'), ...letters('8GB'), tick(1));
  const detail = 'resources.memory: 8GB is no amount';
  const complaint = {
    ...{ code: 'spec-wrong-value', what: `a value in the spec is wrong (${detail})`, detail },
    hint: '`kith place --schema` lists the fields',
  };
  const wrong = after(memory.model, ended(1, complaint, 3)).model;
  expectFrame('place-wrong', wrong);
  const gpus = after(filled(at()), tick(1), {
    ...ended(1, {
      ...{ code: 'wrong-use', what: '--gpus is no such number: all', hint: 'say how many: 1' },
    }),
  }).model;
  expectFrame('place-wrong-option', gpus);
});

test('Enter places it as it was seen, step by step, and goes on at F4', () => {
  const seen = after(filled(at()), tick(1), planned(1), ended(1)).model;
  const { model, out } = after(seen, ...keys('enter'));
  expect(started(out)).toEqual([
    ['run', '--detach', '--seed=7', '--', 'films:4', '/bin/convert', '--all'],
  ]);
  const step = (text: string): Input => ({
    ...{ in: 'asked', run: 2, question: { tell: 'step', step: 'placing', text } },
  });
  const told2 = after(
    model,
    step('barn is the first of 2 by mostFree: 380 GiB of memory would be left'),
    step('asks barn (generation 1)'),
    step('barn does not take it: host-no-room: 3 GiB are free'),
    step('asks attic (generation 1)'),
    step('attic has reserved the room'),
  ).model;
  expectFrame('place-steps', told2);
  // One Enter is one piece of work.
  expect(started(after(told2, ...keys('enter'), ...letters('x'), tick(30)).out)).toEqual([]);
  const id = '01JE2HZ6Q3M8Y5T0V7XW9KB4CD';
  const host = 'a'.repeat(43) as Key;
  const work = { id, name: 'films', phase: 'following' };
  const done = after(
    told2,
    { in: 'said', run: 2, documents: [{ work, host: 'attic' }] },
    ended(2),
    told('works', {
      ...{ at: [], silent: [], names: { [host]: 'attic' } },
      owned: [
        {
          ...{ id, name: 'films', kind: 'job', generation: 1, wish: 'run', phase: 'following' },
          ...{ host, state: 'running', standing: 'alive', silentMs: null, unknown: null },
          ...{ ended: null, why: null, asked: [], past: [], receipts: 0 },
          ...{ placedAt: NOON_MS, endedAt: null },
        },
      ],
    }),
  ).model;
  expectFrame('place-done', done);
  const complaint = {
    ...{ code: 'no-node-fits', what: 'no node can take this work', hint: 'ask for less' },
  };
  const failed = after(told2, ended(2, complaint)).model;
  expectFrame('place-failed', failed);
  // The next change begins anew.
  expect(after(failed, ...letters('x')).model.slices.place.attempt).toBeNull();
});

const IMAGES: ImagesFacts = {
  held: [
    {
      ...{ id: 'D'.repeat(43), sizeBytes: 612_368_384, form: 'qcow2' },
      ...{ names: ['debian-12'], damaged: false },
    },
    { id: 'F'.repeat(43), sizeBytes: 4_404_019, form: 'oci', names: ['films:4'], damaged: true },
  ],
  partial: [{ id: 'P'.repeat(43), chunks: 12 }],
  elsewhere: [
    {
      ...{ member: 'b'.repeat(43) as Key, name: 'barn' },
      images: [
        { id: 'D'.repeat(43), sizeBytes: 612_368_384, form: 'qcow2', names: ['debian'] },
        { id: 'M'.repeat(43), sizeBytes: 1_200, form: 'raw', names: ['music:1'] },
      ],
    },
  ],
};

test('images: taken into the form, added with progress, fetched, removed', () => {
  expectFrame('images-empty', after(at(), ...keys('i')).model);
  const known = after(at(), told('images', IMAGES));
  expectFrame('place-image', after(known.model, ...keys('tab'), ...letters('deb')).model);
  expect(
    after(known.model, ...keys('tab'), ...letters('fi'), ...keys('C-n')).model.slices.place.form
      ?.fields[1],
  ).toMatchObject({ value: 'films:4' });
  const list = after(known.model, ...keys('tab', 'C-t')).model;
  expectFrame('images', list);
  expectFrame('images-large', after(list, { in: 'size', ...LARGE }).model);
  const taken = after(list, ...keys('enter')).model.slices.place.form;
  expect(taken?.fields[1]).toMatchObject({ value: 'debian-12' });
  const fetching = after(list, ...keys('end', 'f'));
  expect(started(fetching.out)).toEqual([['image', 'fetch', 'M'.repeat(43)]]);
  const text = 'fetching 40%, 2 of 5 chunks';
  expectFrame(
    'images-fetching',
    after(fetching.model, {
      ...{ in: 'asked', run: 1, question: { tell: 'step', step: 'progress', text } },
    }).model,
  );
  const removing = after(list, ...keys('x')).model;
  expectFrame('images-remove', removing);
  const adding = after(list, ...keys('a'), ...letters('/srv/box.tar'), ...keys('tab', 'b', 'o'));
  expectFrame('images-add', adding.model);
  expect(started(after(adding.model, ...keys('enter')).out)).toEqual([
    ['image', 'add', '--name=bo', '--', '/srv/box.tar'],
  ]);
});
