// @localfirst/auth on @localfirst/crdx: a graph of links, each sealed by crypto_box from its author
// to the team. That proves the author to the team's members, not to anyone else: a link carries no
// signature. The graph lives in memory; the application stores the bytes of `team.save()`.

import * as auth from '@localfirst/auth';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustBe, timed } from './clock.mjs';

export const groups = 'the library has no batches';

export async function append(payloads) {
  const { team } = found();
  const ms = await timed(() => write(team, payloads));
  mustBe(team.messages().length, payloads.length, 'messages');
  return ms;
}

/** From the bytes that another member sends: decrypted, validated and folded. */
export async function ingest(payloads) {
  const { team, context } = found();
  write(team, payloads);
  const bytes = team.save();
  let replica;
  const ms = await timed(() => {
    replica = auth.loadTeam(bytes, context, team.teamKeyring());
  });
  mustBe(replica.messages().length, payloads.length, 'messages');
  return ms;
}

export async function open(payloads, dir) {
  const { team, context } = found();
  write(team, payloads);
  const file = join(dir, 'team');
  writeFileSync(file, team.save());
  let replica;
  const ms = await timed(() => {
    replica = auth.loadTeam(readFileSync(file), context, team.teamKeyring());
  });
  mustBe(replica.messages().length, payloads.length, 'messages');
  return ms;
}

/** Half is common; each side then wrote a quarter. */
export async function merge(payloads) {
  const { team, context } = found();
  const half = payloads.length / 2;
  write(team, payloads.slice(0, half));
  const theirs = auth.loadTeam(team.save(), context, team.teamKeyring());
  write(theirs, payloads.slice(half, half + half / 2));
  write(team, payloads.slice(half + half / 2));
  const ms = await timed(() => team.merge(theirs.graph));
  mustBe(team.messages().length, payloads.length, 'messages');
  return { ms, records: payloads.length / 4 };
}

function found() {
  const user = auth.createUser('alice');
  const device = auth.createDevice({ userId: user.userId, deviceName: 'laptop' });
  const context = { user, device };
  return { team: auth.createTeam('bench', context), context };
}

function write(team, payloads) {
  for (const payload of payloads) team.addMessage(payload);
}
