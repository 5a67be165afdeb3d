// `kith ticket new`: signed at once, since its secret is shown only now.

import { rmSync } from 'node:fs';
import {
  MEMBER_PRESETS,
  type MemberPreset,
  fitted,
  isMemberPreset,
  memberWishes,
} from '../../../ledger/presets.ts';
import { endpoint, label as labelSchema } from '../../../ledger/schema.ts';
import { draftIntent } from '../../../ledger/intent.ts';
import type { HomeLedger } from '../../home/ledger.ts';
import { keyHost } from '../../home/host.ts';
import { hintsFrom } from '../../genesis/reachable.ts';
import { issueOf, newTicket } from '../../acts/tickets.ts';
import { writeIntent } from '../../acts/write.ts';
import { nowMs } from '../../os/clock.ts';
import type { Call } from '../command.ts';
import { Stop, wrongUse } from '../complaint.ts';
import { ownCard, unlock } from '../desk.ts';
import type { Exit } from '../exit.ts';
import { withHome } from '../home.ts';
import type { Printer } from '../print.ts';
import { handOut } from '../secrets.ts';
import { complaintOf, unwrap } from '../sentences.ts';
import { utcText } from '../../../proto/when.ts';
import { expiryOf } from './grant.ts';
import { nameIn, passingOf } from './operator-add.ts';

interface Wanted {
  readonly name: string | undefined;
  readonly preset: MemberPreset;
  readonly expires: number;
  readonly labels: readonly string[];
  readonly hints: readonly string[];
}

export async function run(call: Call, print: Printer): Promise<Exit> {
  const out = call.value('out');
  if (print.json && out === undefined) {
    throw new Stop(wrongUse('a ticket is a secret and never stands in JSON', 'say --out FILE'));
  }
  const wanted = wantedIn(call);
  return withHome<Exit>(call.folder, { write: true }, (home) =>
    issue(call, print, home, wanted, out),
  );
}

async function issue(
  call: Call,
  print: Printer,
  home: HomeLedger,
  wanted: Wanted,
  out: string | undefined,
): Promise<Exit> {
  const { ledger } = home.replica;
  const { preset, expires, labels } = wanted;
  const hints = wanted.hints.length > 0 ? wanted.hints : await hintsFrom(keyHost(), home);
  const { key, text } = newTicket(keyHost(), ledger, hints);
  const { grants, missing } = fitted(memberWishes(preset, 'ticket'), passingOf(home, call.folder));
  for (const { action } of missing) print.note(`left out: ${action}, which you cannot pass on`);
  const name =
    wanted.name ??
    `ticket-${key
      .slice(0, 6)
      .toLowerCase()
      .replaceAll(/[^a-z0-9]/g, '0')}`;
  const intent = issueOf(key, { name, grants, labels, expires });
  // Before a passphrase is asked for.
  unwrap(draftIntent(home.replica, ownCard(call.folder).publicKey, intent, nowMs()));
  const signer = await unlock(call, call.flag('moved'));
  // Its file first: a ticket that is in force and in nobody's hands is worth nothing.
  if (out !== undefined) handOut(print, out, `${text}\n`);
  const written = await writeIntent({ home, signer, nowMs }, intent);
  if (!written.ok && out !== undefined) rmSync(out, { force: true });
  const { id } = unwrap(written);
  if (out === undefined) handOut(print, out, `${text}\n`);
  const document = {
    name,
    key,
    id,
    preset,
    expires,
    labels,
    hints,
    ...(out === undefined ? {} : { out }),
  };
  const where = out === undefined ? 'the line above' : out;
  print.note(`ticket ${name}, good until ${utcText(expires)}: whoever has ${where} can join once`);
  if (hints.length === 0) print.note(complaintOf('ticket-no-door').what);
  else print.note(`it leads to ${hints.join(', ')}`);
  print.result(document, () => []);
  return 'ok';
}

function wantedIn(call: Call): Wanted {
  const preset = call.value('preset') ?? 'peer';
  if (!isMemberPreset(preset)) {
    const hint = `one of: ${Object.keys(MEMBER_PRESETS).join(', ')}`;
    throw new Stop(wrongUse(`${preset} is no preset of machines`, hint));
  }
  const name = call.value('name');
  const labels = [...new Set(call.values('label'))].toSorted();
  const hints = call.values('hint');
  const wrongLabel = labels.find((one) => labelSchema(one) !== null);
  if (wrongLabel !== undefined) {
    throw new Stop(wrongUse(`${wrongLabel} is no label`, 'use a-z, 0-9, dots, dashes and _'));
  }
  const wrongHint = hints.find((one) => endpoint(one) !== null);
  if (wrongHint !== undefined || hints.length > 8) {
    throw new Stop(wrongUse(`${wrongHint ?? 'more than 8'} as --hint`, 'say HOST:PORT, 8 at most'));
  }
  return {
    name: name === undefined ? undefined : nameIn(name),
    ...{ preset, labels, hints },
    expires: expiryOf(call.value('expires') ?? '24h'),
  };
}
