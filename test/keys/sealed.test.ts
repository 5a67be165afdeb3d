import { describe, expect, test } from 'vitest';
import { fromHex, textOf, utf8 } from '../../proto/bytes.ts';
import { canonical, parseCanonical, type JsonObject } from '../../proto/json.ts';
import { hide, reveal } from '../../proto/secret.ts';
import { openKey, parseKeyFile, sealKey } from '../../src/keys/sealed.ts';
import vectors from '../../fixtures/keys/vectors.json' with { type: 'json' };
import { seedOf, seeded } from './drafts.ts';
import { passphrase } from './host.ts';

const CHEAP = { n: 1024, r: 8, p: 1 };
const golden = utf8(`${vectors.operator.file}\n`);
const right = passphrase(vectors.operator.passphrase);

/** What becomes of a file: its seed in hex, or the code of its refusal. */
async function outcome(file: Uint8Array, phrase = right): Promise<string> {
  const parsed = parseKeyFile(file);
  if (!parsed.ok) return parsed.code;
  const seed = await openKey(parsed.value, phrase);
  return seed.ok ? Buffer.from(reveal(seed.value)).toString('hex') : seed.code;
}

/** The golden file with some fields changed, written canonically. */
function changed(change: (file: Record<string, JsonObject>) => void): Uint8Array {
  const parsed = parseCanonical(vectors.operator.file) as { value: JsonObject };
  const copy = structuredClone(parsed.value) as Record<string, JsonObject>;
  change(copy);
  return utf8(`${canonical(copy)}\n`);
}

describe('a sealed key file', () => {
  test('that another program wrote by the specification opens', async () => {
    expect(await outcome(golden)).toBe(vectors.operator.seed_hex);
    const parsed = parseKeyFile(golden);
    expect(parsed.ok && parsed.value).toMatchObject({
      publicKey: vectors.operator.public,
      address: vectors.operator.address,
      name: 'alice',
    });
  });

  test('comes back with its passphrase, and with no other', async () => {
    const seed = seedOf('alice');
    const sealing = { passphrase: passphrase('right'), random: seeded('seal'), cost: CHEAP };
    const file = await sealKey(seed, 'alice', sealing);
    expect(await outcome(file, passphrase('right'))).toBe(
      Buffer.from(reveal(seed)).toString('hex'),
    );
    for (const wrong of ['Right', 'right ', 'x']) {
      expect(await outcome(file, passphrase(wrong))).toBe('passphrase-wrong');
    }
  });

  test('without a passphrase says that one is needed', async () => {
    const parsed = parseKeyFile(golden);
    expect(parsed.ok && (await openKey(parsed.value, null))).toMatchObject({
      ok: false,
      code: 'passphrase-needed',
    });
  });

  test('costs a guesser 128 MiB unless said otherwise', async () => {
    const sealing = { passphrase: passphrase('right'), random: seeded('seal') };
    const file = textOf(await sealKey(seedOf('alice'), 'alice', sealing)) as string;
    expect(file).toContain('"n":131072,"name":"scrypt","p":1,"r":8');
    expect(await outcome(utf8(file), passphrase('right'))).toHaveLength(64);
  });

  test('never seals twice to one text', async () => {
    const sealing = { passphrase: passphrase('right'), random: seeded('seal'), cost: CHEAP };
    const once = await sealKey(seedOf('alice'), 'alice', sealing);
    expect(await sealKey(seedOf('alice'), 'alice', sealing)).not.toEqual(once);
  });

  test('with any byte changed, lost or added is refused', async () => {
    const refusals = new Set<string>();
    for (let at = 0; at < golden.length; at++) {
      for (const flip of [1, 2, 32]) {
        const file = golden.slice();
        file[at] = (file[at] as number) ^ flip;
        refusals.add(await outcome(file));
      }
      const cut = Buffer.concat([golden.subarray(0, at), golden.subarray(at + 1)]);
      refusals.add(await outcome(cut));
    }
    refusals.add(await outcome(Buffer.concat([golden, Buffer.from('\n')])));
    refusals.add(await outcome(new Uint8Array()));
    expect([...refusals].toSorted()).toEqual([
      'key-file-costly',
      'key-file-damaged',
      'passphrase-wrong',
    ]);
  });

  test('of another name or cost, well written, does not open: the seal covers them', async () => {
    expect(await outcome(changed((file) => Object.assign(file, { name: 'mallory' })))).toBe(
      'passphrase-wrong',
    );
    expect(
      await outcome(changed((file) => Object.assign(file['kdf'] as object, { n: 2048 }))),
    ).toBe('passphrase-wrong');
  });

  test('with fields that are unknown is refused, as is one with two locks', async () => {
    const more = changed((file) => Object.assign(file, { comment: 'hello' }));
    const both = changed((file) => Object.assign(file, { plain: { seed: 'A'.repeat(43) } }));
    expect(await outcome(more)).toBe('key-file-damaged');
    expect(await outcome(both)).toBe('key-file-damaged');
  });

  test.each([
    { n: 2 ** 30 },
    { n: 2 ** 50 },
    { r: 2 ** 20 },
    { p: 17 },
    { p: 0 },
    { r: 0 },
    { n: 1023 },
    { n: 512 },
    { n: -1024 },
    { n: 2 ** 20, r: 8 },
  ])('that asks for %o is refused before anything is computed', async (cost) => {
    const before = process.memoryUsage().rss;
    const file = changed((json) => Object.assign(json['kdf'] as object, cost));
    expect(await outcome(file)).toBe('key-file-costly');
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });
});

describe('a key file without a passphrase', () => {
  const seed = hide(fromHex(vectors.operator.seed_hex) as Uint8Array);

  test('says so in its text and opens without one', async () => {
    const file = await sealKey(seed, 'alice', null);
    expect(textOf(file)).toContain('"plain":{');
    expect(await outcome(file)).toBe(vectors.operator.seed_hex);
  });

  test('with a changed seed or key is refused', async () => {
    const file = await sealKey(seed, 'alice', null);
    const text = textOf(file) as string;
    for (const field of ['"seed":"', '"public":"', '"address":"']) {
      const copy = file.slice();
      const at = text.indexOf(field) + field.length + 4;
      copy[at] = copy[at] === 0x41 ? 0x42 : 0x41;
      expect(await outcome(copy)).toBe('key-file-damaged');
    }
  });
});
