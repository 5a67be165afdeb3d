// One whole exchange, byte for byte: the fixture that another implementation can be tested against
// (fixtures/pairing/check.py computes it again from the definitions alone).

import { expect, test } from 'vitest';
import ceremony from '../../fixtures/pairing/ceremony.json' with { type: 'json' };
import { showCode } from '../../pairing/code.ts';
import {
  channelOf,
  helloMessage,
  hellosOf,
  sealed,
  settingOf,
  tagOf,
} from '../../pairing/confirm.ts';
import { sessionKey, shareOf, transcriptOf } from '../../pairing/cpace.ts';
import { type AdmitterHello, type NewcomerHello, encodeFrame } from '../../pairing/messages.ts';
import { fromBase64url, toHex, utf8 } from '../../proto/bytes.ts';
import { hide, reveal } from '../../proto/secret.ts';
import { pairingPlatform as platform } from '../../src/pairing-platform.ts';
import { actor, signBytes } from '../kit/actors.ts';
import { FRAMES } from './samples.ts';

/** Every value of the exchange, from two hellos, a code and two scalars. */
function exchange(): Record<string, string> {
  const [helloA, helloN] = FRAMES.flatMap((frame) => (frame.kind === 'hello' ? [frame.hello] : []));
  const hellos = hellosOf(helloA as AdmitterHello, helloN as NewcomerHello, platform);
  const prs = hide(utf8('K7QM2XVD'));
  const setting = settingOf(prs, hellos, platform);
  const [ya, yb] = [new Uint8Array(32).fill(0x21), new Uint8Array(32).fill(0x43)];
  const ad = (name: string, role: 'admitter' | 'newcomer'): Uint8Array =>
    fromBase64url(signBytes(actor(name), helloMessage(role, hellos))) as Uint8Array;
  const shares = {
    admitter: { y: shareOf(ya, setting, platform) as Uint8Array, ad: ad('alice', 'admitter') },
    newcomer: { y: shareOf(yb, setting, platform) as Uint8Array, ad: ad('attic', 'newcomer') },
  };
  const said = transcriptOf(shares.admitter, shares.newcomer);
  const isk = sessionKey(ya, shares.newcomer.y, setting.sid, said, platform);
  const a = channelOf('admitter', hide(ya), setting, shares, platform);
  const n = channelOf('newcomer', hide(yb), setting, shares, platform);
  if (a === null || n === null || isk === null) throw new Error('no channel');
  const welcome = { kind: 'welcome', welcome: { network: 'home' } } as const;
  const first = sealed(a, welcome, platform);
  const values: Record<string, Uint8Array> = {
    prs: reveal(prs),
    helloA: encodeFrame(FRAMES[0] as (typeof FRAMES)[number]),
    helloN: encodeFrame(FRAMES[1] as (typeof FRAMES)[number]),
    hellos: hellos.hash,
    sid: setting.sid,
    ci: setting.ci,
    scalarA: ya,
    scalarN: yb,
    shareA: encodeFrame({ kind: 'share', ...shares.admitter }),
    shareN: encodeFrame({ kind: 'share', ...shares.newcomer }),
    isk,
    ceremony: fromBase64url(a.ceremony) as Uint8Array,
    tagKeyA: reveal(a.keys.tag.admitter),
    tagKeyN: reveal(a.keys.tag.newcomer),
    sealKeyA: reveal(a.keys.seal.admitter),
    sealKeyN: reveal(a.keys.seal.newcomer),
    tagA: encodeFrame({ kind: 'tag', tag: tagOf('admitter', a, platform) }),
    tagN: encodeFrame({ kind: 'tag', tag: tagOf('newcomer', n, platform) }),
    boxA0: first.frame,
    boxA1: sealed(first.channel, { kind: 'still' }, platform).frame,
    boxN0: sealed(n, { kind: 'joined' }, platform).frame,
  };
  const hex = Object.entries(values).map(([name, bytes]) => [name, toHex(bytes)] as const);
  return { code: showCode(prs), ...Object.fromEntries(hex) };
}

test('the exchange is the one of the fixture', () => {
  expect(exchange()).toEqual(ceremony);
});
