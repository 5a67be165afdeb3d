// The catalogue: every command, in the order in which help shows them.

import { IMAGES } from './catalogue/images.ts';
import { JOINING } from './catalogue/joining.ts';
import { LOOKING } from './catalogue/looking.ts';
import { MESH } from './catalogue/mesh.ts';
import { MOVING } from './catalogue/moving.ts';
import { OWNING } from './catalogue/owning.ts';
import { RUNNING } from './catalogue/running.ts';
import { WORKING } from './catalogue/working.ts';
import { WRITING } from './catalogue/writing.ts';
import type { Command, Group } from './command.ts';

export const GROUPS: readonly Group[] = [
  'This machine',
  'The mesh',
  'Work',
  'The ledger',
  'Members and rights',
  'About kith',
];

export const CATALOGUE: readonly Command[] = [
  ...RUNNING,
  ...LOOKING,
  ...MESH,
  ...WORKING,
  ...OWNING,
  ...IMAGES,
  ...JOINING,
  ...MOVING,
  ...WRITING,
];

/** What `kith` alone runs. */
export const WITHOUT_WORDS: readonly string[] = ['status'];
