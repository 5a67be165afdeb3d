// Comments are wrapped, and nothing else is touched.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wrapComments } from '../wrap.mjs';

const word = fc.stringMatching(/^[a-z]{1,12}$/);

describe('wrapping of comments', () => {
  test('keeps every word, in order, within 100 columns', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 80 }), fc.nat(8), (words, indent) => {
        const start = `${' '.repeat(indent)}// `;
        const lines = wrapComments(`${start}${words.join(' ')}`).split('\n');
        for (const line of lines) {
          expect(line.length).toBeLessThanOrEqual(100);
          expect(line.startsWith(start)).toBe(true);
        }
        expect(lines.map((line) => line.slice(start.length)).join(' ')).toBe(words.join(' '));
      }),
    );
  });

  test('goes on into the lines that follow, and stops where the paragraph does', () => {
    const long = 'word '.repeat(21).trim();
    expect(wrapComments(`// ${long}\n// more\n\n// other\ncode();\n`)).toBe(
      `// ${'word '.repeat(19).trim()}\n// word word more\n\n// other\ncode();\n`,
    );
  });

  test('makes a block of a one-line doc comment', () => {
    const long = 'word '.repeat(20).trim();
    expect(wrapComments(`  /** ${long} */\n`)).toBe(
      `  /**\n   * ${'word '.repeat(19).trim()}\n   * word\n   */\n`,
    );
  });

  test('fills a block from its first line or from a later one, to its end', () => {
    const long = 'word '.repeat(20).trim();
    const start = 'word '.repeat(19).trim();
    expect(wrapComments(`/** ${long}\n *  more */\ncode();\n`)).toBe(
      `/**\n * ${start}\n * word more\n */\ncode();\n`,
    );
    expect(wrapComments(`/**\n * first.\n *\n * ${long}\n * more\n *\n * last\n */\n`)).toBe(
      `/**\n * first.\n *\n * ${start}\n * word more\n *\n * last\n */\n`,
    );
  });

  test.each([
    `const text = '${'x '.repeat(60)}';`,
    `// short\n// enough`,
    `// - ${'item '.repeat(30)}`,
    `/* ${'block '.repeat(30)}*/`,
    ` * - ${'item '.repeat(30)}`,
    '',
  ])('leaves this as it is: %s', (text) => {
    expect(wrapComments(text)).toBe(text);
  });
});
