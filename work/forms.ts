// The texts that a spec may hold, by what they name: one rule each, and the words for it.
// Spec: docs/work.md, "Values".

import { isKey, isRecordId } from '../proto/ids.ts';
import { isLabel, isName } from '../proto/names.ts';
import { NAME_CHARS_MAX, TEXT_CHARS_MAX } from './limits.ts';
import { type Shape, text } from './shape.ts';

const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
// Two writers of one moment must give one digest: only this spelling.
const MOMENT = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/;
const IMAGE = /^[A-Za-z0-9_][A-Za-z0-9._/:@-]*$/;
const PATH = /^(\/[^/]+)+$/;
// `__proto__` would be no entry of an object in JavaScript.
const VARIABLE = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]{0,127}$/;

function isMoment(said: string): boolean {
  if (!MOMENT.test(said)) return false;
  const ms = Date.parse(said);
  return !Number.isNaN(ms) && new Date(ms).toISOString() === said.replace('Z', '.000Z');
}

/** Absolute, without a way up. */
function isPath(said: string): boolean {
  return PATH.test(said) && !said.split('/').some((part) => part === '.' || part === '..');
}

export const ulid: Shape = text('a ULID: 26 signs, such as 01JE2H…', (said) => ULID.test(said));
export const key: Shape = text('a key of 43 signs', isKey);
export const record: Shape = text('the id of a record, 43 signs', isRecordId);
export const name: Shape = text('a name of a-z, 0-9 and -, at most 63 signs', isName);
export const label: Shape = text('a label of a-z, 0-9, . _ and -, at most 63 signs', isLabel);
export const node: Shape = text(
  'the name or the key of a node',
  (said) => isName(said) || isKey(said),
);
export const moment: Shape = text('a moment in UTC, such as 2026-12-01T08:00:00Z', isMoment);
export const image: Shape = text(
  'an image: its name, or its digest',
  (said) => said.length <= NAME_CHARS_MAX && IMAGE.test(said),
);
export const path: Shape = text('an absolute path', isPath);
export const line: Shape = text(`a text of one line, at most ${TEXT_CHARS_MAX} signs`, () => true);
export const model: Shape = text(
  'a part of the name of the card',
  (said) => said.trim() !== '' && said.length <= NAME_CHARS_MAX,
);
export const variable = {
  form: 'A-Z, a-z, 0-9 and _, no digit first',
  ok: (said: string): boolean => VARIABLE.test(said),
};
