// Frames as text, beside files that a person has looked at: fixtures/tui/NAME.txt. A frame is
// written anew with KITH_WRITE_FRAMES=1, and then looked at before it is committed.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { lineWidth, textOfLines } from '../../tui/draw.ts';
import type { Effect, Input, ToldInput } from '../../tui/effects.ts';
import { ASCII, UNICODE } from '../../tui/glyphs.ts';
import { type Model, type Outside, modelAt } from '../../tui/model.ts';
import { step } from '../../tui/update.ts';
import { view } from '../../tui/view.ts';

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), '../../fixtures/tui');

/** The frame of a model, which fills its terminal to the last cell, is that of the file. */
export function expectFrame(name: string, model: Model): void {
  const frame = view(model);
  const { columns, rows } = model.size;
  expect(frame).toHaveLength(rows);
  for (const one of frame) expect(lineWidth(one)).toBe(columns);
  const text = `${textOfLines(frame)}\n`;
  const path = join(FOLDER, `${name}.txt`);
  if (process.env['KITH_WRITE_FRAMES'] === '1') {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(path, text);
  }
  expect(text).toBe(readFileSync(path, 'utf8'));
}

const SMALL = { columns: 80, rows: 24 } as const;
export const LARGE = { columns: 160, rows: 50 } as const;

/** 2026-12-01T12:00:00Z: a moment that stands still. */
export const NOON_MS: number = Date.UTC(2026, 11, 1, 12);

export interface Beginning {
  readonly size?: Model['size'];
  readonly ascii?: boolean;
  readonly outside?: Partial<Outside>;
}

export function begun({ size = SMALL, ascii = false, outside = {} }: Beginning = {}): Model {
  return modelAt({
    outside: {
      catalogue: [],
      names: { machine: 'attic', user: 'anna' },
      readCode: () => ({ kind: 'partial', shown: '', missing: 9 }),
      ...outside,
    },
    folder: '/var/lib/kith',
    glyphs: ascii ? ASCII : UNICODE,
    size,
    nowMs: NOON_MS,
  });
}

/** The model after these inputs, and all that was to be done. */
export function after(
  model: Model,
  ...inputs: readonly Input[]
): { readonly model: Model; readonly out: readonly Effect[] } {
  let now = model;
  const out: Effect[] = [];
  for (const input of inputs) {
    const next = step(now, input);
    now = next.model;
    out.push(...next.out);
  }
  return { model: now, out };
}

/** Keys as a terminal sends them; a text that is no name of a key is typed letter by letter. */
export function keys(...names: readonly string[]): Input[] {
  return names.map((key) => ({
    in: 'key',
    key: key === ' ' ? 'space' : key,
    text: [...key].length === 1 ? key : null,
  }));
}

export function letters(text: string): Input[] {
  return keys(...text);
}

export function told<Name extends ToldInput['want']>(
  want: Name,
  value: Extract<ToldInput, { want: Name }>['value'],
): Input {
  return { in: 'told', want, value } as Input;
}
