// A terminal over a line that is slow: the rest of a key that comes too late opens nothing.

import { setTimeout as pause } from 'node:timers/promises';
import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { ESC_WAIT_MS } from '../../../tui/limits.ts';
import { scratch } from '../../cli/ledgers.ts';
import { done } from '../../daemon/daemons.ts';
import { type Session, openSession } from '../session.ts';

const root = scratch('slow-line');
let at: Session | undefined;
afterAll(() => at?.close());

test('the rest of a key that comes late is no letter', async () => {
  const folder = join(root, 'vm');
  mkdirSync(folder);
  await done('init', 'home', '--dir', folder, '--no-passphrase');
  at = openSession({ words: ['ui', '--dir', folder, '--no-colour'] });
  await at.shows('kith  home  Network');

  // F3, and F8 again, as bytes.
  at.press('-H', '1b', '4f', '52');
  await at.shows('kith  home  Records');
  at.press('-H', '1b', '5b', '31', '39', '7e');
  await at.shows('kith  home  Network');

  // The rest of F1 as an old terminal says it: as letters they would open the log, and then F5.
  at.press('-H', '1b');
  await pause(ESC_WAIT_MS * 4);
  at.press('-H', '4f', '50');
  await pause(ESC_WAIT_MS * 4);
  expect(at.screen()).toContain('kith  home  Network');
  // A letter that is typed after it is one.
  at.type('O');
  await at.shows('kith  home  Log');
});
