// `npm run screenshots`: the pictures of the documents. Three hosts of the demonstration, on which
// a person does everything at the screens; each picture is what one of them shows at that moment.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Session, openSession } from '../test/tui/session.ts';
import { until } from '../test/lab/until.ts';
import { askDaemon } from '../src/daemon/client.ts';
import type { Host } from '../test/lab/host.ts';
import { labMissing } from '../test/lab/machine.ts';
import { remember, runJob } from './job.ts';
import { browserMissing, drawPicture } from './picture.ts';
import { PASSPHRASE, type Stage, openStage } from './stage.ts';
import { transcriptOn } from './transcript.ts';
import { programOn } from './visit.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FOLDER = join(ROOT, 'docs/pictures');
const SMALL = { columns: 100, rows: 24 };
/** With room for curves, and for the chosen node below the table. */
const LARGE = { columns: 126, rows: 34 };
/** So that the curves of F8 have something to show. */
const CURVES_MS = 30_000;
const CLOCK = 'sh -c "i=0; while sleep 1; do i=$((i+1)); echo tick $i; done"';

const out = transcriptOn(process.stderr);
process.exitCode = await main();

async function main(): Promise<number> {
  const missing = labMissing() ?? browserMissing();
  if (missing !== null) {
    process.stderr.write(`screenshots: this machine can draw none: ${missing}\n`);
    return 3;
  }
  mkdirSync(FOLDER, { recursive: true });
  const stage = await openStage();
  const sessions: Session[] = [];
  // The terminals are servers of their own, which must not outlive this, however it ends.
  process.on('exit', () => sessions.forEach((one) => one.close()));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => process.exit(1));
  }
  const at = (host: Host): Session => {
    const { argv, env } = programOn(host, ['kith', 'ui']);
    // By itself, for tmux has a path of its own.
    const program = ['env', ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
    const session = openSession({ program, words: argv, ...SMALL });
    sessions.push(session);
    return session;
  };
  try {
    await play(stage, at);
    return 0;
  } finally {
    await stage.close();
  }
}

async function play(stage: Stage, at: (host: Host) => Session): Promise<void> {
  const { attic, barn, cellar } = stage;
  const anna = at(attic);
  await anna.shows('This machine belongs to no network yet.');
  picture(anna, 'first');
  await found(anna);
  await join_(anna, at(barn), true);
  await join_(anna, at(cellar), false);
  await until('all hear each other', async () => {
    const { mesh } = await askDaemon(attic.folder, 'status', undefined);
    return mesh.heard >= 2 && mesh.links.up >= 2;
  });
  anna.resize(LARGE.columns, LARGE.rows);
  anna.press('F8');
  await anna.shows(/2\/2 links/);
  await anna.shows('all 3 that are heard hold the same ledger');
  await new Promise((wait) => void setTimeout(wait, CURVES_MS));
  anna.press('Down');
  await anna.shows(/barn .* admitted by/s);
  picture(anna, 'network', LARGE);
  anna.resize(SMALL.columns, SMALL.rows);
  await runJob(stage, out);
  await place(anna, stage);
  anna.press('F4');
  await anna.shows(/clock .*running/);
  // With those that have ended.
  anna.press('e');
  await anna.shows(/films .*done/);
  picture(anna, 'work');
  anna.press('l');
  await anna.shows('tick 5');
  picture(anna, 'log');
  anna.press('Escape');
  await out.type(attic, 'kith set heating.mode away');
  await out.type(attic, 'kith remove barn');
  anna.press('F12');
  await anna.shows('heating.mode');
  await anna.shows('remove');
  picture(anna, 'commit');
}

async function found(anna: Session): Promise<void> {
  anna.press('Enter');
  await anna.shows('Found a network');
  anna.type('home');
  anna.press('Tab', 'C-u');
  anna.type('anna');
  anna.press('Enter');
  for (const what of ['Passphrase', 'The same again']) {
    await anna.shows(what);
    anna.type(PASSPHRASE);
    anna.press('Enter');
  }
  await anna.shows('SECRET');
  anna.press('w');
  await anna.shows('Is it on paper?');
  anna.press('y');
  await anna.shows(/mesh up/);
}

/** A machine shows its code, and it is typed where anna sits. */
async function join_(anna: Session, there: Session, isDrawn: boolean): Promise<void> {
  await there.shows('This machine belongs to no network yet.');
  there.press('Down', 'Enter');
  await there.shows('Join a network');
  there.press('Enter');
  const card = await there.shows(/code +\S{3}-\S{3}-\S{3}/);
  const [, code = ''] = /code +(\S{3}-\S{3}-\S{3})/.exec(card) ?? [];
  const [, fingerprint = ''] = /fingerprint +(\S+)/.exec(card) ?? [];
  if (isDrawn) picture(there, 'join');
  anna.press('F11');
  await anna.shows(fingerprint);
  anna.press('Enter');
  await anna.shows(/code/i);
  anna.type(code.toLowerCase());
  await anna.shows('the check symbol fits');
  if (isDrawn) picture(anna, 'code');
  anna.press('Enter');
  await anna.shows('Passphrase');
  anna.type(PASSPHRASE);
  anna.press('Enter');
  await anna.shows('Is this the machine that shows the code?');
  if (isDrawn) picture(anna, 'approve');
  anna.press('Enter');
  await anna.shows('is admitted');
  anna.press('Escape');
  await there.shows('Network');
}

/** A job that goes on; it ends with the hosts. */
async function place(anna: Session, stage: Stage): Promise<void> {
  anna.press('F5');
  await anna.shows('what runs');
  for (const text of ['', 'box', CLOCK, 'clock', '0.1', '32MiB', '', '', '0MiB']) {
    if (text !== '') anna.type(text);
    if (text !== '0MiB') anna.press('Tab');
  }
  await anna.shows('It would go to');
  picture(anna, 'place');
  anna.press('Enter');
  await anna.shows('is placed on');
  await remember(stage);
}

function picture(session: Session, name: string, { columns } = SMALL): void {
  drawPicture(session.painted(), columns, join(FOLDER, `${name}.png`));
  process.stderr.write(`screenshots: docs/pictures/${name}.png\n`);
}
