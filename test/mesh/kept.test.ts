// Where links led last, on disk: kept, bounded, and begun anew where it does not read.

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openKeptLinks } from '../../src/mesh/kept.ts';
import { KEPT_ENDPOINTS_MAX } from '../../src/mesh/limits.ts';
import { actor } from '../kit/actors.ts';
import { hostOn, temporaryFolder } from '../keys/host.ts';

const [attic, barn] = [actor('attic').key, actor('barn').key];

describe('where links led last', () => {
  test('outlives the daemon, the latest first', () => {
    const folder = temporaryFolder();
    const kept = openKeptLinks(hostOn(), folder);
    for (const host of ['192.0.2.1', '192.0.2.2', '192.0.2.1']) kept.keep(attic, `${host}:7447`);
    kept.keep(barn, '[2001:db8::1]:7447');
    kept.save();
    const again = openKeptLinks(hostOn(), folder);
    expect(again.of(attic)).toEqual(['192.0.2.1:7447', '192.0.2.2:7447']);
    expect(again.of(barn)).toEqual(['[2001:db8::1]:7447']);
    expect(statSync(join(folder, 'mesh.json')).mode & 0o777).toBe(0o600);
  });

  test('has what leads there by the way after it, and none of what leads nowhere', () => {
    const kept = openKeptLinks(hostOn(), temporaryFolder());
    kept.also(attic, ['192.0.2.1:7447']);
    expect(kept.of(attic)).toEqual([]);
    kept.keep(attic, '192.0.2.9:7447');
    kept.keep(attic, '[fe80::1%eth0]:7447');
    kept.also(attic, ['192.0.2.1:7447', '[fe80::1%eth0]:7447']);
    kept.also(attic, ['192.0.2.1:7447', '192.0.2.9:7447']);
    const its = ['[fe80::1%eth0]:7447', '192.0.2.1:7447', '192.0.2.9:7447'];
    expect(kept.of(attic)).toEqual(its);
    kept.also(attic, ['192.0.2.2:7447', '192.0.2.3:7447', '192.0.2.4:7447']);
    expect(kept.of(attic)[0]).toBe(its[0]);
    expect(kept.of(attic)).toHaveLength(KEPT_ENDPOINTS_MAX);
  });

  test('is a few for each peer, and nothing of whoever is gone', () => {
    const folder = temporaryFolder();
    const kept = openKeptLinks(hostOn(), folder);
    for (let i = 1; i < 10; i++) kept.keep(attic, `192.0.2.${i}:7447`);
    kept.keep(barn, '192.0.2.1:7447');
    expect(kept.of(attic)).toHaveLength(KEPT_ENDPOINTS_MAX);
    kept.only([attic]);
    kept.save();
    expect(openKeptLinks(hostOn(), folder).of(barn)).toEqual([]);
  });

  test.each([
    '',
    '{}',
    '{"links":7}',
    `{"links":[{"key":"x","its":["192.0.2.1:1"]},{"key":"${attic}","its":["nowhere",7]}]}`,
  ])('begins anew where its file holds %j', (text) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'mesh.json'), text, { mode: 0o600 });
    const kept = openKeptLinks(hostOn(), folder);
    expect(kept.of(attic)).toEqual([]);
    kept.keep(attic, '192.0.2.1:7447');
    kept.save();
    expect(readFileSync(join(folder, 'mesh.json'), 'utf8')).toContain('192.0.2.1:7447');
  });
});
