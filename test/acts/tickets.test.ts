// Tickets: one machine, once, in time.

import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fitted, memberWishes } from '../../ledger/presets.ts';
import { isLateRedemption } from '../../ledger/redemption.ts';
import { stateOf, stateRoot } from '../../ledger/replica.ts';
import { decodeTicket } from '../../ledger/ticket.ts';
import { commitStaged } from '../../src/acts/commit.ts';
import { stage } from '../../src/acts/staged.ts';
import { issueOf, newTicket, redeemTicket, ticketsOf } from '../../src/acts/tickets.ts';
import { writeIntent } from '../../src/acts/write.ts';
import { importInto } from '../../src/home/import.ts';
import path from 'node:path';
import { acts } from '../kit/actors.ts';
import {
  type Desk,
  current,
  founded,
  host,
  mortal,
  nowMs,
  openKey,
  recordsIn,
  scratch,
  survives,
  value,
  withHome,
} from './desk.ts';

const FUTURE = 4_000_000_000_000;

async function issue({ folder, ledger }: Desk, expires = FUTURE, labels: string[] = []) {
  const { key, text } = newTicket(host, ledger, ['lamp.example:7447']);
  const { grants } = fitted(memberWishes('peer', 'ticket'), 'root');
  const signer = await openKey(folder);
  await withHome(folder, async (home) => {
    const intent = issueOf(key, { name: 'spare', grants, labels, expires });
    value(await writeIntent({ home, signer, nowMs }, intent));
  });
  return { key, ticket: value(decodeTicket(text, host.platform)) };
}

async function copyOf(desk: Desk): Promise<string> {
  const folder = scratch();
  value(await importInto(folder, path.join(desk.folder, 'nodes.jsonl')));
  return folder;
}

const redeem = (folder: string, ticket: Parameters<typeof redeemTicket>[2], on = host) =>
  withHome(folder, (home) => redeemTicket(on, home, ticket, { name: 'stove', nowMs }));

describe('a ticket', () => {
  test('admits the machine that redeems it, with the rights of a peer and the labels it has', async () => {
    const desk = await founded();
    const { key, ticket } = await issue(desk, FUTURE, ['kitchen']);
    const second = await copyOf(desk);
    const record = value(await redeem(second, ticket));
    expect([record.author, record.seq]).toEqual([key, 1]);
    // Home again by a copy of the file: the first machine agrees.
    value(await importInto(desk.folder, path.join(second, 'nodes.jsonl')));
    const [here, there] = [await rootOf(desk.folder), await rootOf(second)];
    expect(here).toBe(there);
    await withHome(desk.folder, async ({ replica }) => {
      const stove = stateOf(replica).members.find(({ shown }) => shown === 'stove');
      expect(stove).toMatchObject({ class: 'node', labels: ['kitchen'] });
      const rights = stove?.grants.flatMap(({ grants }) => grants) ?? [];
      expect(rights).toEqual(fitted(memberWishes('peer', 'node'), 'root').grants);
      expect(ticketsOf(replica, nowMs())).toMatchObject([
        { name: 'spare', standing: 'used', admitted: stove?.key },
      ]);
    });
  });

  test('is refused after its time, and the door says so to others, too', async () => {
    const desk = await founded();
    const { ticket, key } = await issue(desk, nowMs() + 3);
    const second = await copyOf(desk);
    for (let i = 0; i < 5; i++) nowMs();
    expect(await redeem(second, ticket)).toMatchObject({ code: 'ticket-expired' });
    expect(recordsIn(second).some(({ author }) => author === key)).toBe(false);
    const open = await issue(desk);
    const late = value(await redeem(await copyOf(desk), open.ticket));
    await withHome(desk.folder, async ({ replica }) => {
      expect(isLateRedemption(replica, late, FUTURE - 1)).toBe(false);
      expect(isLateRedemption(replica, late, FUTURE + 1)).toBe(true);
      expect(isLateRedemption(replica, recordsIn(desk.folder)[1] ?? late, FUTURE + 1)).toBe(false);
      expect(ticketsOf(replica, nowMs()).map(({ standing }) => standing)).toEqual([
        'expired',
        'open',
      ]);
    });
  });

  test('is refused once it is used, revoked, of another ledger, or not known here', async () => {
    const desk = await founded();
    const early = await copyOf(desk);
    const used = await issue(desk);
    const second = await copyOf(desk);
    value(await redeem(second, used.ticket));
    expect(await redeem(second, used.ticket)).toMatchObject({ code: 'ticket-used' });
    expect(await redeem(early, used.ticket)).toMatchObject({ code: 'ticket-unknown' });
    const other = await issue(await founded('elsewhere'));
    expect(await redeem(second, other.ticket)).toMatchObject({ code: 'ticket-other-ledger' });
    const spare = await issue(desk);
    const { folder, ledger } = desk;
    value(stage(host, folder, ledger, [current(acts.remove(spare.key, 0))]));
    await withHome(folder, async (home) => {
      const signer = await openKey(folder);
      value(await commitStaged(host, folder, { home, signer, nowMs }));
    });
    expect(await redeem(await copyOf(desk), spare.ticket)).toMatchObject({ code: 'ticket-closed' });
  });

  test('is not wasted on a machine that is a member', async () => {
    const desk = await founded();
    const { ticket } = await issue(desk);
    expect(await redeem(desk.folder, ticket)).toMatchObject({ code: 'node-admitted' });
  });

  test('is redeemed by one record wherever the machine dies', async () => {
    const desk = await founded();
    const { ticket, key } = await issue(desk);
    let deaths = 0;
    for (let last = 0; ; last += 2) {
      const folder = await copyOf(desk);
      const mortality = mortal(last);
      const lived = await survives(() =>
        withHome(folder, (home) => {
          const takeIn: typeof home.takeIn = (records, options) => {
            mortality.act();
            return home.takeIn(records, options);
          };
          const dying = { ...home, takeIn };
          return redeemTicket(mortality.host, dying, ticket, { name: 'stove', nowMs });
        }),
      );
      if (!lived) {
        deaths++;
        value(await redeem(folder, ticket));
      }
      expect(recordsIn(folder).filter(({ author }) => author === key)).toHaveLength(1);
      expect(existsSync(path.join(folder, 'node.key'))).toBe(true);
      if (lived) break;
    }
    expect(deaths).toBeGreaterThan(6);
  });
});

function rootOf(folder: string): Promise<string> {
  return withHome(folder, async ({ replica }) => stateRoot(replica));
}
