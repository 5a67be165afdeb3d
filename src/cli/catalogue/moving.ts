// The commands that move records between ledgers: from a file, from a peer, to a peer.

import type { Command } from '../command.ts';

export const MOVING: readonly Command[] = [];
