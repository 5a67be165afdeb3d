import fs from 'node:fs';
import path from 'node:path';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { describe, expect, test } from 'vitest';
import { wireguardMessage } from '../../ledger/proof.ts';
import { fromBase64url, toBase64url, utf8 } from '../../proto/bytes.ts';
import { verdict } from '../../proto/ed25519.ts';
import { reveal } from '../../proto/secret.ts';
import {
  type Identity,
  adoptWireguard,
  drawWireguard,
  openIdentity,
} from '../../src/keys/identity.ts';
import { journalFile, renewJournal } from '../../src/keys/journal.ts';
import { nodePlatform } from '../../src/platform.ts';
import vectors from '../../fixtures/keys/vectors.json' with { type: 'json' };
import { Stopped, simulatedDisk } from '../kit/key-disk.ts';
import { LEDGER, draftAfter, seeded } from './drafts.ts';
import { hostOn, temporaryFolder } from './host.ts';

const bytesOf = (text: string): Uint8Array => fromBase64url(text) as Uint8Array;
function opened(result: ReturnType<typeof openIdentity>): Identity {
  if (!result.ok) throw new Error(`${result.code} ${result.detail}`);
  return result.value;
}

describe('the identity of a node', () => {
  test('is made at first use, closed to others, and stays', () => {
    const folder = temporaryFolder();
    const first = opened(openIdentity(hostOn(), folder));
    const again = opened(openIdentity(hostOn(), folder));
    expect(again.publicKey).toBe(first.publicKey);
    expect(again.wireguard.key).toBe(first.wireguard.key);
    expect(again.wireguard.key).not.toBe(first.publicKey);
    expect(fs.statSync(path.join(folder, 'node.key')).mode & 0o777).toBe(0o600);
  });

  test('signs its records through a journal of its own', () => {
    const { signer } = opened(openIdentity(hostOn(), temporaryFolder()));
    const first = signer.signNext(draftAfter(signer.publicKey, null, 1));
    expect(signer.signNext(draftAfter(signer.publicKey, null, 2))).toMatchObject({
      value: { again: true, record: first.ok && first.value.record },
    });
  });

  test('in a folder cloned to another machine does not start, and stays with the first', () => {
    const folder = temporaryFolder();
    const first = opened(openIdentity(hostOn(), folder));
    const clone = path.join(temporaryFolder(), 'clone');
    fs.cpSync(folder, clone, { recursive: true });
    const elsewhere = hostOn(undefined, 'another machine');
    expect(openIdentity(elsewhere, clone)).toMatchObject({ code: 'node-cloned' });
    // Nor beside it on the same machine: two daemons would be one node.
    expect(openIdentity(hostOn(), clone)).toMatchObject({ code: 'node-cloned' });
    expect(opened(openIdentity(hostOn(), folder)).publicKey).toBe(first.publicKey);
  });

  test('stays refused in a clone whose journal was made anew', () => {
    const folder = temporaryFolder();
    const first = opened(openIdentity(hostOn(), folder));
    const elsewhere = hostOn(undefined, 'another machine');
    fs.rmSync(journalFile(folder, first.publicKey));
    expect(openIdentity(elsewhere, folder)).toMatchObject({ code: 'node-cloned' });
    expect(renewJournal(elsewhere, folder, first.publicKey, []).ok).toBe(true);
    expect(openIdentity(elsewhere, folder)).toMatchObject({ code: 'node-cloned' });
  });

  test('starts in a new place when a person says that it has moved', () => {
    const folder = temporaryFolder();
    const first = opened(openIdentity(hostOn(), folder));
    const elsewhere = hostOn(undefined, 'another machine');
    expect(opened(openIdentity(elsewhere, folder, true)).publicKey).toBe(first.publicKey);
    expect(opened(openIdentity(elsewhere, folder)).publicKey).toBe(first.publicKey);
    expect(openIdentity(hostOn(), folder)).toMatchObject({ code: 'node-cloned' });
  });

  test('in a file that was changed or is open to others is refused', () => {
    const folder = temporaryFolder();
    opened(openIdentity(hostOn(), folder));
    const file = path.join(folder, 'node.key');
    const good = fs.readFileSync(file, 'utf8');
    const bad = [
      good.trimEnd(),
      `${good}\n`,
      good.replace('v1', 'v2'),
      good.replace('"counter":1', '"counter":0'),
      good.replace('"wg":{', '"wg":[{').replace('}}', '}]}'),
      good.replace(/"seed":"../, '"seed":"*'),
      '',
    ];
    for (const text of bad) {
      fs.writeFileSync(file, text);
      expect(openIdentity(hostOn(), folder), text.slice(0, 30)).toMatchObject({
        code: 'node-key-damaged',
      });
    }
    // A changed seed is another key, which has no journal here.
    fs.writeFileSync(
      file,
      good.replace(/"seed":"(.)/, (_, s) => `"seed":"${s === 'A' ? 'B' : 'A'}`),
    );
    expect(openIdentity(hostOn(), folder)).toMatchObject({ code: 'journal-missing' });
    fs.chmodSync(file, 0o644);
    expect(openIdentity(hostOn(), folder)).toMatchObject({ code: 'file-open-to-others' });
  });

  test('is one identity, whenever the world stops while it is made', () => {
    const counting = simulatedDisk();
    opened(openIdentity(hostOn(counting), '/d'));
    for (let at = 1; at <= counting.acts; at++) {
      for (const unsynced of [0, 0.5, 1]) {
        const disk = simulatedDisk();
        disk.stopAt({ at, share: 0.5, by: 'power', unsynced });
        expect(() => openIdentity(hostOn(disk), '/d')).toThrow(Stopped);
        disk.restart();
        const host = { ...hostOn(disk), random: seeded('after the restart') };
        const first = opened(openIdentity(host, '/d'));
        expect(opened(openIdentity(host, '/d')).publicKey).toBe(first.publicKey);
      }
    }
  });
});

describe('the WireGuard key of a node', () => {
  test('is the Montgomery form of an Ed25519 key', () => {
    const { wireguard } = opened(openIdentity(hostOn(), temporaryFolder()));
    const montgomery = ed25519.utils.toMontgomery(bytesOf(wireguard.key));
    expect(toBase64url(wireguard.publicKey)).toBe(toBase64url(montgomery));
    const fromPrivate = x25519.getPublicKey(reveal(wireguard.privateKey));
    expect(toBase64url(fromPrivate)).toBe(toBase64url(montgomery));
  });

  test('is what another program derives from the same seed', () => {
    const folder = temporaryFolder();
    const seeds = [
      seeded('identity')(32),
      bytesOf(toBase64url(Buffer.from(vectors.wireguard.seed_hex, 'hex'))),
    ];
    const host = { ...hostOn(), random: () => seeds.shift() as Uint8Array };
    const { wireguard } = opened(openIdentity(host, folder));
    expect(wireguard.key).toBe(vectors.wireguard.ed25519);
    expect(toBase64url(reveal(wireguard.privateKey))).toBe(vectors.wireguard.private);
    expect(toBase64url(wireguard.publicKey)).toBe(vectors.wireguard.public);
  });

  test('is claimed with its own signature over ledger, node and counter', () => {
    const { publicKey, wireguard } = opened(openIdentity(hostOn(), temporaryFolder()));
    const { key, counter, sig } = wireguard.claim(LEDGER);
    const message = wireguardMessage(LEDGER, publicKey, counter);
    expect(verdict(nodePlatform, bytesOf(key), message, bytesOf(sig))).toBe(true);
    expect(verdict(nodePlatform, bytesOf(key), utf8('other'), bytesOf(sig))).toBe(false);
  });

  test('is rotated in two steps, each of which lasts, and the node stays who it is', () => {
    const folder = temporaryFolder();
    const host = hostOn();
    const first = opened(openIdentity(host, folder));
    expect(first.nextWireguard).toBeNull();
    const drawn = opened(drawWireguard(host, folder));
    expect(drawn.wireguard.key).toBe(first.wireguard.key);
    const next = drawn.nextWireguard?.key;
    expect(next).not.toBe(first.wireguard.key);
    expect([drawn.wireguard.counter, drawn.nextWireguard?.counter]).toEqual([1, 2]);
    // Drawn once: whoever was told of it was told of this one.
    expect(opened(drawWireguard(host, folder)).nextWireguard?.key).toBe(next);
    const adopted = opened(adoptWireguard(host, folder));
    expect(adopted).toMatchObject({ publicKey: first.publicKey, nextWireguard: null });
    expect([adopted.wireguard.key, adopted.wireguard.counter]).toEqual([next, 2]);
    expect(opened(adoptWireguard(host, folder)).wireguard.key).toBe(next);
    const kept = fs.readFileSync(path.join(folder, 'node.key'), 'utf8');
    expect(JSON.parse(kept)).not.toHaveProperty('next');
  });
});
