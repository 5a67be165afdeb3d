// The block in the hosts file: what is not ours stays byte for byte, and no name writes a line.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blocksIn, type HostName, withNames, withoutNames } from '../../wg/hosts.ts';

const TAG = 'kith12ab34';
const NAMES: readonly HostName[] = [
  { name: 'attic', addresses: ['fd00::1', '10.73.0.2'] },
  { name: 'lab-2', addresses: ['fd00:0:0:1::1'] },
];
const BLOCK = [
  '# begin kith12ab34: names of the mesh, written by kith',
  'fd00::1\tattic.kith',
  '10.73.0.2\tattic.kith',
  'fd00:0:0:1::1\tlab-2.kith',
  '# end kith12ab34',
  '',
].join('\n');
const PLAIN = '127.0.0.1\tlocalhost\n::1 localhost ip6-localhost\n';

const names = fc.uniqueArray(fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/), {
  maxLength: 5,
});
const wantedNames = names.map((all) =>
  all.map((name, i) => ({ name, addresses: [`fd00::${i + 1}`] })),
);
/** Lines as anybody may have written them, fences of ours and of others among them. */
const foreign = fc
  .array(
    fc.oneof(
      fc.string(),
      fc.constantFrom('', '# begin kith99ff00: names of the mesh, written by kith'),
      fc.constantFrom('# end kith99ff00', 'fd00::9\tattic.kith', '127.0.0.1\tlocalhost', '\r'),
    ),
    { maxLength: 8 },
  )
  .map((lines) => lines.map((line) => `${line.replaceAll('\n', '')}\n`).join(''));

describe('the block', () => {
  test('is written behind what there is, and taken away again', () => {
    const written = withNames(PLAIN, TAG, NAMES);
    expect(written).toEqual({ text: PLAIN + BLOCK, refused: [] });
    expect(withoutNames(written.text, TAG)).toBe(PLAIN);
  });

  test('stays where it is when it changes, and goes when nobody is left', () => {
    const text = `${PLAIN}${BLOCK}# mine\n10.0.0.1 nas`;
    const one = withNames(text, TAG, NAMES.slice(1)).text;
    expect(one.startsWith(`${PLAIN}# begin ${TAG}`)).toBe(true);
    expect(one.endsWith(`# end ${TAG}\n# mine\n10.0.0.1 nas`)).toBe(true);
    expect(one).not.toContain('attic');
    expect(withNames(one, TAG, []).text).toBe(`${PLAIN}# mine\n10.0.0.1 nas`);
  });

  test('leaves every byte that is not ours, whatever it is', () => {
    fc.assert(
      fc.property(foreign, foreign, wantedNames, wantedNames, (before, after, first, then) => {
        const written = withNames(before, TAG, first).text + after;
        const again = withNames(written, TAG, then).text;
        expect(withoutNames(written, TAG)).toBe(before + after);
        expect(withoutNames(again, TAG)).toBe(before + after);
        expect(withNames(again, TAG, then).text).toBe(again);
        for (const { name, addresses } of then) {
          expect(again.split('\n')).toContain(`${addresses[0]}\t${name}.kith`);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('of two networks stand side by side', () => {
    const both = withNames(withNames(PLAIN, TAG, NAMES).text, 'kith99ff00', NAMES).text;
    expect(withoutNames(both, TAG)).toBe(PLAIN + BLOCK.replaceAll(TAG, 'kith99ff00'));
  });

  test('is read back as it was written, whatever stands around it', () => {
    fc.assert(
      fc.property(foreign, foreign, wantedNames, (before, after, wanted) => {
        const read = blocksIn(withNames(before, TAG, wanted).text + after).get(TAG);
        expect(read).toEqual(wanted.length === 0 ? undefined : wanted);
      }),
      { numRuns: 300 },
    );
    expect([...blocksIn(PLAIN + BLOCK)]).toEqual([[TAG, NAMES]]);
  });

  test('ends the last line of somebody who left it open', () => {
    const written = withNames('127.0.0.1 localhost', TAG, NAMES).text;
    expect(written).toBe(`127.0.0.1 localhost\n${BLOCK}`);
  });
});

describe('a damaged block', () => {
  const [begin = '', ...lines] = BLOCK.split('\n');
  const inner = lines.slice(0, 3);
  const end = '# end kith12ab34';

  test.each([
    ['no end', [begin, ...inner, '10.0.0.1 nas', 'fd00::9\tattic.kith'], 2],
    ['no beginning', [...inner, end, '10.0.0.1 nas'], 4],
    ["somebody's line inside", [begin, inner[0], '10.0.0.1 nas', ...inner.slice(1), end], 1],
    ['two beginnings', [begin, inner[0], '10.0.0.1 nas', begin, ...inner, end], 1],
    ['two blocks', [begin, ...inner, end, '10.0.0.1 nas', begin, ...inner, end], 1],
    ['endings of another system', [begin, ...inner, end, '10.0.0.1 nas'].map((l) => `${l}\r`), 1],
  ] as const)('with %s gives back what is not ours', (_, broken, left) => {
    const text = `${PLAIN}${broken.join('\n')}\n`;
    const cleaned = withoutNames(text, TAG);
    expect(cleaned.startsWith(PLAIN)).toBe(true);
    expect(cleaned.slice(PLAIN.length).trimEnd().split('\n')).toHaveLength(left);
    expect(cleaned).toContain('10.0.0.1 nas');
    expect(cleaned).not.toContain(TAG);
    const written = withNames(text, TAG, NAMES).text;
    expect(written.split(BLOCK)).toHaveLength(2);
    expect(withoutNames(written, TAG)).toBe(cleaned);
  });
});

describe('a name', () => {
  test.each([
    ['a\n127.0.0.1 bank.example', 'hosts-name'],
    ['attic evil', 'hosts-name'],
    ['attic#', 'hosts-name'],
    ['Attic', 'hosts-name'],
    ['', 'hosts-name'],
    ['a'.repeat(64), 'hosts-name'],
    ['attic\t127.0.0.1', 'hosts-name'],
  ])('%j is not written', (name, code) => {
    const written = withNames(PLAIN, TAG, [{ name, addresses: ['fd00::1'] }]);
    expect(written).toEqual({ text: PLAIN, refused: [{ name, code }] });
  });

  test('that is held twice stands there once, and an address is one', () => {
    const { text, refused } = withNames('', TAG, [
      { name: 'attic', addresses: ['fd00::1'] },
      { name: 'attic', addresses: ['fd00::2'] },
      { name: 'lab', addresses: ['fd00::3\n::1 x'] },
    ]);
    expect(text.split('\n')).toHaveLength(4);
    expect(refused.map(({ code }) => code)).toEqual(['hosts-twice', 'hosts-address']);
  });

  test('of any kind writes its own line, or none', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, address) => {
        const { text } = withNames(PLAIN, TAG, [{ name, addresses: [address] }]);
        const added = text.slice(PLAIN.length).split('\n');
        expect([1, 4]).toContain(added.length);
      }),
    );
  });
});
