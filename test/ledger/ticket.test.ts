import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { toBase64url } from '../../proto/bytes.ts';
import { fromCrockford, toCrockford } from '../../proto/crockford.ts';
import type { RecordId } from '../../proto/ids.ts';
import { hide, reveal } from '../../proto/secret.ts';
import { TICKET_PREFIX, type Ticket, decodeTicket, encodeTicket } from '../../ledger/ticket.ts';
import { nodePlatform } from '../../src/platform.ts';

const hint = fc.constantFrom('192.0.2.1:51830', 'kith.example.org:443', '[2001:db8::1]:51830');
const bytes = (size: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: size, maxLength: size });
const tickets: fc.Arbitrary<Ticket> = fc
  .record({ secret: bytes(16), ledger: bytes(32), hints: fc.array(hint, { maxLength: 8 }) })
  .map(({ secret, ledger, hints }) => ({
    secret: hide(secret),
    ledger: toBase64url(ledger) as RecordId,
    hints,
  }));
const open = ({ secret, ...rest }: Ticket): object => ({ ...rest, secret: reveal(secret) });
const sample: Ticket = {
  secret: hide(new Uint8Array(16).fill(9)),
  ledger: toBase64url(new Uint8Array(32).fill(5)) as RecordId,
  hints: ['192.0.2.1:51830', '[2001:db8::1]:51830'],
};
const sampleText = encodeTicket(sample, nodePlatform);

describe('a ticket', () => {
  test('comes back from its text, in any case and broken into lines', () => {
    fc.assert(
      fc.property(tickets, fc.boolean(), (ticket, lower) => {
        const text = encodeTicket(ticket, nodePlatform).replaceAll(/.{64}/g, '$&\n');
        const read = decodeTicket(` ${lower ? text.toLowerCase() : text} `, nodePlatform);
        expect(read.ok && open(read.value)).toEqual(open(ticket));
      }),
    );
  });

  test('with any one character changed, lost or doubled is refused', () => {
    for (let at = 0; at < sampleText.length; at++) {
      const [before, after] = [sampleText.slice(0, at), sampleText.slice(at + 1)];
      const symbol = sampleText[at] as string;
      const others = [...'0123456789ABCDEFGHJKMNPQRSTVWXYZU*é'].filter((s) => s !== symbol);
      const changed = at < TICKET_PREFIX.length ? ['x', '0'].filter((s) => s !== symbol) : others;
      for (const wrong of [...changed, '', symbol + symbol]) {
        // A dash more or less inside the text is a separator, which is forgiven.
        if (symbol === '-' && at < TICKET_PREFIX.length && wrong !== 'x') continue;
        expect(decodeTicket(before + wrong + after, nodePlatform).ok, `${at} ${wrong}`).toBe(false);
      }
    }
  });

  test('cut off anywhere is refused', () => {
    for (let size = 0; size < sampleText.length; size++) {
      expect(decodeTicket(sampleText.slice(0, size), nodePlatform).ok).toBe(false);
    }
  });

  test('of a newer version says so, and a damaged version does not', () => {
    const body = fromCrockford(sampleText.slice(TICKET_PREFIX.length)) as Uint8Array;
    body[0] = 2;
    const damaged = TICKET_PREFIX + toCrockford(body);
    expect(decodeTicket(damaged, nodePlatform)).toMatchObject({ code: 'ticket-damaged' });
    const rest = body.subarray(0, -4);
    const sum = nodePlatform.sha256(Buffer.concat([Buffer.from('kith-ticket-v1\n'), rest]));
    const newer = TICKET_PREFIX + toCrockford(Buffer.concat([rest, sum.subarray(0, 4)]));
    expect(decodeTicket(newer, nodePlatform)).toMatchObject({ code: 'ticket-version' });
  });

  test('with hints that are no endpoints is refused although its checksum is right', () => {
    const body = fromCrockford(sampleText.slice(TICKET_PREFIX.length)) as Uint8Array;
    for (const [at, byte] of [
      [49, 9],
      [49, 1],
      [50, 255],
      [51, 0x20],
      [51, 0xff],
    ] as const) {
      const rest = body.slice(0, -4);
      rest[at] = byte;
      const sum = nodePlatform.sha256(Buffer.concat([Buffer.from('kith-ticket-v1\n'), rest]));
      const text = TICKET_PREFIX + toCrockford(Buffer.concat([rest, sum.subarray(0, 4)]));
      expect(decodeTicket(text, nodePlatform)).toMatchObject({ code: 'ticket-damaged' });
    }
  });

  test('is not believed for its length: a megabyte of symbols is refused at once', () => {
    const huge = TICKET_PREFIX + '0'.repeat(1_000_000);
    expect(decodeTicket(huge, nodePlatform)).toMatchObject({ code: 'ticket-damaged' });
    expect(decodeTicket('not a ticket', nodePlatform)).toMatchObject({ code: 'ticket-prefix' });
  });
});
