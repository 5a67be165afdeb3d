// Words to commands: what is understood, and what a person reads who mistyped.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Parsed, parse, wantsJson } from '../../src/cli/args.ts';
import type { Call } from '../../src/cli/command.ts';
import { complaintText } from '../../src/cli/print.ts';
import { PLAIN } from '../../src/cli/style.ts';
import { editDistance, nearest } from '../../proto/nearest.ts';

function words(text: string): string[] {
  return text === '' ? [] : text.split(' ');
}

function called(text: string): Call {
  const parsed = parse(words(text), '/default');
  if (parsed.kind !== 'run') throw new Error(`${text}: ${JSON.stringify(parsed)}`);
  return parsed.call;
}

function told(text: string): [string, string] {
  const parsed: Parsed = parse(words(text), '/default');
  if (parsed.kind !== 'wrong') throw new Error(`${text}: ${parsed.kind}`);
  expect(parsed.complaint.exit).toBe('usage');
  return [parsed.complaint.what, parsed.complaint.hint];
}

describe('words', () => {
  test('name a command and fill its arguments and options', () => {
    const call = called('ledger verify a.jsonl --ledger X --json');
    expect(call.command.path).toEqual(['ledger', 'verify']);
    expect(call.value('file')).toBe('a.jsonl');
    expect(call.value('ledger')).toBe('X');
    expect(call.value('root')).toBe(undefined);
    expect(call.flag('json')).toBe(true);
  });

  test('may have options before, between and after, with = or without', () => {
    for (const text of [
      '--dir /D ledger log --limit 3',
      'ledger --dir=/D log --limit=3',
      'ledger log --limit 3 --dir /tmp/../D',
    ]) {
      const call = called(text);
      expect([call.folder, call.folderNamed, call.value('limit')]).toEqual(['/D', true, '3']);
    }
    expect(called('ledger log').folder).toBe('/default');
    expect(called('ledger log').folderNamed).toBe(false);
  });

  test('none at all are the status of this machine', () => {
    expect(called('').command.path).toEqual(['status']);
    expect(called('--json').command.path).toEqual(['status']);
    expect(called('--dir /D').folder).toBe('/D');
  });

  test('after -- are arguments, whatever they look like', () => {
    expect(called('ledger verify -- --json').value('file')).toBe('--json');
    expect(wantsJson(words('ledger verify -- --json'))).toBe(false);
    expect(wantsJson(words('ledger verify --json'))).toBe(true);
  });

  test('that begin with one dash are ids and keys', () => {
    const id = `-${'h'.repeat(42)}`;
    expect(called(`ledger show ${id}`).value('id')).toBe(id);
    expect(called(`ledger verify --ledger ${id}`).value('ledger')).toBe(id);
    expect(called(`ledger verify --ledger=${id}`).value('ledger')).toBe(id);
    expect(called(`ledger show -- -${id}`).value('id')).toBe(`-${id}`);
    expect(told(`ledger show -${id}`)[1]).toContain('is written after a word of its own: --');
  });

  test('a lone dash is an argument', () => {
    expect(called('ledger verify -').value('file')).toBe('-');
  });

  test('an argument may take all that follow', () => {
    expect(called('help ledger verify').values('command')).toEqual(['ledger', 'verify']);
    expect(called('help').values('command')).toEqual([]);
  });

  test.each([
    ['--help', []],
    ['-h', []],
    ['ledger --help', ['ledger']],
    ['ledger verify --help', ['ledger', 'verify']],
    ['ledger verify x --help --nonsense', ['ledger', 'verify']],
    ['--dir D ledger -h', ['ledger']],
  ])('%s asks for help', (text, path) => {
    expect(parse(words(text), '/default')).toEqual({ kind: 'help', path });
  });

  test('--version is answered anywhere', () => {
    expect(parse(['--version'], '/default').kind).toBe('version');
  });
});

