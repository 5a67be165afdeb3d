// All screens, by name.

import type { Model, ScreenName } from './model.ts';
import type { Screen } from './screen.ts';
import { APPROVALS } from './screens/approvals.ts';
import { COMMANDS } from './screens/commands.ts';
import { COMMIT } from './screens/commit.ts';
import { FIRST } from './screens/first.ts';
import { helpScreen } from './screens/help.ts';
import { LEDGER } from './screens/ledger.ts';
import { LINKS } from './screens/links.ts';
import { LOGS } from './screens/logs.ts';
import { NETWORK } from './screens/network.ts';
import { PLACE } from './screens/place.ts';
import { WORK } from './screens/work.ts';

export const SCREENS: Readonly<Record<ScreenName, Screen>> = {
  first: FIRST,
  help: helpScreen(() => Object.values(SCREENS)),
  links: LINKS,
  ledger: LEDGER,
  work: WORK,
  place: PLACE,
  logs: LOGS,
  network: NETWORK,
  commands: COMMANDS,
  approvals: APPROVALS,
  commit: COMMIT,
};

export function screenOf({ screen }: Model): Screen {
  return SCREENS[screen];
}
