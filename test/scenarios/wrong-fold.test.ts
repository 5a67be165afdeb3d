import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Daemon, daemonOf } from '../lab/daemon.ts';
import type { Host } from '../lab/host.ts';
import { commit, network, recordsOf } from '../lab/network.ts';
import { laboratory } from '../lab/suite.ts';
import { until } from '../lab/until.ts';
import { agreed, heard, linked, meshOf, nodesOf } from './watch.ts';

const ROOT = join(import.meta.dirname, '../..');
const RIGHT = 'commits.heads.set(note.id, note);';
const WRONG = ';';

/** A copy of the program in which commits have no effect; it says nothing of that. */
function withBug(): string {
  const cache = join(ROOT, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const copy = mkdtempSync(join(cache, 'kith-bug-'));
  cpSync(join(ROOT, 'dist'), join(copy, 'dist'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(copy, 'package.json'));
  const file = join(copy, 'dist/ledger/effects.js');
  const text = readFileSync(file, 'utf8');
  if (text.split(RIGHT).length !== 2) throw new Error('the line to be spoiled is another now');
  writeFileSync(file, text.replace(RIGHT, WRONG));
  return copy;
}

laboratory('a member whose program folds wrongly', (net, prepare) => {
  let [attic, barn]: Host[] = [];
  let both: Host[] = [];
  let copy: string | null = null;
  let buggy: Daemon;

  prepare(async () => {
    const lan = await net().lan();
    attic = await net().host('attic', lan);
    barn = await net().host('barn', lan);
    both = [attic, barn];
    await network(both);
    copy = withBug();
    const { machine, folder } = barn;
    const argv = [process.execPath, join(copy, 'dist/src/main.js'), 'up', '--json'];
    const env = { HOME: join(folder, '..'), KITH_DIR: folder };
    await attic.up();
    buggy = daemonOf('barn', machine.start(argv, env), folder, () => undefined);
    await buggy.until('running');
    await linked(both);
  });
  afterAll(() => {
    if (copy !== null) rmSync(copy, { recursive: true, force: true });
  });

  const ALARM = 'holds the same records and makes another state of them';
  const alarmsOf = async (one: Host): Promise<string[]> =>
    (await meshOf(one)).alarms.filter((what) => what.includes(ALARM));
  const told = ({ events }: Daemon): number =>
    events.filter(({ event, what }) => event === 'alarm' && String(what).includes(ALARM)).length;

  test('is named by the other, and names it: one alarm each, until it is repaired', async () => {
    const [one, other] = [attic as Host, barn as Host];
    // While nothing shows the bug, they agree.
    await agreed(both);
    await heard(both);
    for (const host of both) expect(await alarmsOf(host)).toEqual([]);
    const { id } = await commit(one, 'heating.mode', 'on');
    await until('both hold the record', () =>
      both.every((host) => recordsOf(host).some((record) => record.id === id)),
    );
    for (const [host, named] of [
      [one, 'barn'],
      [other, 'attic'],
    ] as const) {
      await until(`${host.name} is alarmed`, async () => (await alarmsOf(host)).length === 1);
      const { out } = await host.kith(['status']);
      expect(out.replaceAll(/\s+/g, ' ')).toContain(`${named} ${ALARM}`);
    }
    await (one.daemon as Daemon).until('alarm');
    await buggy.until('alarm');
    // Two more heartbeats of the other, by how long ago each was: the alarm is not told again.
    for (const _ of [1, 2]) {
      for (const aged of [true, false]) {
        await until('a heartbeat', async () => {
          const ages = (await nodesOf(one)).flatMap(({ heardAgoMs }) => heardAgoMs ?? []);
          return ages.some((ms) => ms > 5_000) === aged;
        });
      }
    }
    expect([told(one.daemon as Daemon), told(buggy)]).toEqual([1, 1]);
    await buggy.stop();
    await other.up();
    await agreed(both);
    await until('the alarm is over', async () => (await alarmsOf(one)).length === 0);
    expect(told(one.daemon as Daemon)).toBe(1);
    expect(await alarmsOf(other)).toEqual([]);
  });
});
