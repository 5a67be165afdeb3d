import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { compileChild, startChild } from '../kit/child.ts';
import { lab } from './lab.ts';
import { commandOf, marked } from './marked.ts';
import { laboratory } from './suite.ts';
import { until } from './until.ts';

laboratory('a maker that is killed', (_net, prepare) => {
  let child: ReturnType<typeof compileChild> | null = null;
  prepare(async () => {
    child = compileChild('test/lab/maker-child.ts');
    const shaper = join(dirname(child.script), 'shaper.pl');
    copyFileSync(join(import.meta.dirname, 'shaper.pl'), shaper);
  });
  afterAll(() => child?.remove());

  test('leaves no process, no interface and no folder', async () => {
    const word = randomBytes(12).toString('hex');
    process.env['KITH_LAB_MARK'] = word;
    const maker = startChild(child?.script as string, []);
    delete process.env['KITH_LAB_MARK'];
    let said = '';
    maker.process.stdout?.on('data', (text: Buffer) => (said += text.toString()));
    await until('the maker is ready', () => said.includes('\n'));
    const folder = said.trim();
    // The maker, the machines, a shaper, a tunnel and a program that stays, each with what holds
    // it.
    expect(marked(word).length).toBeGreaterThan(12);
    expect(marked(word).map(commandOf)).toContain('wireguard-go');
    expect(existsSync(folder)).toBe(true);
    maker.process.kill('SIGKILL');
    await maker.output;
    await until('all of it is gone', () => marked(word).length === 0);
    await (await lab()).close();
    expect(existsSync(folder)).toBe(false);
    expect(existsSync('/run/wireguard/lab0.sock')).toBe(false);
    expect(readdirSync('/sys/class/net').filter((name) => /^(lan|port)[0-9]/.test(name))).toEqual(
      [],
    );
  });
});
