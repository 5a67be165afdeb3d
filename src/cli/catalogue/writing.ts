// The commands that make and sign records.

import type { Command } from '../command.ts';

export const WRITING: readonly Command[] = [];
