// Signed documents: what is written is read again, and nothing else is.

import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toBase64url, utf8 } from '../../proto/bytes.ts';
import type { Digest, Key, Signature } from '../../proto/ids.ts';
import type { Json } from '../../proto/json.ts';
import { nodePlatform } from '../../src/platform.ts';
import type { Answer, Receipt, Request, SignedDocument } from '../../work/documents.ts';
import { WHY_CHARS_MAX } from '../../work/limits.ts';
import { executionHash, readReceipt, receiptJson, receiptMessage } from '../../work/receipt.ts';
import {
  documentDigest,
  documentMessage,
  isAnswerTo,
  isFresh,
  openDocument,
  plainText,
  readAnswer,
  readRequest,
  signedText,
} from '../../work/signing.ts';
import { specDigest } from '../../work/spec.ts';
import { JOB, VM, specOf, specs } from './specs.ts';

const ID = '01JE2HZ6Q3M8Y5T0V7XW9KB4CD';
const [placer, host] = [keysOf(), keysOf()];
const SOME = toBase64url(nodePlatform.sha256(utf8('some'))) as Digest;

interface Keys {
  readonly key: Key;
  sign(message: Uint8Array): Signature;
}

function keysOf(): Keys {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' });
  return {
    key: x as Key,
    sign: (bytes) => toBase64url(sign(null, bytes, privateKey)) as Signature,
  };
}

function reserve(value: unknown = JOB): Request {
  const spec = specOf(value);
  const digest = specDigest(spec, nodePlatform);
  return { ...head(digest), say: 'reserve', spec };
}

function head(digest: Digest): Omit<Request, 'say' | 'spec' | 'kill'> {
  return { v: 1, id: ID, generation: 1, digest, from: placer.key, to: host.key, at: 1_000 };
}

function answerTo(request: Request, more: object): Answer {
  const re = documentDigest(request, nodePlatform);
  const turned = { ...head(request.digest), from: request.to, to: request.from };
  return { ...turned, re, ...more } as Answer;
}

function signed(document: Request | Answer, by: Keys): SignedDocument {
  const signature = by.sign(documentMessage(document));
  const bytes = utf8(signedText(document, signature));
  const opened = openDocument(bytes, bytes.length);
  if (!opened.ok) throw new Error(opened.detail);
  return opened.value;
}

const REQUESTS: readonly Request[] = [
  reserve(),
  reserve(VM),
  { ...head(SOME), say: 'go' },
  { ...head(SOME), say: 'cancel' },
  { ...head(SOME), say: 'stop', kill: true },
  { ...head(SOME), say: 'mine' },
];

const SAID: readonly object[] = [
  { say: 'reserved', goMs: 30_000 },
  { say: 'going', state: 'preparing' },
  { say: 'done' },
  { say: 'keep' },
  { say: 'drop' },
  { say: 'refused', code: 'no-mem', why: 'needs 8 MiB of memory, has 5', needs: 8, has: 5 },
];

