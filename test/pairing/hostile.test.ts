// An other side that knows the code and still lies, and a daemon that swaps what it carries: each
// check after the tags, by its own case. The states are those of real runs.

import { describe, expect, test } from 'vitest';
import type { AdmitterInput, AdmitterState } from '../../pairing/admitter-state.ts';
import { stepAdmitter } from '../../pairing/admitter.ts';
import { helloMessage, sealed, tagOf } from '../../pairing/confirm.ts';
import { type Frame, type Inner, encodeFrame } from '../../pairing/messages.ts';
import type { NewcomerState } from '../../pairing/newcomer-state.ts';
import { stepNewcomer } from '../../pairing/newcomer.ts';
import { fromBase64url } from '../../proto/bytes.ts';
import { type JsonObject, canonical } from '../../proto/json.ts';
import { pairingPlatform as platform } from '../../src/pairing-platform.ts';
import { actor, signBytes, wireguardClaim } from '../kit/actors.ts';
import { everyState } from './cells.ts';

const reached = everyState();
const mallory = actor('mallory');

function admitterAt<At extends AdmitterState['at']>(at: At): Extract<AdmitterState, { at: At }> {
  return reached.admitter.get(at) as Extract<AdmitterState, { at: At }>;
}

function newcomerAt<At extends NewcomerState['at']>(at: At): Extract<NewcomerState, { at: At }> {
  return reached.newcomer.get(at) as Extract<NewcomerState, { at: At }>;
}

/** What the admitter becomes when its newcomer seals this. */
function toAdmitter(at: AdmitterState['at'], inner: Inner): ReturnType<typeof stepAdmitter> {
  const state = admitterAt(at);
  if (!('channel' in state)) throw new Error('no channel');
  const theirs = { ...state.channel, role: 'newcomer', sent: state.channel.opened } as const;
  const bytes = sealed(theirs, inner, platform).frame;
  return stepAdmitter(platform, state, { kind: 'message', bytes });
}

function toNewcomer(at: NewcomerState['at'], inner: Inner): ReturnType<typeof stepNewcomer> {
  const state = newcomerAt(at);
  if (!('channel' in state)) throw new Error('no channel');
  const theirs = { ...state.channel, role: 'admitter', sent: state.channel.opened } as const;
  const bytes = sealed(theirs, inner, platform).frame;
  return stepNewcomer(platform, state, { kind: 'message', bytes });
}

function frame(to: Frame): { readonly kind: 'message'; readonly bytes: Uint8Array } {
  return { kind: 'message', bytes: encodeFrame(to) };
}

/** The right body of a run, and what a thief would rather have in it. */
function bodies(state: Extract<AdmitterState | NewcomerState, { hellos: unknown }>): {
  readonly right: JsonObject;
  readonly wrong: readonly (readonly [string, JsonObject])[];
} {
  if (!('channel' in state)) throw new Error('no channel');
  const { key, wireguard: wg } = state.hellos.newcomer;
  const right = { key, name: 'attic', grants: [], wg, ceremony: state.channel.ceremony };
  const foreign = wireguardClaim(mallory, state.hellos.admitter.network);
  const wrong: [string, object][] = [
    ['another key', { ...right, key: mallory.key }],
    ['another WireGuard key', { ...right, wg: foreign }],
    ['another counter', { ...right, wg: { ...wg, counter: wg.counter + 1 } }],
    ['another word of the WireGuard key', { ...right, wg: { ...wg, sig: foreign.sig } }],
    ['another ceremony', { ...right, ceremony: mallory.key }],
    ['an acceptance already in it', { ...right, acceptance: foreign.sig }],
    ['no WireGuard key', { key, ceremony: right.ceremony }],
  ];
  return { right: json(right), wrong: wrong.map(([what, body]) => [what, json(body)]) };
}

function json(value: object): JsonObject {
  return value as JsonObject;
}

