// The documents of an owner: its requests and verdicts are signed by this node, and what hosts
// answer is read and checked before anything follows from it. Spec: docs/running.md, "Documents".

import type { Digest, Key } from '../../proto/ids.ts';
import type { Answer, Receipt, Refusal, Request, SignedDocument } from '../../work/documents.ts';
import type { Spec } from '../../work/spec.ts';

export type StopRequest = Extract<Request, { readonly say: 'stop' }>;
export type Verdict = 'keep' | 'drop' | 'done' | Pick<Refusal, 'code' | 'why'>;

export interface OwnerPapers {
  digestOf(spec: Spec): Digest;
  sign(request: Request): SignedDocument;
  /** Null: it is no answer to this request by the one who was asked. */
  readAnswer(request: Request, signed: SignedDocument): Answer | null;
  /** Null: it does not ask that, or is not signed by the one who brings it. */
  readMine(signed: SignedDocument, from: Key): Request | null;
  /** Null: it does not ask to stop, or is not signed by the one who brings it. */
  readStop(signed: SignedDocument, from: Key): StopRequest | null;
  /** Null is said of work that is not known here. */
  verdict(request: Request, said: Verdict | null, wallMs: number): SignedDocument;
  /** Null: it is none, or of another host. */
  readReceipt(signed: SignedDocument, from: Key): Receipt | null;
}
