import { expect, test } from 'vitest';
import { screenOf } from '../../demo/screen.ts';

test.each([
  ['lines', 'one\r\ntwo\r\n', ['one', 'two', '']],
  ['a question that waits', 'Code: ', ['Code: ']],
  ['a bar that is written again and goes', '10 %\r\u001b[K90 %\r\u001b[Kdone\n', ['done', '']],
  [
    'a card that is drawn again in its place',
    'before\r\nleft 3\r\nwaits\r\n\u001b[2A\r\u001b[Jleft 2\r\nwaits\r\n',
    ['before', 'left 2', 'waits', ''],
  ],
  ['colours, which it leaves out', '\u001b[1mbold\u001b[22m', ['bold']],
  ['a card that was higher than what is there', 'a\n\u001b[9A\r\u001b[Jb', ['b']],
])('the screen shows %s', (_name, raw, lines) => {
  expect(screenOf(raw)).toEqual(lines);
});