describe('requests and answers', () => {
  test.each(REQUESTS)('$say is read as it was written', (request) => {
    const read = readRequest(signed(request, placer), nodePlatform);
    expect(read).toMatchObject({ ok: true, value: { document: request } });
    expect(read.ok && read.value.digest).toBe(documentDigest(request, nodePlatform));
  });

  test.each(SAID)('the answer %j, too', (said) => {
    const request = reserve();
    const answer = answerTo(request, said);
    const read = readAnswer(signed(answer, host), nodePlatform);
    expect(read).toMatchObject({ ok: true, value: { document: answer } });
    expect(isAnswerTo(answer, request, nodePlatform)).toBe(true);
  });

  test('a reservation brings any spec that can be read', () => {
    fc.assert(
      fc.property(specs, (spec) => {
        const request = reserve(spec);
        const read = readRequest(signed(request, placer), nodePlatform);
        expect(read).toMatchObject({ ok: true, value: { document: request } });
      }),
      { numRuns: 100 },
    );
  });

  test('an answer is to one request alone', () => {
    const request = reserve();
    const answer = answerTo(request, { say: 'done' });
    const others: readonly Request[] = [
      { ...request, at: request.at + 1 },
      { ...request, to: placer.key },
      { ...request, from: host.key },
      { ...request, generation: 2 },
    ];
    for (const other of others) expect(isAnswerTo(answer, other, nodePlatform)).toBe(false);
    expect(isAnswerTo({ ...answer, re: SOME }, request, nodePlatform)).toBe(false);
  });

  test('nobody else can sign it, and no change of it passes', () => {
    const request = reserve();
    const { document, signature } = signed(request, placer);
    const read = (it: Json): unknown => {
      const result = readRequest({ document: it, signature }, nodePlatform);
      return result.ok ? 'taken' : result.code;
    };
    expect(read(document)).toBe('taken');
    const fields = document as Record<string, Json>;
    expect(read({ ...fields, at: 1_001 })).toBe('document-unsigned');
    expect(read({ ...fields, from: host.key })).toBe('document-unsigned');
    expect(read({ ...fields, digest: SOME })).toBe('document-other-spec');
    expect(read({ ...fields, more: 1 })).toBe('document-unreadable');
    expect(read({ ...fields, id: 'x' })).toBe('document-unreadable');
    const { at: _at, ...less } = fields;
    expect(read(less)).toBe('document-unreadable');
    const wrong = { document, signature: host.sign(documentMessage(request)) };
    expect(readRequest(wrong, nodePlatform)).toMatchObject({ code: 'document-unsigned' });
  });

  test('a receipt, a request and an answer cannot stand for each other', () => {
    const go = signed(REQUESTS[2] as Request, placer);
    expect(readAnswer(go, nodePlatform)).toMatchObject({ code: 'document-unreadable' });
    expect(readReceipt(go, nodePlatform)).toMatchObject({ code: 'document-unreadable' });
    const done = signed(answerTo(reserve(), { say: 'done' }), host);
    expect(readRequest(done, nodePlatform)).toMatchObject({ code: 'document-unreadable' });
  });

  test('no value makes reading throw', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, signature) => {
        const it = { document: value as Json, signature };
        for (const read of [readRequest, readAnswer, readReceipt])
          expect(read(it, nodePlatform).ok).toBe(false);
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(openDocument(bytes, 300).ok).toBe(false);
      }),
    );
    expect(openDocument(utf8('['.repeat(100_000)), 200_000).ok).toBe(false);
    expect(openDocument(utf8('{"document":1,"signature":""}'), 28).ok).toBe(false);
    expect(openDocument(utf8('{"document":1,"signature":""}'), 29).ok).toBe(true);
  });

  test('a request is fresh for five minutes on either side', () => {
    const at = 10_000_000;
    expect(isFresh({ at }, at + 300_000)).toBe(true);
    expect(isFresh({ at }, at + 300_001)).toBe(false);
    expect(isFresh({ at }, at - 300_001)).toBe(false);
  });

  test('any text can be made one that a document takes', () => {
    const said = answerTo(reserve(), { say: 'refused', code: 'policy' });
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2 * WHY_CHARS_MAX }), (text) => {
        const answer = { ...said, why: plainText(text) } as Answer;
        expect(readAnswer(signed(answer, host), nodePlatform).ok).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

const RUN: Omit<Receipt, 'executionHash'> = {
  ...{ v: 1, id: ID, generation: 2, kind: 'job', name: 'films', digest: SOME },
  ...{ host: host.key, owner: placer.key, image: 'busybox@1', inputs: [SOME] },
  granted: { memMiB: 64, cards: [], Network: { mode: 'none' } },
  ...{ startedAt: 1_000, endedAt: 2_000, exit: 0, ended: 'done', failure: null },
  ...{ logsHash: SOME, outputs: { '/out/a': SOME } },
};

function receiptOf(run: Omit<Receipt, 'executionHash'>): Receipt {
  return { ...run, executionHash: executionHash(run, nodePlatform) };
}

function signedReceipt(receipt: Receipt, by = host): SignedDocument {
  const text = JSON.stringify(receiptJson(receipt));
  return { document: JSON.parse(text) as Json, signature: by.sign(receiptMessage(receipt)) };
}

describe('receipts', () => {
  test.each([
    RUN,
    { ...RUN, exit: null, startedAt: null },
    {
      ...RUN,
      ended: 'failed' as const,
      failure: { code: 'killed' as const, phase: 'run', why: '' },
    },
  ])('are read as they were written', (run) => {
    const receipt = receiptOf(run);
    expect(readReceipt(signedReceipt(receipt), nodePlatform)).toEqual({ ok: true, value: receipt });
  });

  test.each<Partial<Receipt>>([
    { digest: SOME.replace(/^./, 'A') as Digest },
    { image: 'busybox@2' },
    { inputs: [] },
    { host: placer.key },
    { generation: 3 },
    { granted: {} },
    { exit: 1 },
    { exit: null },
    { startedAt: 999 },
    { startedAt: null },
    { endedAt: 2_001 },
    { logsHash: SOME.replace(/^./, 'A') as Digest },
    { outputs: {} },
  ])('the hash of another run differs: %j', (other) => {
    expect(executionHash({ ...RUN, ...other }, nodePlatform)).not.toBe(
      executionHash(RUN, nodePlatform),
    );
  });

  test('a hash that is not that of the run is no receipt, even signed', () => {
    const receipt = { ...receiptOf(RUN), exit: 3 };
    expect(readReceipt(signedReceipt(receipt), nodePlatform)).toMatchObject({
      code: 'receipt-other-hash',
    });
  });

  test('what its host did not sign is none', () => {
    const receipt = signedReceipt(receiptOf(RUN), placer);
    expect(readReceipt(receipt, nodePlatform)).toMatchObject({ code: 'document-unsigned' });
    const { document, signature } = signedReceipt(receiptOf(RUN));
    const name = { document: { ...(document as object), name: 'other' } as Json, signature };
    expect(readReceipt(name, nodePlatform)).toMatchObject({ code: 'document-unsigned' });
  });

  test.each([
    { a: { b: { c: { d: { e: {} } } } } },
    { a: 'x\u0000' },
    { a: 0.5 },
    JSON.parse('{"__proto__":{"a":1}}') as object,
    { a: 'x'.repeat(20_000) },
  ])('what was granted is plain and bounded', (granted) => {
    const receipt = signedReceipt(receiptOf(RUN));
    const document = { ...(receipt.document as object), granted } as unknown as Json;
    expect(readReceipt({ ...receipt, document }, nodePlatform)).toMatchObject({
      code: 'document-unreadable',
    });
  });
});