describe('an admitter that lies', () => {
  const { right, wrong } = bodies(newcomerAt('waiting'));

  test('gets a question to the ledger for a right body only', () => {
    const { state, out } = toNewcomer('waiting', {
      kind: 'proposal',
      body: canonical(right),
      members: [],
    });
    expect(state.at).toBe('accepting');
    expect(out).toContainEqual(expect.objectContaining({ kind: 'ask' }));
  });

  test.each(wrong)('gets no acceptance for a body with %s', (_, body) => {
    const { state, out } = toNewcomer('waiting', {
      kind: 'proposal',
      body: canonical(body),
      members: [],
    });
    expect(state).toMatchObject({ at: 'failed', code: 'wrong-body' });
    expect(out.filter(({ kind }) => kind === 'ask' || kind === 'pledge')).toEqual([]);
  });

  test('gets none for a body in a second spelling', () => {
    const body = JSON.stringify(right, null, 1);
    expect(toNewcomer('waiting', { kind: 'proposal', body, members: [] }).state.at).toBe('failed');
  });

  test.each([
    [
      'another machine',
      { ledger: newcomerAt('promised').hellos.admitter.network, body: { key: mallory.key } },
    ],
    ['another network', { ledger: mallory.key, body: { key: newcomerAt('promised').self.key } }],
    ['nobody', { ledger: mallory.key }],
  ])('is not believed with a record of %s', (_, value) => {
    const record = canonical(json(value));
    const { state } = toNewcomer('promised', { kind: 'result', record, members: [] });
    expect(state).toMatchObject({ at: 'unsure', code: 'wrong-record' });
  });

  test('is not believed with a page out of its place', () => {
    const lines = new Uint8Array(1);
    const page = { kind: 'page', number: 5, lines, last: true } as const;
    const { state } = toNewcomer('fetching', page);
    expect(state).toMatchObject({ at: 'unsure', code: 'wrong-page' });
  });

  test('is not listened to under a key that is not its own', () => {
    const state = newcomerAt('sharing');
    const message = helloMessage('admitter', state.hellos);
    const ad = fromBase64url(signBytes(mallory, message)) as Uint8Array;
    const step = stepNewcomer(
      platform,
      state,
      frame({ kind: 'share', y: new Uint8Array(32).fill(9), ad }),
    );
    expect(step.state).toMatchObject({ at: 'failed', code: 'forged-hello' });
  });

  test('gets nothing by a share that would make the secret known', () => {
    const state = newcomerAt('sharing');
    const message = helloMessage('admitter', state.hellos);
    const ad = fromBase64url(signBytes(actor('alice'), message)) as Uint8Array;
    const step = stepNewcomer(platform, state, frame({ kind: 'share', y: new Uint8Array(32), ad }));
    expect(step.state).toMatchObject({ at: 'failed', code: 'bad-share' });
  });
});

describe('a newcomer that lies', () => {
  test('is not admitted by an acceptance of something else, or of somebody else', () => {
    const { message } = admitterAt('proposing');
    for (const [who, what] of [
      ['mallory', message],
      ['attic', new Uint8Array([1, 2, 3])],
    ] as const) {
      const signature = fromBase64url(signBytes(actor(who), what)) as Uint8Array;
      const { state, out } = toAdmitter('proposing', { kind: 'acceptance', signature });
      expect(state).toMatchObject({ at: 'failed', code: 'forged-acceptance' });
      expect(out.filter(({ kind }) => kind === 'ask')).toEqual([]);
    }
  });

  test('gets pages in their order only, and each once', () => {
    expect(toAdmitter('delivering', { kind: 'next', number: 1 }).state).toMatchObject({
      at: 'unseen',
      code: 'wrong-page',
    });
    expect(toAdmitter('delivering', { kind: 'next', number: 0 }).state.at).toBe('paging');
  });

  test('has not joined before it was sent everything', () => {
    expect(toAdmitter('delivering', { kind: 'joined' }).state.at).toBe('unseen');
  });

  test('is not listened to under a key, or with a WireGuard key, that is not its own', () => {
    const state = admitterAt('sharing');
    const message = helloMessage('newcomer', state.hellos);
    const ad = fromBase64url(signBytes(mallory, message)) as Uint8Array;
    const share = frame({ kind: 'share', y: new Uint8Array(32).fill(9), ad });
    expect(stepAdmitter(platform, state, share).state).toMatchObject({ code: 'forged-hello' });
    const { newcomer } = state.hellos;
    const wireguard = wireguardClaim(mallory, state.self.network);
    const hello = frame({ kind: 'hello', hello: { ...newcomer, wireguard } });
    const after = stepAdmitter(platform, admitterAt('greeting'), hello).state;
    expect(after).toMatchObject({ at: 'failed', code: 'forged-hello' });
  });

  test('cannot be our own hello, or one of our own part', () => {
    const greeting = admitterAt('greeting');
    const { newcomer } = admitterAt('sharing').hellos;
    const { mine } = greeting;
    const codes = [mine, { ...newcomer, key: mine.key }, { ...mine, key: mallory.key }].map(
      (hello) => stepAdmitter(platform, greeting, frame({ kind: 'hello', hello })).state,
    );
    expect(codes).toMatchObject([
      { code: 'mirrored' },
      { code: 'mirrored' },
      { code: 'wrong-role' },
    ]);
  });

  test('of another version, or without our suite, is told apart from a liar', () => {
    const { newcomer } = admitterAt('sharing').hellos;
    for (const change of [{ version: 2 }, { suites: [2] }]) {
      const hello = frame({ kind: 'hello', hello: { ...newcomer, ...change } });
      const { state } = stepAdmitter(platform, admitterAt('greeting'), hello);
      expect(state).toMatchObject({ at: 'failed', code: 'wrong-version' });
    }
  });
});

