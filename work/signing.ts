// Signed documents, both ways: a value is read by closed fields and written again as canonical
// JSON, so that each has one text, one digest and one signature whatever way it came. Reading
// answers a value and never throws. Spec: docs/running.md, "Documents".

import { fromBase64url, textOf, toBase64url, utf8 } from '../proto/bytes.ts';
import { verdict } from '../proto/ed25519.ts';
import { type Digest, type Key, type Signature, isSignature } from '../proto/ids.ts';
import { type Json, canonical, textOutsideProfile } from '../proto/json.ts';
import type { Platform } from '../proto/platform.ts';
import { type Result, ok, refuse } from '../proto/result.ts';
import { ANSWERS, REQUESTS } from './document-fields.ts';
import type { DocumentCode } from './document-refusals.ts';
import type { Answer, Request, SignedDocument } from './documents.ts';
import { FRESH_MS, REQUEST_BYTES_MAX, WHY_CHARS_MAX } from './limits.ts';
import { readBy } from './reading.ts';
import { type Fields, object } from './shape.ts';
import { readSpec, specDigest } from './spec.ts';

/** A document whose signature holds. */
export interface Signed<Document> {
  readonly document: Document;
  /** Names it: an answer says of which request it is one. */
  readonly digest: Digest;
}

interface Table {
  readonly document?: unknown;
  readonly signature?: unknown;
  readonly say?: unknown;
  readonly digest?: unknown;
  readonly spec?: unknown;
}

type Read<Document> = Result<Document, DocumentCode>;

const PREFIX = 'kith-work-v1\n';

/** What its author signs. */
export function documentMessage(document: Request | Answer): Uint8Array {
  return utf8(PREFIX + canonical(document as unknown as Json));
}

export function documentDigest(document: Request | Answer, platform: Platform): Digest {
  return toBase64url(platform.sha256(documentMessage(document))) as Digest;
}

/** A signed document out of a file or off the wire; no look at what it says. */
export function openDocument(bytes: Uint8Array, bytesMax: number): Read<SignedDocument> {
  if (bytes.length > bytesMax) return refuse('document-too-large', `${bytes.length} bytes`);
  const text = textOf(bytes);
  if (text === null) return refuse('document-unreadable', 'no UTF-8');
  try {
    const value: unknown = JSON.parse(text);
    if (isTable(value) && Object.keys(value).length === 2) {
      const { document, signature } = value;
      if (document !== undefined && typeof signature === 'string')
        return ok({ document: document as Json, signature });
    }
  } catch {
    return refuse('document-unreadable', 'no JSON');
  }
  return refuse('document-unreadable', 'no document with its signature');
}

export function readRequest(signed: SignedDocument, platform: Platform): Read<Signed<Request>> {
  const request = requestOf(signed.document, platform);
  return request.ok ? checked(request.value, signed, platform) : request;
}

export function readAnswer(signed: SignedDocument, platform: Platform): Read<Signed<Answer>> {
  const answer = bySay(ANSWERS, signed.document);
  return answer.ok ? checked(answer.value as unknown as Answer, signed, platform) : answer;
}

/** Whether an answer is one to this request, by the node that it was sent to. */
export function isAnswerTo(answer: Answer, request: Request, platform: Platform): boolean {
  return (
    answer.from === request.to &&
    answer.to === request.from &&
    answer.id === request.id &&
    answer.generation === request.generation &&
    answer.digest === request.digest &&
    answer.re === documentDigest(request, platform)
  );
}

/** Whether a document was made about now. A clock may be wrong, and a line slow. */
export function isFresh({ at }: { readonly at: number }, wallMs: number): boolean {
  return Math.abs(wallMs - at) <= FRESH_MS;
}

/** A text as a document may hold it, whoever wrote it: an engine, a tool of the system. */
export function plainText(text: string): string {
  const printable = Array.from(text.normalize('NFC'), (sign) =>
    textOutsideProfile(sign) === null ? sign : ' ',
  );
  return printable.slice(0, WHY_CHARS_MAX / 2).join('');
}

function requestOf(document: unknown, platform: Platform): Read<Request> {
  if (!isTable(document) || document.say !== 'reserve')
    return bySay(REQUESTS, document) as Read<Request>;
  const { spec: written, ...head } = document;
  const spec = readSpec(written);
  if (!spec.ok) return refuse('document-unreadable', `spec.${spec.detail}`);
  const read = bySay(REQUESTS, head);
  if (!read.ok) return read;
  if (read.value.digest !== specDigest(spec.value, platform)) return refuse('document-other-spec');
  return ok({ ...read.value, spec: spec.value } as unknown as Request);
}

/** Read by the fields of what it says. */
function bySay(kinds: Readonly<Record<string, Fields>>, document: unknown): Read<Table> {
  const say = isTable(document) ? document.say : null;
  if (typeof say !== 'string' || !Object.hasOwn(kinds, say))
    return refuse('document-unreadable', 'say: nothing that is known here');
  const read = readBy(object(kinds[say] as Fields), document, '');
  if (!read.ok) return refuse('document-unreadable', read.detail);
  return ok(read.value as Table);
}

function checked<Document extends Request | Answer>(
  document: Document,
  { signature }: SignedDocument,
  platform: Platform,
): Read<Signed<Document>> {
  const message = documentMessage(document);
  if (message.length > REQUEST_BYTES_MAX)
    return refuse('document-too-large', `${message.length} bytes`);
  if (!isSignedBy(document.from, message, signature, platform)) return refuse('document-unsigned');
  return ok({ document, digest: toBase64url(platform.sha256(message)) as Digest });
}

export function isSignedBy(
  key: Key,
  message: Uint8Array,
  signature: string,
  platform: Platform,
): boolean {
  if (!isSignature(signature)) return false;
  const [by, sign] = [fromBase64url(key), fromBase64url(signature)];
  return by !== null && sign !== null && verdict(platform, by, message, sign);
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** As text: what travels and is kept. */
export function signedText(document: Request | Answer, signature: Signature): string {
  return canonical({ document: document as unknown as Json, signature });
}
