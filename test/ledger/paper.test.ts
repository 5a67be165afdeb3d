import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { textOf } from '../../proto/bytes.ts';
import { reveal } from '../../proto/secret.ts';
import {
  PAPER_REFUSALS,
  RECOVERY_RANDOM_SYMBOLS,
  readRecovery,
  recoverySecret,
  recoveryText,
} from '../../ledger/paper.ts';

const random = fc.uint8Array({
  minLength: RECOVERY_RANDOM_SYMBOLS,
  maxLength: RECOVERY_RANDOM_SYMBOLS,
});
const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

describe('the recovery secret', () => {
  test('is 26 symbols in five groups', () => {
    const text = recoveryText(recoverySecret(new Uint8Array(25).map((_, i) => i)));
    expect(text).toBe('01234-56789-ABCDE-FGHJK-MNPQRB');
  });

  test('comes back from its sheet, however it is typed', () => {
    fc.assert(
      fc.property(random, fc.func(fc.boolean()), fc.boolean(), (bytes, flip, lower) => {
        const secret = recoverySecret(bytes);
        const typed = [...recoveryText(secret)].map((symbol, i) => {
          if (symbol === '0' && flip(i)) return 'O';
          if (symbol === '1' && flip(i)) return flip(i, i) ? 'l' : 'I';
          if (symbol === '-') return flip(i) ? ' ' : '';
          return symbol;
        });
        const text = lower ? typed.join('').toLowerCase() : typed.join('');
        const read = readRecovery(`  ${text}\n`);
        expect(read.ok && textOf(reveal(read.value))).toBe(textOf(reveal(secret)));
      }),
    );
  });

  test('with one wrong symbol is refused, whichever', () => {
    const text = recoveryText(recoverySecret(new Uint8Array(25).map((_, i) => i * 7)));
    for (let at = 0; at < text.length; at++) {
      if (text[at] === '-') continue;
      for (const symbol of SYMBOLS) {
        if (symbol === text[at]) continue;
        const read = readRecovery(text.slice(0, at) + symbol + text.slice(at + 1));
        expect(read).toMatchObject({ ok: false, code: 'paper-check' });
      }
    }
  });

  test('with two symbols swapped is refused, whichever', () => {
    fc.assert(
      fc.property(random, fc.nat(25), fc.nat(25), (bytes, i, j) => {
        const symbols = [...recoveryText(recoverySecret(bytes)).replaceAll('-', '')];
        fc.pre(symbols[i] !== symbols[j]);
        [symbols[i], symbols[j]] = [symbols[j] as string, symbols[i] as string];
        expect(readRecovery(symbols.join(''))).toMatchObject({ ok: false, code: 'paper-check' });
      }),
    );
  });

  test('too short, too long or with a foreign character is refused by what is wrong', () => {
    const text = recoveryText(recoverySecret(new Uint8Array(25)));
    expect(readRecovery(text.slice(1))).toMatchObject({ code: 'paper-length' });
    expect(readRecovery(`${text}0`)).toMatchObject({ code: 'paper-length' });
    expect(readRecovery('')).toMatchObject({ code: 'paper-length' });
    expect(readRecovery(`U${text.slice(1)}`)).toMatchObject({
      code: 'paper-symbol',
      detail: 'character 1',
    });
  });

  test('is in no refusal', () => {
    const text = 'U1234-56789-ABCDE-FGHJK-MNPQRS';
    const said = JSON.stringify([readRecovery(text), readRecovery(text.slice(1)), PAPER_REFUSALS]);
    for (const group of text.split('-')) expect(said).not.toContain(group);
  });
});
