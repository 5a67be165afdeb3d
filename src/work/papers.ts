// The documents of work, signed with the key of this node and checked against the key of whoever
// brings them: those of a host and those of an owner. Spec: docs/running.md, "Documents".

import type { Key, Signature } from '../../proto/ids.ts';
import type { Json } from '../../proto/json.ts';
import type { Answer, Request, SignedDocument } from '../../work/documents.ts';
import { receiptJson, readReceipt, receiptMessage } from '../../work/receipt.ts';
import {
  documentDigest,
  documentMessage,
  isAnswerTo,
  readAnswer,
  readRequest,
} from '../../work/signing.ts';
import { specDigest } from '../../work/spec.ts';
import { nodePlatform } from '../platform.ts';
import type { HostPapers } from './host-papers.ts';
import type { OwnerPapers } from './owner-papers.ts';

/** Signs with the key of this node. */
export type Pen = (message: Uint8Array) => Signature;

function signed(document: Request | Answer, pen: Pen): SignedDocument {
  return { document: document as unknown as Json, signature: pen(documentMessage(document)) };
}

function answerIn(request: Request, paper: SignedDocument): Answer | null {
  const read = readAnswer(paper, nodePlatform);
  if (!read.ok || !isAnswerTo(read.value.document, request, nodePlatform)) return null;
  return read.value.document;
}

export function hostPapers(pen: Pen): HostPapers {
  return {
    readRequest(paper, from) {
      const read = readRequest(paper, nodePlatform);
      if (!read.ok || read.value.document.from !== from) return null;
      return { request: read.value.document, re: read.value.digest };
    },
    readAnswer: answerIn,
    signRequest: (request) => signed(request, pen),
    signAnswer: (answer) => signed(answer, pen),
    signReceipt: (receipt) => ({
      document: receiptJson(receipt),
      signature: pen(receiptMessage(receipt)),
    }),
  };
}

function requestBy(paper: SignedDocument, from: Key): Request | null {
  const read = readRequest(paper, nodePlatform);
  return read.ok && read.value.document.from === from ? read.value.document : null;
}

export function ownerPapers(pen: Pen): OwnerPapers {
  return {
    digestOf: (spec) => specDigest(spec, nodePlatform),
    sign: (request) => signed(request, pen),
    readAnswer: answerIn,
    readMine(paper, from) {
      const request = requestBy(paper, from);
      return request?.say === 'mine' ? request : null;
    },
    readStop(paper, from) {
      const request = requestBy(paper, from);
      return request?.say === 'stop' ? request : null;
    },
    verdict(request, said, wallMs) {
      const { id, generation, digest, from, to } = request;
      const head = { v: 1 as const, id, generation, digest, from: to, to: from, at: wallMs };
      const re = documentDigest(request, nodePlatform);
      if (typeof said === 'string') return signed({ ...head, re, say: said }, pen);
      const unknown = { code: 'unknown-work', why: 'nothing is known of it here' } as const;
      return signed({ ...head, re, say: 'refused', ...(said ?? unknown) }, pen);
    },
    readReceipt(paper, from) {
      const read = readReceipt(paper, nodePlatform);
      return read.ok && read.value.host === from ? read.value : null;
    },
  };
}