describe('a mirror', () => {
  test('that sends the admitter its own tag proves nothing', () => {
    const state = admitterAt('confirming');
    const tag = tagOf('admitter', state.channel, platform);
    const after = stepAdmitter(platform, state, frame({ kind: 'tag', tag })).state;
    expect(after).toMatchObject({ at: 'failed', code: 'mirrored' });
  });

  test('that sends the newcomer its own tag has made a wrong guess', () => {
    const state = newcomerAt('counting');
    const tag = tagOf('newcomer', state.channel, platform);
    const after = stepNewcomer(platform, { ...state, tag }, { kind: 'stored' });
    expect(after.state).toMatchObject({ at: 'failed', code: 'wrong-code' });
    const right = tagOf('admitter', state.channel, platform);
    const met = stepNewcomer(platform, { ...state, tag: right }, { kind: 'stored' });
    expect(met.state.at).toBe('meeting');
  });
});

describe('a daemon that was broken into', () => {
  const drafting = admitterAt('drafting');
  const { right, wrong } = bodies(drafting);
  const drafted = (body: JsonObject): AdmitterInput => ({
    kind: 'drafted',
    body: canonical(body),
    message: new Uint8Array(1),
    members: [],
  });

  test('has the body that it drafted compared with what the ceremony found', () => {
    expect(stepAdmitter(platform, drafting, drafted(right)).state.at).toBe('proposing');
    for (const [, body] of wrong) {
      const { state, out } = stepAdmitter(platform, drafting, drafted(body));
      expect(state).toMatchObject({ at: 'failed', code: 'wrong-body' });
      expect(out.filter(({ kind }) => kind === 'ask')).toEqual([]);
    }
  });

  test('cannot pass off the record of another machine as known', () => {
    const { network } = drafting.self;
    const record = canonical(json({ ledger: network, body: { key: mallory.key } }));
    const { state } = stepAdmitter(platform, drafting, { kind: 'known', record, members: [] });
    expect(state).toMatchObject({ at: 'failed', code: 'wrong-record' });
  });

  test('cannot send more members than a message holds', () => {
    const { network } = drafting.self;
    const { key } = drafting.hellos.newcomer;
    const record = canonical(json({ ledger: network, body: { key } }));
    const host = Array.from({ length: 10 }, () => 'x'.repeat(63)).join('.');
    const endpoints = Array.from({ length: 8 }, () => `${host}:7000`);
    const members = Array.from({ length: 200 }, () => ({ key, endpoints }));
    const { state, out } = stepAdmitter(platform, drafting, { kind: 'known', record, members });
    expect(state.at).toBe('delivering');
    const [sent] = out.flatMap((one) => (one.kind === 'send' ? [one.frame.length] : []));
    expect(sent).toBeGreaterThan(100_000);
    expect(sent).toBeLessThanOrEqual(131_136);
  });
});
