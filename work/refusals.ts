// Why a spec is not taken: one table, printed in docs/errors.md. The detail begins with the path of
// the field, as `limits.startBy`.

export interface SpecFacts {
  readonly what: string;
  readonly hint: string;
}

export type SpecCode =
  | 'spec-unreadable'
  | 'spec-too-large'
  | 'spec-unknown-field'
  | 'spec-missing-field'
  | 'spec-wrong-value'
  | 'spec-twice'
  | 'spec-conflict';

const FIELDS = '`kith place --schema` lists the fields, docs/work.md shows an example of each';

export const SPEC_REFUSALS: Readonly<Record<SpecCode, SpecFacts>> = {
  'spec-unreadable': {
    what: 'the file is neither YAML nor JSON',
    hint: 'look at the line that is named',
  },
  'spec-too-large': {
    what: 'the spec is too large',
    hint: 'put what is long into an image or a file: a spec has 32 KiB',
  },
  'spec-unknown-field': { what: 'the spec has a field that nobody knows', hint: FIELDS },
  'spec-missing-field': { what: 'a field of the spec is missing', hint: FIELDS },
  'spec-wrong-value': { what: 'a value in the spec is wrong', hint: FIELDS },
  'spec-twice': {
    what: 'two fields of the spec say the same',
    hint: 'give the number or the text with a unit, and not both',
  },
  'spec-conflict': { what: 'two fields of the spec contradict each other', hint: 'change one' },
};