describe('a mistake is answered with what is known', () => {
  test.each([
    ['ledgr', '`kith ledgr` is no command', 'did you mean `kith ledger`?'],
    ['stauts', '`kith stauts` is no command', 'did you mean `kith status`?'],
    ['xyzzy', '`kith xyzzy` is no command', '`kith help` lists the commands'],
    ['xyzzy --help', '`kith xyzzy` is no command', '`kith help` lists the commands'],
    ['ledger verfy a', '`kith ledger verfy` is no command', 'did you mean `kith ledger verify`?'],
    ['status --jsno', '`kith status` has no option --jsno', 'did you mean --json?'],
    [
      'status --xyzzy',
      '`kith status` has no option --xyzzy',
      '`kith status --help` lists the options',
    ],
    ['status -x', '`kith status` has no option -x', '`kith status --help` lists the options'],
    [
      'status --ledger X',
      '`kith status` has no option --ledger',
      '`kith status --help` lists the options',
    ],
    ['status --json=yes', '--json takes no value', 'say --json alone'],
    ['status --dir', '--dir needs a value', 'say --dir FOLDER'],
    ['status --dir=', 'the value of --dir is empty', 'say --dir FOLDER'],
    [
      'status --dir --json',
      '--dir needs a value, and --json looks like an option',
      'say --dir FOLDER, or --dir=--json if that is meant',
    ],
    ['status --dir A --dir B', '--dir is given twice', 'give it once'],
    ['status now', '`kith status` takes no further word: now', 'say `kith status`'],
    [
      'ledger show',
      '`kith ledger show` needs ID: the id of the record, or the start of it',
      'say `kith ledger show ID`',
    ],
  ])('%s', (text, what, hint) => {
    expect(told(text)).toEqual([what, hint]);
  });

  test('a group alone says what can follow', () => {
    const [what, hint] = told('ledger');
    expect(what).toBe('`kith ledger` needs a further word');
    expect(hint).toMatch(/^one of: verify, .*; `kith help ledger` tells more$/);
  });

  test('an empty word is no command', () => {
    expect(parse([''], '/default').kind).toBe('wrong');
  });

  test('a name that every object has is no option and no command', () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      expect(parse([`--${name}`], '/default').kind).toBe('wrong');
      expect(parse(['status', `--${name}=1`], '/default').kind).toBe('wrong');
      expect(parse([name], '/default').kind).toBe('wrong');
    }
  });
});

describe('any words at all', () => {
  test('are a call, a question or a mistake, told in one line each', () => {
    const known = [
      'ledger',
      'verify',
      '--json',
      '--dir',
      '--dir=',
      '--limit=3',
      '--',
      '-h',
      '-',
      '--help',
    ];
    const word = fc.oneof(fc.constantFrom(...known), fc.string({ unit: 'binary', maxLength: 12 }));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (given) => {
        const parsed = parse(given, '/default');
        if (parsed.kind !== 'wrong') return;
        expect(complaintText(parsed.complaint, PLAIN)).toMatch(/^error: [^\n]+\nhint: [^\n]+\n$/);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the code of a command', () => {
  test('that asks for what the catalogue does not have is a bug, and says so', () => {
    expect(() => called('status').value('file')).toThrow('broken rule');
    expect(() => called('status').flag('no-such')).toThrow('broken rule');
  });
});

describe('nearest', () => {
  test('counts letters added, dropped, changed and swapped', () => {
    expect(editDistance('verify', 'verify')).toBe(0);
    expect(editDistance('verfy', 'verify')).toBe(1);
    expect(editDistance('vreify', 'verify')).toBe(1);
    expect(editDistance('', 'abc')).toBe(3);
    expect(editDistance('kitten', 'sitting')).toBe(3);
  });

  test('offers nothing where nothing is near', () => {
    expect(nearest('zzz', ['verify', 'log'])).toBe(null);
    expect(nearest('l', ['log'])).toBe(null);
    expect(nearest('ver', ['log', 'verify'])).toBe('verify');
  });
});
