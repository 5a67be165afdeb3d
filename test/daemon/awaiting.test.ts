// A machine that accepted an admission whose record it never saw: its admitter died right after it
// had signed. Its daemon finds the record at a member's door by itself. Real processes.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { kith } from '../cli/ledgers.ts';
import {
  type NewMachine,
  admitting,
  ceremonyOf,
  founded,
  joining,
  relayTo,
  truthIn,
} from '../genesis/machines.ts';
import { STEADY_PORT, up } from './daemons.ts';

/**
 * Kills the admitter as the record is about to arrive, which is in its ledger by then, and the new
 * machine with it, unless that one is to live.
 */
async function brokenOff(attic: string, lamp: string, lives = false): Promise<NewMachine> {
  const machine = await joining(lamp, '--name', 'lamp');
  const pids = lives ? [] : [await ceremonyOf(machine)];
  const relay = await relayTo(machine.port, (direction, number) => {
    if (direction !== 'to newcomer' || number !== 6) return true;
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    return false;
  });
  const admit = admitting(attic, relay.port, machine.code);
  pids.push(await ceremonyOf(admit));
  await Promise.all([admit.ended, lives ? null : machine.ended]);
  relay.close();
  return machine;
}

describe('a machine that has accepted an admission and not seen it', () => {
  test('belongs without a person, as soon as a member answers, also after a restart', async () => {
    const attic = await founded('awaiting');
    const lamp = join(attic, '..', 'lamp');
    const port = STEADY_PORT;
    const first = await up(attic, ['--port', port]);
    await first.until('listening');
    await brokenOff(attic, lamp);
    expect(existsSync(join(lamp, 'nodes.jsonl'))).toBe(false);
    expect(readFileSync(join(lamp, 'peers.json'), 'utf8')).toContain(`127.0.0.1:${port}`);
    // Nobody answers for now, and it goes on asking.
    first.child.kill('SIGKILL');
    await first.ended;
    const alone = await up(lamp);
    await alone.until('awaiting', ({ doors }) => doors === 1);
    alone.child.kill('SIGKILL');
    await alone.ended;
    const waiting = await up(lamp);
    await waiting.until('awaiting');
    await up(attic, ['--port', port]);
    await waiting.until('found', ({ url }) => url === `https://127.0.0.1:${port}`);
    await waiting.until('listening');
    expect(await truthIn(lamp)).toEqual(await truthIn(attic));
    const { network } = JSON.parse(readFileSync(join(lamp, 'genesis.json'), 'utf8')) as {
      network: string;
    };
    expect(network).toBe('');
  });

  test('finds it by `kith join`, too, and shows no code', async () => {
    const attic = await founded('asking');
    const lamp = join(attic, '..', 'lamp');
    await up(attic);
    await brokenOff(attic, lamp);
    const again = await kith(['join', '--dir', lamp, '--listen', '127.0.0.1:0', '--json']);
    expect([again.code, again.err]).toEqual([0, '']);
    expect(JSON.parse(again.out)).toMatchObject({ event: 'joined', network: 'home' });
    expect(await truthIn(lamp)).toEqual(await truthIn(attic));
  });

  test.each([
    ['by itself', false],
    ['beside its daemon', true],
  ])('finds it %s while it shows a code, and ends', async (_, hasDaemon) => {
    const attic = await founded('meanwhile');
    const lamp = join(attic, '..', 'lamp');
    await up(attic);
    const machine = await brokenOff(attic, lamp, true);
    // Either may be first.
    if (hasDaemon) await up(lamp);
    const { code, err, out } = await machine.ended;
    expect([code, err]).toEqual([0, '']);
    expect(machine.events().at(-1)).toMatchObject({ event: 'joined', network: 'home' });
    expect(out).not.toContain('burnt');
    expect(await truthIn(lamp)).toEqual(await truthIn(attic));
  });
});
