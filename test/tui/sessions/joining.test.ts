// Two terminals and two real daemons on loopback: a network is founded at one by keys alone, the
// other shows a code, which is typed at the first on F11; and both screens say what has become of
// it.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { scratch } from '../../cli/ledgers.ts';
import { status, up } from '../../daemon/daemons.ts';
import { type Session, openSession } from '../session.ts';

const root = scratch('screens');
const PHRASE = 'correct horse battery';

const sessions: Session[] = [];
afterAll(() => {
  for (const one of sessions) one.close();
});

/** A machine of its own: a folder, a daemon without a mesh, and a terminal. */
async function machine(name: string): Promise<{ readonly folder: string; readonly at: Session }> {
  const folder = join(root, name);
  mkdirSync(folder);
  await up(folder);
  const at = openSession({ words: ['ui', '--dir', folder] });
  sessions.push(at);
  return { folder, at };
}

test('from nothing to two machines, by keys', async () => {
  const [vm, lamp] = [await machine('vm'), await machine('lamp')];
  await vm.at.shows('This machine belongs to no network yet.');
  vm.at.press('Enter');
  await vm.at.shows('Found a network');
  vm.at.type('home');
  vm.at.press('Tab', 'C-u');
  vm.at.type('anna');
  vm.at.press('Tab', 'C-u');
  vm.at.type('vm');
  vm.at.press('Enter');
  for (const what of ['Passphrase', 'The same again']) {
    await vm.at.shows(what);
    vm.at.type(PHRASE);
    vm.at.press('Enter');
  }
  const sheet = await vm.at.shows(/SECRET +[0-9A-Z]{5}-[0-9A-Z-]+/);
  expect(sheet).not.toContain(PHRASE);
  vm.at.press('F8', 'w');
  await vm.at.shows('Is it on paper?');
  vm.at.press('y');
  expect(await vm.at.shows('kith  home  Network')).not.toContain('SECRET');

  await lamp.at.shows('This machine belongs to no network yet.');
  lamp.at.press('Down', 'Enter');
  await lamp.at.shows('Join a network');
  lamp.at.press('C-u');
  lamp.at.type('lamp');
  lamp.at.press('Tab', 'Tab', 'Tab');
  lamp.at.type('127.0.0.1:0');
  lamp.at.press('Enter');
  const card = await lamp.at.shows(/code +\S{3}-\S{3}-\S{3}/);
  const found = (what: RegExp): string => what.exec(card)?.[1] ?? '';
  const code = found(/code +(\S{3}-\S{3}-\S{3})/);
  const address = found(/address +(\S+)/);
  const print4 = found(/fingerprint +(\S+)/);

  vm.at.press('F11');
  // It announces itself on loopback, and is a row; another test may do so too.
  await vm.at.shows(print4);
  vm.at.press('b');
  await vm.at.shows('its address');
  vm.at.type(address);
  vm.at.press('Tab');
  vm.at.type('u');
  await vm.at.shows('u stands in no code');
  vm.at.type(code.toLowerCase());
  await vm.at.shows('the check symbol fits');
  vm.at.press('Enter');
  await vm.at.shows('Passphrase');
  vm.at.type(PHRASE);
  vm.at.press('Enter');
  const who = await vm.at.shows('Is this the machine that shows the code?');
  expect(who).toContain(print4);
  await lamp.at.shows('the operator reads and decides');
  vm.at.press('Enter');
  expect(await vm.at.shows('lamp is admitted')).toContain('2 of 2 nodes are known to hold');
  expect(await lamp.at.shows('kith  home  Network')).not.toContain(code);
  await expect
    .poll(async () => (await status(lamp.folder)).stateRoot)
    .toBe((await status(vm.folder)).stateRoot);
});
