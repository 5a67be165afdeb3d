// Why a signed document is not taken for one: one table, printed in docs/errors.md.
// Spec: docs/running.md, "Documents".

export interface DocumentFacts {
  readonly what: string;
  readonly hint: string;
}

export type DocumentCode =
  | 'document-too-large'
  | 'document-unreadable'
  | 'document-other-spec'
  | 'document-unsigned'
  | 'receipt-other-hash';

export const DOCUMENT_REFUSALS: Readonly<Record<DocumentCode, DocumentFacts>> = {
  'document-too-large': {
    what: 'the document is larger than any of its kind',
    hint: 'it is none, or of a later version',
  },
  'document-unreadable': {
    what: 'a field of the document is missing, wrong or unknown here',
    hint: 'the detail names it; both sides should run the same version',
  },
  'document-other-spec': {
    what: 'the request names another spec than it brings',
    hint: 'its sender is at fault; nothing was done',
  },
  'document-unsigned': {
    what: 'the signature is not that of the node that the document names',
    hint: 'it was changed on the way, or made by somebody else',
  },
  'receipt-other-hash': {
    what: 'the receipt says something else than its execution hash sums up',
    hint: 'believe none of it; ask its host for the receipt again',
  },
};
