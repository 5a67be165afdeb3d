import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { utf8 } from '../../proto/bytes.ts';
import { hide, reveal, wipe } from '../../proto/secret.ts';

test('a secret does not show itself unless it is revealed', () => {
  const secret = hide(utf8('hunter2'));
  const shown = [
    JSON.stringify({ secret }),
    String(secret),
    inspect(secret, { depth: 9, showHidden: true }),
    String(Object.values(secret)),
  ].join('\n');
  expect(shown).not.toMatch(/hunter2|104/);
  expect(shown).toContain('[secret]');
  expect(reveal(secret)).toEqual(utf8('hunter2'));
});

test('a wiped secret is gone', () => {
  const bytes = utf8('hunter2');
  wipe(hide(bytes));
  expect(bytes).toEqual(new Uint8Array(7));
});
