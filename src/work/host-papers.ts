// The documents of a host: requests as they come are read and checked before anything is done with
// them, answers and receipts are signed by this node. Spec: docs/running.md, "Documents".

import type { Digest, Key } from '../../proto/ids.ts';
import type { Answer, Receipt, Request, SignedDocument } from '../../work/documents.ts';

export interface ReadRequest {
  readonly request: Request;
  /** Of the document: what an answer is over. */
  readonly re: Digest;
}

export interface HostPapers {
  /** Null: it is no request, or not signed by the one who brings it. */
  readRequest(signed: SignedDocument, from: Key): ReadRequest | null;
  /** Null: it is no answer to this request by the one who was asked. */
  readAnswer(request: Request, signed: SignedDocument): Answer | null;
  signRequest(request: Request): SignedDocument;
  signAnswer(answer: Answer): SignedDocument;
  signReceipt(receipt: Receipt): SignedDocument;
}
