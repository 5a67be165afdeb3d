// `kith grant MEMBER ACTION`.

import { ACTIONS, type Action, type Grant, isAction } from '../../../ledger/grant.ts';
import { grant as grantSchema } from '../../../ledger/schema.ts';
import type { Json } from '../../../proto/json.ts';
import { nowMs } from '../../os/clock.ts';
import type { Call } from '../command.ts';
import { Stop, wrongUse } from '../complaint.ts';
import { memberNamed, stageActs, stagingAccess } from '../desk.ts';
import type { Exit } from '../exit.ts';
import { withHome } from '../home.ts';
import { momentOf } from '../moments.ts';
import { nearest } from '../../../proto/nearest.ts';
import type { Printer } from '../print.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const grant = grantIn(call);
  return withHome(call.folder, stagingAccess(call), async (home) => {
    const target = memberNamed(home, call.needed('member')).key;
    const body = { target, grants: [grant] };
    return stageActs(call, print, home, [
      { act: { kind: 'cap.grant', body }, refs: [], at: 'fixed' },
    ]);
  });
}

function grantIn(call: Call): Grant {
  const action = actionNamed(call.needed('action'));
  const limits = Object.fromEntries(call.values('limit').map((text) => limitOf(action, text)));
  const expires = call.value('expires');
  const grant: Grant = {
    action,
    resource: call.value('resource') ?? '',
    depth: depthOf(call.value('depth') ?? '0'),
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
    ...(expires === undefined ? {} : { expires: expiryOf(expires) }),
  };
  const why = grantSchema(grant as unknown as Json);
  if (why !== null) throw new Stop(wrongUse(`such a grant is not possible: ${why}`, SEE));
  return grant;
}

const SEE = '`kith help grant` tells what can be said';

export function actionNamed(text: string): Action {
  if (isAction(text)) return text;
  const guess = nearest(text, Object.keys(ACTIONS));
  const hint =
    guess === null ? `one of: ${Object.keys(ACTIONS).join(', ')}` : `did you mean ${guess}?`;
  throw new Stop(wrongUse(`${text} is no action`, hint));
}

function limitOf(action: Action, text: string): [string, number] {
  const [name = '', bound = ''] = text.split('=');
  const known = ACTIONS[action].limits;
  if (!known.includes(name) || !/^[0-9]{1,15}$/.test(bound)) {
    const hint = known.length === 0 ? `${action} has none` : `NAME=N, with ${known.join(', ')}`;
    throw new Stop(wrongUse(`${text} is no limit of ${action}`, hint));
  }
  return [name, Number(bound)];
}

function depthOf(text: string): number {
  if (/^[0-7]$/.test(text)) return Number(text);
  throw new Stop(wrongUse(`${text} is no depth`, 'say a number from 0 to 7'));
}

export function expiryOf(text: string): number {
  const at = momentOf(text, nowMs());
  if (at === null) {
    throw new Stop(wrongUse(`${text} is no time`, 'say 30m, 24h, 7d, or a date like 2026-05-01'));
  }
  if (at <= nowMs()) throw new Stop(wrongUse(`${text} is over`, 'say a time to come'));
  return at;
}
